/**
 * Goal: a batch day is read once, before a minute names it, and a version that was overwritten is never used. Method: a project of one table, whose rows and
 * markers are the test's own.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ParallaxError } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { withAlternative } from '../../../test/alternative/support.ts';
import { writeCase } from '../../../test/contract/case.ts';
import { SCENARIOS } from '../../../test/contract/scenarios/index.ts';
import { activeDay } from '../src/batch/active-day.ts';
import { BatchDays } from '../src/batch/batch-days.ts';
import type { Project } from '../src/names.ts';
import type { DayVersion, TableRows } from '../src/sources/source.ts';

const MONDAY = { day: '2026-01-05', version: 'a'.repeat(64) };
const AGAIN = { day: '2026-01-05', version: 'b'.repeat(64) };
const TUESDAY = { day: '2026-01-06', version: 'c'.repeat(64) };

/** Stores whose tables hold one version at a time, and are counted as they are read. */
class Stores {
  held: readonly DayVersion[] = [MONDAY];
  reads: string[] = [];
  failures: ParallaxError[] = [];
  whileRead: () => void = () => undefined;

  async holds({ day, version }: DayVersion): Promise<boolean> {
    return this.held.some((each) => each.day === day && each.version === version);
  }

  async table(day: string, source: string, table: string): Promise<TableRows> {
    this.reads.push(day);
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    this.whileRead();
    const declared = project.batch.find(({ name }) => name === source)?.tables.find(({ name }) => name === table);
    return { columns: [declared?.key ?? '', ...(declared?.columns ?? []).map(({ name }) => name)], rows: noRows(), place: table };
  }

  async dayBytes(): Promise<number> {
    return 1;
  }
}

async function* noRows(): AsyncIterable<readonly (string | null)[]> {}

let project: Project;
let folder: string;
let stores: Stores;
let tables: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parallax-days-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const scenario = SCENARIOS.find(({ case: { recording } }) => recording !== undefined);
  if (scenario === undefined) throw new Error('there is no scenario');
  project = await loadProject(writeCase(withAlternative(scenario.case), folder).project);
  tables = project.batch.flatMap((source) => source.tables).length;
  stores = new Stores();
});

function batchDays(): BatchDays {
  const days = new BatchDays({ project, sources: stores, folder: join(folder, 'batch') });
  onTestFinished(() => days.close());
  return days;
}

test('a day that was expected is read once, and again for nobody', async () => {
  const days = batchDays();
  days.expect(MONDAY);
  days.expect(MONDAY);
  const view = await days.use(MONDAY);
  expect(await days.use(MONDAY)).toBe(view);
  expect(stores.reads).toHaveLength(tables);
});

test('the day in use stands while the next is read, and is removed when that is used', async () => {
  stores.held = [MONDAY, TUESDAY];
  const days = batchDays();
  const monday = await days.use(MONDAY);
  days.expect(TUESDAY);
  expect(await days.use(MONDAY)).toBe(monday);
  await days.use(TUESDAY);
  await expect.poll(() => readdir(join(folder, 'batch'))).toEqual(['2026-01-06-cccccccccccc']);
  await days.close();
  expect(await readdir(join(folder, 'batch'))).toEqual([]);
});

test('a version that the stores do not hold any more is not read, one that is overwritten while it is read is not used, and both for good', async () => {
  const days = batchDays();
  await expect(days.use(AGAIN)).rejects.toThrow('not those of the version');
  expect(stores.reads).toEqual([]);
  stores.whileRead = () => {
    stores.held = [AGAIN];
  };
  await expect(days.use(MONDAY)).rejects.toThrow('not those of the version');
  stores.held = [MONDAY];
  await expect(days.use(MONDAY)).rejects.toMatchObject({ code: 'PRLX_ALTERNATIVE_OVERWRITTEN', retryable: false });
});

test('a store that fails is asked again by who needs the day', async () => {
  const days = batchDays();
  stores.failures = [new ParallaxError('PRLX_STORE', 'away', { retryable: true })];
  days.expect(MONDAY);
  await expect(days.use(MONDAY)).rejects.toThrow('away');
  await days.use(MONDAY);
  expect(stores.reads.length).toBeGreaterThan(tables);
});

test('of a day that was marked again the version is active that was registered last', () => {
  const rules = { graceUs: 0n, settleUs: 300_000_000n };
  const minute = 1_767_607_200_000_000n;
  const versions = [
    { ...AGAIN, registered: minute - 200_000_000n },
    { ...MONDAY, registered: minute - 900_000_000n },
  ];
  expect(activeDay(rules, versions, minute)?.version).toBe(MONDAY.version);
  expect(activeDay(rules, versions, minute + 60_000_000n)?.version).toBe(AGAIN.version);
});
