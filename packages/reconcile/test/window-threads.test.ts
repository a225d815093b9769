/**
 * Goal: threads that compare windows change nothing of a verdict. Method: one small recording with one fault at a time on the Spark side, compared with and without
 * them.
 */
import { copyFile, link, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SharedWindows } from '@parallax/alternative/window/shared-windows.ts';
import { expect, onTestFinished, test } from 'vitest';
import { buildProject } from '../../../test/contract/project-builder.ts';
import { buildRecording, instant } from '../../../test/contract/recording-builder.ts';
import type { AlternativeLookups, SparkMinute, WindowReader } from '../src/sides.ts';
import { layoutOf } from '../src/spark-side/layout.ts';
import { ParquetReader } from '../src/spark-side/parquet.ts';
import { ShareAhead } from '../src/threads/share-ahead.ts';
import { type EqualWindows, type SharedLookups, WindowThreads } from '../src/threads/window-threads.ts';
import { compareBoth, type See } from './both.ts';
import type { Tampering } from './fake-spark.ts';
import { oneEventEach } from './one-event-each.ts';

const CUSTOMERS = 40;
const MINUTES = ['10:58', '10:59', '11:00', '11:01'];
const CASE = {
  project: {
    ...buildProject({
      streams: { s: { variables: [{ name: 'x', places: 0, aggregates: ['sum', 'count', 'min', 'max', 'last'] }] } },
      batch: { dwh: [{ name: 'profile', columns: { tier: 'text' } }] },
    }),
    'alternative.ts': `export const satisfaction = (c) => ({ satisfaction: { unscaled: 5000n, places: 2 }, x: c.stream.s_x_max_1h });
export const actions = () => [];
`,
  },
  recording: buildRecording({
    from: instant('10:58'),
    iterations: MINUTES.length,
    messages: oneEventEach(MINUTES, CUSTOMERS),
    batch: {
      '2025-01-04': {
        tables: { 'dwh/profile': `customer_id,tier\n${Array.from({ length: CUSTOMERS - 1 }, (_, i) => `${i + 1},gold`).join('\n')}\n` },
      },
    },
  }),
};

const FAULTS: Readonly<Record<string, Tampering>> = {
  none: {},
  'one window is of other events': {
    windows: (minute, events) => (minute === instant('11:00') ? events.filter(({ id }) => id !== 'e1-7') : events),
  },
  'a customer has no windows': {
    windows: (minute, events) => (minute === instant('10:59') ? events.filter(({ key }) => key !== '12') : events),
  },
  'a customer has windows and no events': {
    windows: (minute, events) =>
      minute === instant('10:59') ? [...events, ...events.slice(0, 1).map((event) => ({ ...event, key: '777', id: 'nobody' }))] : events,
  },
};

test('threads find all windows to be the same, and how many customers have them', async () => {
  const found: (EqualWindows | null)[] = [];
  const see: See = async (project, spark, { lookups }) => {
    const threads = WindowThreads.open(project, 2);
    found.push(await threads.equal(spark, lookups), await threads.equal(spark, lookups));
    await threads.close();
  };
  await compareBoth(CASE, {}, undefined, see);
  expect(found).toEqual(new Array(2 * MINUTES.length).fill({ customers: CUSTOMERS, ahead: 0 }));
  found.length = 0;
  await compareBoth(CASE, FAULTS['one window is of other events'], undefined, see);
  expect(found).toContain(null);
}, 60_000);

/** Customers whose windows an iteration has as they were drafted: of one that was made of a draft the fake Spark side does every other again. */
function untouched({ amended }: SparkMinute): number {
  return amended ? CUSTOMERS / 2 : CUSTOMERS;
}

