/**
 * Goal: a day is registered only when it is whole, is of one version, and its rules have been asked; what is broken off goes on where it was. Method: the
 * day keeper on real Spark, over a lake of two tables whose markers have chosen times; `usage` is copied before it is reduced, so each table is done by itself.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Micros, ParallaxError, type Project } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { connectSpark } from '@parallax/spark-connect';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { EngineProvider } from '../src/attempts.ts';
import { readAside, readProfile } from '../src/batch/day-record.ts';
import { activeVersion } from '../src/batch/layer.ts';
import { storeReader } from '../src/batch/store-reader.ts';
import type { Engine } from '../src/engine/engine.ts';
import { StatePaths } from '../src/engine/paths.ts';
import { fileTable, writeParquet } from '../src/engine/sql.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import type { MinuteSource, Pipeline } from '../src/pipeline.ts';
import { batchDays } from '../src/report/batch-days.ts';
import { DayKeeper } from '../src/run/days.ts';
import { address, realEngine } from './real-engine.ts';
import { at, FILES, folderOf, ManualClock, sealOf, writeFiles } from './support.ts';

const OLD = '2026-01-03';
const NEW = '2026-01-04';
const FIRST = at('10:00');
const CUSTOMERS = 20;

/** The keeper asks for days, not for messages. */
const never = () => {
  throw new Error('no minute is run here');
};
const NO_MINUTES: MinuteSource = { seal: never, messages: never, packed: never, capture: never, captures: never };

/** Sessions of a test: another after one was lost. */
class Sessions implements EngineProvider {
  #current: Promise<Engine> | null = null;
  lostOnes = 0;

  engine(): Promise<Engine> {
    this.#current ??= realEngine();
    return this.#current;
  }

  async lost(engine: Engine): Promise<void> {
    this.lostOnes += 1;
    this.#current = null;
    await engine.session.close();
  }

  async close(): Promise<void> {
    await (await this.#current)?.session.close();
  }
}

interface Landing {
  /** When both tables, or those named, became complete: `HH:MM` of 2026-01-05, or a time. */
  readonly at: string;
  readonly tables?: readonly ('profile' | 'usage')[];
  /** Of everybody; beyond 398 the day is to be refused. */
  readonly months?: number;
  readonly v1?: number;
  /** More rows of `profile`, as SQL. */
  readonly more?: string;
}

class Stage {
  readonly #folder: string;
  readonly #open = new Set<DayKeeper>();
  readonly project: Project;
  readonly ledger = Ledger.open(':memory:');
  readonly clock = new ManualClock(FIRST);
  readonly sessions = new Sessions();
  readonly notes: string[] = [];
  /** `<day> <table> <done>/<of>` of what is reduced. */
  readonly told: string[] = [];
  /** What a test does when a table's turn comes. */
  onTable: (table: string) => void = () => undefined;
  /** What it does before a table is read. */
  beforeRead: (table: string) => Promise<void> = async () => undefined;

  private constructor(folder: string, project: Project) {
    this.#folder = folder;
    this.project = project;
    this.ledger.takeLease('test', 0n, 1n << 60n);
  }

  static async open(): Promise<Stage> {
    const folder = await folderOf();
    const lake = `from: { parquet: { path: "${folder}/lake/{table}/day={day}" } }\n`;
    await writeFiles(folder, {
      ...FILES,
      'batch/dwh.yaml': `${lake}tables:
  - name: profile
    key: customer_id
    columns: [{ name: months, places: 0 }]
    expect: [{ column: months, max: 398, otherwise: refuse }]
    day: { rows_min: 5 }
`,
      'batch/nosql.yaml': `${lake}tables: [{ name: usage, key: cust, scorecard: true, day: { fresh_within: 34h } }]\n`,
      'batch/scorecard.csv': 'source,table,column,module,transform,weight,missing_as\nnosql,usage,v1,habit,,1,\n',
      'satisfaction.sql':
        'SELECT s.customer_id, CAST(b.scorecard AS DECIMAL(5,2)) AS satisfaction, b.profile_months FROM stream s JOIN batch b ON b.customer_id = s.customer_id\n',
    });
    const stage = new Stage(folder, await loadProject(folder));
    onTestFinished(async () => {
      for (const keeper of stage.#open) await keeper.end();
      await stage.sessions.close();
      stage.ledger.close();
    });
    return stage;
  }

  get #pipeline(): Pipeline {
    const reader = storeReader(this.project, {});
    return {
      project: this.project,
      ledger: this.ledger,
      paths: this.paths,
      source: NO_MINUTES,
      batch: {
        ...reader,
        table: async (engine, version, source, table) => {
          await this.beforeRead(table.name);
          return reader.table(engine, version, source, table);
        },
      },
      buckets: 2,
      ahead: null,
      now: () => this.clock.now(),
      onBatchProgress: ({ day, table, done, of }) => {
        this.told.push(`${day} ${table} ${done}/${of}`);
        this.onTable(table);
      },
    };
  }

