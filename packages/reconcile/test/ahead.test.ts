/**
 * Goal: what was found of files before their minute changes nothing of its verdict, and counts for those very files alone. Method: one small recording with one fault at a
 * time on the Spark side, its files looked at ahead: as the minute has them then, or others.
 */
import { cp, link, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { type MinuteVerdict, quoteLiteral } from '@parallax/core';
import { expect, test } from 'vitest';
import { buildProject } from '../../../test/contract/project-builder.ts';
import { buildRecording, instant } from '../../../test/contract/recording-builder.ts';
import type { AheadFolders } from '../src/ahead/spark-ahead.ts';
import type { AlternativeLookups, SparkMinute } from '../src/sides.ts';
import { compareBoth } from './both.ts';
import type { Tampering } from './fake-spark.ts';
import { oneEventEach } from './one-event-each.ts';

const CUSTOMERS = 12;
const MINUTES = ['10:58', '10:59', '11:00', '11:01'];
const KEYS = Array.from({ length: CUSTOMERS - 2 }, (_, i) => String(i + 1));
const CASE = {
  project: {
    ...buildProject({
      streams: { s: { variables: [{ name: 'x', places: 0, aggregates: ['sum', 'max'] }] } },
      batch: { dwh: [{ name: 'profile', columns: { tier: 'text', limit: 2 } }] },
      online: { desk: { max_age: 2, fields: [{ name: 'open', field: 'open', places: 1 }] } },
    }),
    'alternative.ts': `export const satisfaction = (c) => ({ satisfaction: { unscaled: 5000n, places: 2 }, x: c.stream.s_x_max_1h, tier: c.batch.profile_tier });
export const actions = () => [];
`,
  },
  recording: buildRecording({
    from: instant('10:58'),
    iterations: MINUTES.length,
    messages: oneEventEach(MINUTES, CUSTOMERS),
    online: MINUTES.filter((minute) => minute !== '11:00').map((minute) => ({
      iteration: instant(minute),
      source: 'desk',
      ids: KEYS,
      body: JSON.stringify({ customers: KEYS.map((id) => ({ customer_id: Number(id), open: Number(id) / 2 })) }),
    })),
    batch: {
      '2025-01-04': {
        tables: {
          'dwh/profile': `customer_id,tier,limit\n${Array.from({ length: CUSTOMERS - 1 }, (_, i) => `${i + 1},gold,${i}.50`).join('\n')}\n`,
        },
      },
    },
  }),
};

/** The folders of a minute's files; its batch rows lie beside its windows. */
function foldersOf({ folder }: SparkMinute): AheadFolders {
  return { claimed: [join(folder, 'claimed')], draft: folder };
}

/** The minute with batch rows of its own, as live ones have them. */
async function withRows(spark: SparkMinute): Promise<SparkMinute> {
  if (spark.batch === null) throw new Error('a minute without a batch day');
  const beside = join(spark.folder, 'beside');
  await mkdir(beside);
  for (const name of await readdir(spark.batch.folder)) await link(join(spark.batch.folder, name), join(beside, name));
  return { ...spark, batch: { ...spark.batch, rows: [beside] } };
}

async function lookedAt(look: (folders: AheadFolders) => Promise<void>, written: SparkMinute): Promise<SparkMinute> {
  const spark = await withRows(written);
  await look(foldersOf(spark));
  await look(foldersOf(spark));
  return spark;
}

const FAULTS: Readonly<Record<string, Tampering>> = {
  none: {},
  'an event was lost': { accepted: (minute, events) => (minute === instant('10:59') ? events.filter(({ key }) => key !== '7') : events) },
  'a customer is not scored': { members: (minute, keys) => (minute === instant('11:00') ? keys.filter((key) => key !== '3') : keys) },
  'a customer is scored that is in no base': { members: (minute, keys) => (minute === instant('10:59') ? [...keys, '99'] : keys) },
  'a batch row says something else': {
    batch: (_day, rows) => new Map([...rows].map(([key, cells]) => [key, key === '5' ? ['silver', ...cells.slice(1)] : cells])),
  },
  'a bulk answer says something else': {
    answers: (minute, _source, given) =>
      minute === instant('10:59') ? new Map([...given].map(([key, values]) => [key, key === '8' ? [7] : values])) : given,
  },
  'a bulk answer was lost': {
    answers: (minute, _source, given) => new Map([...given].filter(([key]) => minute !== instant('11:01') || key !== '9')),
  },
  'a batch row is not there': { batch: (_day, rows) => new Map([...rows].filter(([key]) => key !== '4')) },
};

test.each(Object.entries(FAULTS))(
  'the same verdicts whether or not files were looked at before: %s',
  async (fault, tampering) => {
    const plain = await compareBoth(CASE, { ...tampering, ahead: (_, spark) => withRows(spark) });
    const ahead = await compareBoth(CASE, { ...tampering, ahead: lookedAt });
    expect(ahead).toEqual(plain);
    expect(plain.every(({ verdict }) => verdict === 'match')).toBe(fault === 'none');
  },
  60_000,
);

/** A folder of the same files with no rows in them. */
async function emptied(folder: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  const db = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  for (const name of await readdir(folder)) {
    const rows = `SELECT * FROM read_parquet(${quoteLiteral(join(folder, name))}) LIMIT 0`;
    await db.run(`COPY (${rows}) TO ${quoteLiteral(join(target, name))} (FORMAT parquet)`);
  }
  db.closeSync();
}

const PARTS = { claimed: 'inputs', members: 'windows', beside: 'batch', answers: 'online' } as const;

test.each(Object.entries(PARTS))(
  '%s that are others by the time that the minute has them are read again',
  async (part, stage) => {
    const wrongLater = await compareBoth(CASE, {
      ahead: async (look, written) => {
        const spark = await lookedAt(look, written);
        const target = join(spark.folder, part);
        await rename(target, join(spark.folder, 'before'));
        await emptied(join(spark.folder, 'before'), target);
        return spark.amended ? { ...spark, amended: part !== 'members' } : spark;
      },
    });
    expect(wrongLater.map((verdict) => [verdict.verdict, verdict.stage])).toEqual(MINUTES.map(() => ['mismatch', stage]));
    const wrongBefore = await compareBoth(CASE, {
      ahead: async (look, written) => {
        const spark = await withRows(written);
        const other = `${spark.folder}-other`;
        await cp(spark.folder, other, { recursive: true });
        await emptied(join(spark.folder, part), join(other, part));
        await look({ claimed: [join(other, 'claimed')], draft: other });
        return spark;
      },
    });
    expect(wrongBefore.every(({ verdict }) => verdict === 'match')).toBe(true);
  },
  60_000,
);

/** The verdicts where the alternative has other batch rows once files were looked at. */
async function withOtherRows(cells: (row: NonNullable<ReturnType<AlternativeLookups['batchRow']>>) => readonly (bigint | string | null)[]) {
  let isChanged = false;
  return compareBoth(CASE, {
    lookups: (lookups) =>
      new Proxy(lookups, {
        get(target, name) {
          if (name === 'batchRow')
            return (key: string) => {
              const row = target.batchRow(key);
              return row === null || !isChanged || key !== '6' ? row : cells(row);
            };
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      }),
    ahead: async (look, written) => {
      isChanged = false;
      const spark = await lookedAt(look, written);
      isChanged = true;
      return spark;
    },
  });
}

test('a batch row that the alternative has read again since is compared again', async () => {
  const told = (verdicts: readonly MinuteVerdict[]) => verdicts.map(({ verdict, stage }) => [verdict, stage]);
  expect(told(await withOtherRows((row) => [...row]))).toEqual(MINUTES.map(() => ['match', null]));
  expect(told(await withOtherRows(([, ...row]) => ['silver', ...row]))).toEqual(MINUTES.map(() => ['mismatch', 'batch']));
}, 60_000);