/** The windows of an iteration as another has them: the same files, or copies of them. */
async function windowsAs(spark: SparkMinute, how: typeof link): Promise<SparkMinute> {
  const folder = await mkdtemp(join(tmpdir(), 'parallax-windows-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const part of spark.amended ? ['windows', 'windows-amended'] : ['windows']) {
    await mkdir(join(folder, part));
    for (const name of await readdir(join(spark.folder, part))) await how(join(spark.folder, part, name), join(folder, part, name));
  }
  return { ...spark, folder };
}

/** Lookups that nothing was done to. @param right whether their `hour_to_date` is; @param changed whether they say that all was changed */
function told(lookups: AlternativeLookups, { right, changed }: { readonly right: boolean; readonly changed: boolean }): SharedLookups {
  const shared = () => {
    const { module, windows } = lookups.shared() as { readonly module: string; readonly windows: SharedWindows };
    const epochs = new Uint32Array(new SharedArrayBuffer(windows.changed.byteLength)).fill(2 ** 32 - 1);
    return {
      module,
      windows: {
        ...windows,
        changed: changed ? epochs : windows.changed,
        starts: right ? windows.starts : { ...windows.starts, hour_to_date: windows.starts.hour_to_date + 60 },
      },
    };
  };
  return { shared, mark: () => lookups.mark() };
}

function wrong(lookups: AlternativeLookups, changed: boolean): SharedLookups {
  return told(lookups, { right: false, changed });
}

test('what was the same before the end of a minute is compared again only where its files are others, or something was changed', async () => {
  const again: (EqualWindows | null)[] = [];
  let whole = 0;
  const see: See = async (project, spark, { lookups }) => {
    const threads = WindowThreads.open(project, 2);
    onTestFinished(() => threads.close());
    const after = async (file: SparkMinute, seen: SharedLookups) => {
      await threads.ahead(spark.minute, spark.folder, lookups);
      return threads.equal(file, seen);
    };
    expect(await after(await windowsAs(spark, link), lookups)).toEqual({ customers: CUSTOMERS, ahead: untouched(spark) });
    const relied = await after(await windowsAs(spark, link), wrong(lookups, false));
    expect(relied).toEqual(spark.amended ? null : { customers: CUSTOMERS, ahead: CUSTOMERS });
    whole += spark.amended ? 0 : 1;
    again.push(await after(await windowsAs(spark, copyFile), wrong(lookups, false)), await after(spark, wrong(lookups, true)));
    again.push(
      await threads.equal(spark, wrong(lookups, false)),
      await after({ ...spark, minute: spark.minute + 1n }, wrong(lookups, false)),
    );
    expect(await after(spark, told(lookups, { right: true, changed: true }))).toEqual({ customers: CUSTOMERS, ahead: 0 });
    await threads.ahead(spark.minute, join(spark.folder, 'nowhere'), lookups);
    expect(await threads.equal(spark, lookups)).toEqual({ customers: CUSTOMERS, ahead: 0 });
  };
  await compareBoth(CASE, {}, undefined, see);
  expect(whole).toBe(MINUTES.length / 2);
  expect(again).toEqual(new Array(4 * MINUTES.length).fill(null));
}, 120_000);

test('what differs before the end of a minute and is the same at its end is no difference, and what differs at its end is one', async () => {
  const found: (EqualWindows | null)[] = [];
  const see: See = async (project, spark, { lookups }) => {
    const threads = WindowThreads.open(project, 2);
    onTestFinished(() => threads.close());
    await threads.ahead(spark.minute, spark.folder, wrong(lookups, false));
    found.push(await threads.equal(spark, lookups));
    await threads.ahead(spark.minute, spark.folder, lookups);
    found.push(await threads.equal(spark, lookups));
    if (spark.minute < instant('11:00'))
      expect(found.slice(-2)).toEqual([0, untouched(spark)].map((ahead) => ({ customers: CUSTOMERS, ahead })));
  };
  await compareBoth(CASE, FAULTS['one window is of other events'], undefined, see);
  expect(found).toContain(null);
}, 60_000);

/** A reader of windows that are where a test says, of which only that is asked. */
function readerOf(slots: ReadonlyMap<string, number>, changed: ReadonlySet<number>): WindowReader {
  const notAsked = (): never => {
    throw new Error('no numbers are asked for');
  };
  return {
    attach: notAsked,
    customers: CUSTOMERS,
    slotOf: (bytes, from, to) => slots.get(Buffer.from(bytes.subarray(from, to)).toString()) ?? -1,
    windowCells: notAsked,
    changedSince: (slot) => changed.has(slot),
  };
}

test('a customer whose slot is by the end that of another who was done again is looked at', async () => {
  const found: (boolean | null)[] = [];
  const see: See = async (project, spark) => {
    if (!spark.amended) return;
    const parquet = await ParquetReader.open();
    onTestFinished(() => parquet.close());
    const slots = new Map(Array.from({ length: CUSTOMERS }, (_, i) => [String(i + 1), i + 1]));
    const looking = (changed: readonly number[]) => ({
      ...{ parquet, layout: layoutOf(project), reader: readerOf(slots, new Set(changed)) },
      ...{ isEqual: () => true, same: () => undefined },
    });
    const ahead = await ShareAhead.look(looking([]), spark.folder, { index: 0, of: 1 }, 0);
    found.push(await ahead.equal(looking([1]), spark));
    // Customer 2, whom Spark has not done again, has no windows any more on the other side; customer 1, who was, has their place.
    slots.delete('2');
    slots.set('1', 2);
    found.push(await ahead.equal(looking([1, 2]), spark));
  };
  await compareBoth(CASE, {}, undefined, see);
  expect(found).toEqual([true, null, true, null]);
}, 60_000);

test.each(Object.entries(FAULTS))(
  'the same verdicts with and without: %s',
  async (fault, tampering) => {
    const alone = await compareBoth(CASE, tampering);
    const threads = await compareBoth(CASE, { ...tampering, threads: 2 });
    expect(threads).toEqual(alone);
    expect(alone.every(({ verdict, coverage }) => verdict === 'match' && coverage.windows_differing_outside_population === undefined)).toBe(
      fault === 'none',
    );
    expect(alone.at(-1)?.coverage.windows).toBe(2 * (CUSTOMERS - 1));
  },
  120_000,
);