  get paths(): StatePaths {
    return new StatePaths(join(this.#folder, 'state'));
  }

  /** A keeper as a start of the run makes it. */
  keeper(): DayKeeper {
    const note = (text: string) => this.notes.push(text);
    const keeper = new DayKeeper({ pipeline: this.#pipeline, engines: this.sessions, clock: this.clock, first: FIRST, env: {}, note });
    this.#open.add(keeper);
    return keeper;
  }

  /** Puts a day's tables into the lake, with the scorecard `v1` for everybody; the marker comes last. */
  async land(day: string, { at: time, tables = ['profile', 'usage'], months = 10, v1 = 1, more = '' }: Landing): Promise<void> {
    const { session } = await this.sessions.engine();
    for (const table of tables) {
      const target = join(this.#folder, 'lake', table, `day=${day}`);
      await mkdir(join(this.#folder, 'lake', table), { recursive: true });
      const sql =
        table === 'profile'
          ? `SELECT id AS customer_id, ${months} AS months FROM range(0, ${CUSTOMERS}, 1, 1) ${more}`
          : `SELECT id AS cust, CAST(${v1} AS DOUBLE) AS v1 FROM range(0, ${CUSTOMERS}, 1, 1)`;
      await session.command(writeParquet(target, sql));
      await this.mark(day, table, time);
    }
  }

  async mark(day: string, table: string, time: string): Promise<void> {
    const marker = join(this.#folder, 'lake', table, `day=${day}`, '_SUCCESS');
    await writeFile(marker, '');
    const seconds = Number(at(time)) / 1e6;
    await utimes(marker, seconds, seconds);
  }

  async unmark(day: string, table: string): Promise<void> {
    await rm(join(this.#folder, 'lake', table, `day=${day}`, '_SUCCESS'));
  }

  /** Seals a minute with the day that is active. */
  seal(minute: string): void {
    const m = at(minute);
    this.ledger.writeSeal(m, sealOf(minute, { batch: this.activeAt(m) }), m);
  }

  /** The version of the batch day that the seal of a minute takes. */
  activeAt(minute: Micros) {
    return activeVersion(this.ledger, this.project, minute + 62_000_000n);
  }

  registered(): readonly (readonly [day: string, registered: Micros])[] {
    return this.ledger.days().map(({ day, registered }) => [day, registered]);
  }

  /** Each customer's `scorecard` and months in the baseline of a day's newest version. */
  async values(day: string): Promise<readonly string[]> {
    const found = this.ledger.days().findLast((each) => each.day === day)?.baseline;
    if (found == null) throw new Error(`${day} has no baseline`);
    const { session } = await this.sessions.engine();
    const rows = await session.collect(
      `SELECT DISTINCT concat(satisfaction, ' ', profile_months) AS v FROM ${fileTable('parquet', found.folder)} ORDER BY v`,
    );
    return rows.map(({ v }) => String(v));
  }

  /** Folders of versions, made or begun. */
  async made(): Promise<readonly string[]> {
    const root = join(this.paths.root, 'batch');
    return existsSync(root) ? (await readdir(root)).map((name) => name.slice(0, NEW.length)).sort() : [];
  }
}

let stage: Stage;
afterEach(() => {
  // Whatever was done, no day is registered without its view: no minute has to make one, nor does a rule go unasked.
  expect(stage.ledger.days().filter(({ view }) => view === null)).toEqual([]);
});

test('a whole day is registered as of its last marker, and active when it has settled', async () => {
  stage = await Stage.open();
  await stage.land(NEW, { at: '04:00', tables: ['profile'] });
  const keeper = stage.keeper();
  await keeper.look();
  // Half of it is there: nothing is read.
  expect([stage.registered(), stage.told, stage.notes]).toEqual([[], [], []]);

  await stage.land(NEW, { at: '05:00', tables: ['usage'] });
  await keeper.look();
  expect(stage.registered()).toEqual([[NEW, at('05:00')]]);
  expect(stage.told).toEqual([`${NEW} dwh.profile 0/2`, `${NEW} nosql.usage 1/2`, `${NEW} view 2/2`]);
  expect(stage.activeAt(at('05:03'))).toBeNull();
  expect(stage.activeAt(at('05:04'))?.day).toBe(NEW);
  expect(await stage.values(NEW)).toEqual(['1.00 10']);

  await keeper.look();
  expect(stage.told).toHaveLength(3);
});

test('of several days the newest is made, and an older one only for minutes that come before it is active', async () => {
  stage = await Stage.open();
  await stage.land(OLD, { at: '03:00' });
  await stage.land(NEW, { at: '04:00' });
  await stage.keeper().look();
  expect(stage.registered()).toEqual([[NEW, at('04:00')]]);

  stage = await Stage.open();
  await stage.land('2026-01-02', { at: '02:00', months: 500 });
  await stage.land(OLD, { at: '03:00', v1: 2 });
  await stage.land(NEW, { at: '09:58' });
  await stage.keeper().look();
  expect(stage.registered()).toEqual([
    [OLD, at('03:00')],
    [NEW, at('09:58')],
  ]);
  expect([stage.activeAt(at('10:01'))?.day, stage.activeAt(at('10:02'))?.day]).toEqual([OLD, NEW]);
});

test('a day that breaks a rule is refused, whichever it is, and the one before it stands', async () => {
  stage = await Stage.open();
  await stage.land(OLD, { at: '03:00', months: 399 });
  await stage.land(NEW, { at: '04:00', months: 400 });
  const keeper = stage.keeper();
  await keeper.look();
  expect(stage.registered()).toEqual([]);
  const refusal = (day: string) => `the batch day ${day} is refused: dwh.profile.months is not as expected in ${CUSTOMERS} rows`;
  expect(stage.notes).toEqual([refusal(NEW), refusal(OLD)]);
  expect(await stage.made()).toEqual([]);
  // What they were like is kept, with why and with the rows.
  const days = await batchDays(stage.ledger, stage.paths);
  const aside = [{ table: 'dwh.profile', reason: 'expected.months', rows: CUSTOMERS, listed: CUSTOMERS }];
  expect(days.map(({ day, state, why, summary }) => [day, state, why?.split('\n')[0], summary?.customers, summary?.aside])).toEqual([
    [OLD, 'refused', refusal(OLD), 0, aside],
    [NEW, 'refused', refusal(NEW), 0, aside],
  ]);
  const [first] = days;
  expect(first && (await readAside(stage.paths, first))?.[0]).toMatchObject({ column: 'months', value: '399', rule: 'at most 398' });
  expect(first && (await readProfile(stage.paths, first))?.get('dwh.profile.months')).toMatchObject({ broken: CUSTOMERS, max: 399 });
  const told = stage.told.length;
  await keeper.look();
  expect([stage.told.length, stage.notes.length]).toEqual([told, 2]);

  await stage.land(OLD, { at: '06:00' });
  await keeper.look();
  expect(stage.registered()).toEqual([[OLD, at('06:00')]]);
  expect(stage.activeAt(FIRST)?.day).toBe(OLD);
});

test('a rule that refuses is asked of rows that are kept aside for another reason, too', async () => {
  stage = await Stage.open();
  const keeper = stage.keeper();
  const refusal = `the batch day ${NEW} is refused: dwh.profile.months is not as expected in 1 rows`;
  await stage.land(NEW, { at: '04:00', more: 'UNION ALL SELECT 1L, 399' });
  await keeper.look();
  await stage.land(NEW, { at: '04:10', more: 'UNION ALL SELECT CAST(NULL AS BIGINT), 399' });
  await keeper.look();
  expect([stage.registered(), stage.notes]).toEqual([[], [refusal, refusal]]);

  await stage.land(NEW, { at: '04:20', more: 'UNION ALL SELECT 1L, 10' });
  await keeper.look();
  expect(stage.registered()).toEqual([[NEW, at('04:20')]]);
  expect(stage.ledger.days()[0]?.view?.aside).toEqual([{ table: 'dwh.profile', reason: 'key_twice', rows: 2 }]);
});

test('a day that is the day before under another date is refused, and a correction of it is not', async () => {
  stage = await Stage.open();
  const keeper = stage.keeper();
  const more = 'UNION ALL SELECT 1000 + id, id FROM range(5)';
  await stage.land(OLD, { at: '2026-01-04T05:00:00Z', more });
  await keeper.look();
  await stage.land(NEW, { at: '04:00', more });
  await keeper.look();
  expect(stage.registered().map(([day]) => day)).toEqual([OLD]);
  expect(stage.notes.at(-1)).toBe(`the batch day ${NEW} is refused: it is the day before under another date: no table has other values`);

  await stage.land(NEW, { at: '04:30', more, v1: 2 });
  await keeper.look();
  expect(stage.registered().map(([day]) => day)).toEqual([OLD, NEW]);
});

test('a day that is late, or dated after it was complete, is not even read', async () => {
  stage = await Stage.open();
  await stage.land('2026-01-02', { at: '2026-01-03T05:00:00Z' });
  await stage.land(OLD, { at: '2026-01-05T10:00:30Z' });
  await stage.land('2026-01-09', { at: '06:00' });
  await stage.keeper().look();
  expect(stage.registered()).toEqual([['2026-01-02', at('2026-01-03T05:00:00Z')]]);
  expect(stage.told.filter((line) => !line.startsWith('2026-01-02'))).toEqual([]);
  expect(stage.notes.slice(0, 2)).toEqual([
    'the batch day 2026-01-09 is refused: dwh.profile was complete before its day began: the date is wrong; nosql.usage was complete before its day began: the date is wrong',
    `the batch day ${OLD} is refused: nosql.usage came 1 minutes too late`,
  ]);
});

test('a day that cannot be read does not keep an older one from standing, and is tried again', async () => {
  stage = await Stage.open();
  for (const [i, day] of ['2026-01-01', '2026-01-02', OLD, NEW].entries()) await stage.land(day, { at: `2026-01-0${i + 2}T05:00:00Z` });
  let failing = 2;
  stage.beforeRead = async () => {
    if (failing-- > 0) throw new ParallaxError('PRLX_BATCH_COLUMN', 'the table nosql.usage has no column v1');
  };
  const keeper = stage.keeper();
  await keeper.look();
  expect(stage.registered().map(([day]) => day)).toEqual(['2026-01-02']);
  const note = (day: string) => `the batch day ${day} could not be made: the table nosql.usage has no column v1`;
  expect(stage.notes.slice(0, 2)).toEqual([note(NEW), note(OLD)]);
  await keeper.look();
  expect(stage.registered().map(([day]) => day)).toEqual(['2026-01-02', NEW]);

  // When nothing can be read, it is not asked of every day.
  stage = await Stage.open();
  for (const [i, day] of ['2026-01-01', '2026-01-02', OLD, NEW].entries()) await stage.land(day, { at: `2026-01-0${i + 2}T05:00:00Z` });
  let reads = 0;
  stage.beforeRead = async () => {
    reads += 1;
    throw new ParallaxError('PRLX_BATCH_COLUMN', 'the table nosql.usage has no column v1');
  };
  await stage.keeper().look();
  expect([reads, stage.registered()]).toEqual([3, []]);
  expect(stage.notes.at(-1)).toBe('no new batch day could be made: the table nosql.usage has no column v1');
});

test('a correction is a version of its own, from the next seal and its settling on', async () => {
  stage = await Stage.open();
  await stage.land(NEW, { at: '04:00' });
  const keeper = stage.keeper();
  await keeper.look();
  stage.seal('10:00');
  stage.seal('10:01');
  const before = stage.activeAt(at('10:01'));
  await stage.land(NEW, { at: '05:00', tables: ['usage'], v1: 3 });
  await keeper.look();
  // It has come after the minute 10:01 was sealed, whatever its marker says.
  expect(stage.registered()).toEqual([
    [NEW, at('04:00')],
    [NEW, at('09:57') + 2_000_001n],
  ]);
  expect(stage.activeAt(at('10:01'))).toEqual(before);
  expect(stage.activeAt(at('10:02'))?.version).not.toBe(before?.version);
  expect(await stage.values(NEW)).toEqual(['3.00 10']);

  // Of a day that no minute will use any more nothing is made.
  const told = stage.told.length;
  await stage.land(OLD, { at: '09:00' });
  await keeper.look();
  expect([stage.registered().length, stage.told.length]).toEqual([2, told]);
});

test('a day that is marked anew while it is read is read anew, and never as half of each', async () => {
  stage = await Stage.open();
  await stage.land(NEW, { at: '04:00' });
  let corrected = false;
  stage.beforeRead = async () => {
    if (corrected) return;
    corrected = true;
    // `profile` was read as it was before.
    await stage.land(NEW, { at: '08:00', months: 20, v1: 2 });
  };
  const keeper = stage.keeper();
  await keeper.look();
  expect(stage.registered()).toEqual([[NEW, at('08:00')]]);
  expect(await stage.values(NEW)).toEqual(['2.00 20']);
  expect(await stage.made()).toEqual([NEW]);
  expect(stage.notes[0]).toBe(`batch day ${NEW} was marked complete again while it was read: it is read anew`);

  // A marker that is taken away leaves no day: it comes when it is complete again.
  await stage.land('2026-01-05', { at: '09:00', tables: ['profile', 'usage'] });
  stage.beforeRead = () => stage.unmark('2026-01-05', 'profile');
  await keeper.look();
  expect(stage.registered()).toHaveLength(1);
  stage.beforeRead = async () => undefined;
  await stage.mark('2026-01-05', 'profile', '09:30');
  await keeper.look();
  expect(stage.registered().at(-1)).toEqual(['2026-01-05', at('09:30')]);
});

test('what is lost with its session, or given up by the end of a run, goes on with the tables that are not done', async () => {
  stage = await Stage.open();
  await stage.land(NEW, { at: '04:00' });
  const first = stage.keeper();
  stage.beforeRead = async () => {
    stage.beforeRead = async () => undefined;
    // As when the server dies: the session is gone, and this side does not know.
    const { sessionId } = (await stage.sessions.engine()).session;
    const other = await connectSpark({ url: address('PARALLAX_SPARK_URL'), sessionId, newOperationId: randomUUID });
    await other.close();
  };
  await first.look();
  expect([stage.registered(), stage.sessions.lostOnes, stage.notes.length]).toEqual([[], 1, 1]);
  expect(stage.told.splice(0)).toEqual([`${NEW} dwh.profile 0/2`, `${NEW} nosql.usage 1/2`]);

  let ended: Promise<void> | null = null;
  stage.onTable = () => {
    ended ??= first.end();
  };
  await first.look();
  await ended;
  expect([stage.registered(), stage.notes.length]).toEqual([[], 1]);
  expect(stage.told.splice(0)).toEqual([`${NEW} nosql.usage 1/2`]);

  stage.onTable = () => undefined;
  await stage.keeper().look();
  expect(stage.told).toEqual([`${NEW} nosql.usage 1/2`, `${NEW} view 2/2`]);
  expect(stage.registered()).toEqual([[NEW, at('04:00')]]);
  expect(await stage.values(NEW)).toEqual(['1.00 10']);
});
