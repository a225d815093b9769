import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Project, parseDay, parseSecond } from '@parallax/core';
import { type AsideRow, type ColumnProfile, Ledger, StatePaths } from '@parallax/pipeline';
import { keepDrift, keepRecord, readAside, readSummaries, reclaimRecords } from '@parallax/pipeline/batch/day-record.ts';
import { driftOf } from '@parallax/pipeline/batch/profile.ts';
import { refuseVersion } from '@parallax/pipeline/batch/registration.ts';
import { Command } from 'commander';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { toFailure } from '../src/failure.ts';
import { loadCommands } from '../src/load-commands.ts';

/**
 * Goal: a person sees what became of each batch day, which rows it kept aside and how its columns were, also of a day that was refused. Method: a ledger and
 * records as a run keeps them, asked through the command.
 */
const OLD = { day: '2026-01-04', version: 'a'.repeat(64) };
const BAD = { day: '2026-01-05', version: 'b'.repeat(64) };
const NEW = { day: '2026-01-05', version: 'c'.repeat(64) };
const ACTIVE = parseSecond('2026-01-05T10:00:00Z') ?? 0n;

let state = '';
let paths: StatePaths;

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'parallax-batch-'));
  paths = new StatePaths(state);
  const ledger = Ledger.open(paths.ledger);
  onTestFinished(() => rm(state, { recursive: true }));
  ledger.takeLease('test', 0n, 0n);
  ledger.registerDay(OLD, ACTIVE);
  ledger.registerDay(NEW, ACTIVE + 1n);
  refuseVersion(ledger, BAD, 'the batch day 2026-01-05 is refused: dwh.profile has 2 rows, fewer than 3');
  const seal = {
    format: 1,
    project: 'small',
    projectHash: 'h',
    minute: '2026-01-05T10:00:00Z',
    missed: false,
    streams: [],
    batch: NEW,
  } as const;
  ledger.writeSeal(ACTIVE, seal, ACTIVE);
  ledger.close();
  await keep(OLD, 1, []);
  await keep(BAD, 2, []);
  await keep(NEW, 4, [row('expected.limit', '7', '-3\x1b[2J'), row('key', null, 'x')]);
});

function profile(column: string, mean: number): ColumnProfile {
  return { column, values: 3, nulls: 1, bad: 0, broken: 1, min: 0, max: 9, mean, deviation: 2 };
}

function row(reason: string, key: string | null, value: string): AsideRow {
  return {
    table: 'dwh.profile',
    reason,
    key,
    column: key === null ? null : 'limit',
    value,
    rule: key === null ? 'a bigint key' : 'at least 0',
  };
}

/** As a run keeps a version whose columns have that mean. One row more is kept aside than is listed. */
async function keep(version: typeof OLD, mean: number, aside: readonly AsideRow[]): Promise<void> {
  const counts = aside.map(({ table, reason }) => ({ table, reason, rows: reason === 'key' ? 2 : 1 }));
  const view = {
    folder: '',
    customers: 3,
    aside: counts,
    placement: { buckets: 1, pages: 1, lanes: 1 },
    files: [],
    taken: [],
    rows: { 'dwh.profile': 4 },
  };
  const profiles = [profile('dwh.profile.limit', mean), profile('dwh.profile.age', 5)];
  await keepRecord(paths, { hash: 'h' } as Project, version, { view, profiles, aside });
  const before = new Map([profile('dwh.profile.limit', 1), profile('dwh.profile.age', 5)].map((each) => [each.column, each]));
  if (version !== OLD) await keepDrift(paths, version, OLD.day, driftOf(before, new Map(profiles.map((each) => [each.column, each]))));
}

async function said(...words: readonly string[]): Promise<{ lines: string[]; failure: ReturnType<typeof toFailure> | null }> {
  const lines: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(...String(text).trimEnd().split('\n'));
    return true;
  });
  const program = new Command('parallax').exitOverride().configureOutput({ outputError: () => {}, writeErr: () => {} });
  const all = ['batch', '--state', state, ...words];
  try {
    await loadCommands(program, all);
    await program.parseAsync(all, { from: 'user' });
    return { lines, failure: null };
  } catch (error) {
    return { lines, failure: toFailure(error) };
  } finally {
    spy.mockRestore();
  }
}

const json = async (...words: readonly string[]) =>
  (await said(...words, '--json')).lines.map((line) => JSON.parse(line) as Record<string, unknown>);

test('each version with what became of it, and why a refused one was', async () => {
  expect(
    (await json()).map(({ day, version, state: became, registered, why, aside }) => [day, version, became, registered, why, aside]),
  ).toEqual([
    [OLD.day, OLD.version, 'registered', '2026-01-05T10:00:00.000000Z', null, []],
    [
      NEW.day,
      NEW.version,
      'active',
      '2026-01-05T10:00:00.000001Z',
      null,
      [
        { table: 'dwh.profile', reason: 'expected.limit', rows: 1 },
        { table: 'dwh.profile', reason: 'key', rows: 2 },
      ],
    ],
    [BAD.day, BAD.version, 'refused', null, 'the batch day 2026-01-05 is refused: dwh.profile has 2 rows, fewer than 3', []],
  ]);
  const { lines } = await said();
  expect(lines.some((line) => /^ +2026-01-05 +c{12} +active +2026-01-05T10:00:00\.000001Z +3 +3$/.test(line))).toBe(true);
  expect(lines).toContain('2026-01-05 bbbbbbbbbbbb: the batch day 2026-01-05 is refused: dwh.profile has 2 rows, fewer than 3');
  expect((await json('--day', OLD.day)).map(({ version }) => version)).toEqual([OLD.version]);
});

test('the rows that were kept aside, with the value that is the reason; what is not listed is said', async () => {
  const { lines } = await said('--aside', '--day', NEW.day);
  expect(lines).toEqual([
    '2026-01-05 cccccccccccc: dwh.profile kept 1 row aside: expected.limit',
    '  key 7 limit is -3·[2J, expected at least 0',
    '2026-01-05 cccccccccccc: dwh.profile kept 2 rows aside: key; 1 of them are shown',
    '  a row without a key has x, expected a bigint key',
    '2026-01-05 bbbbbbbbbbbb: no row was kept aside',
  ]);
  const objects = await json('--aside', '--day', NEW.day);
  expect(objects).toContainEqual({ ...NEW, table: 'dwh.profile', reason: 'key', rows: 2, listed: 1 });
  expect(objects).toContainEqual({ ...NEW, ...row('expected.limit', '7', '-3\x1b[2J') });
  expect((await said('--aside', '--day', NEW.day, '--limit', '1')).lines).toHaveLength(4);
});

test('a variable over the days, of refused ones too, and what has moved most', async () => {
  const found = await json('--variable', 'dwh.profile.limit');
  expect(found.map(({ version, mean }) => [version, mean])).toEqual([
    [OLD.version, 1],
    [NEW.version, 4],
    [BAD.version, 2],
  ]);
  expect((await said('--variable', 'dwh.profile.none')).failure).toMatchObject({ code: 'PRLX_USAGE', exitCode: 2 });
  const drifts = await json('--drift', '--day', NEW.day);
  expect(drifts.filter(({ version }) => version === NEW.version)).toEqual([
    { ...NEW, column: 'dwh.profile.limit', shift: 1.5, nulls: 0, before: OLD.day },
    { ...NEW, column: 'dwh.profile.age', shift: 0, nulls: 0, before: OLD.day },
  ]);
  expect(drifts.filter(({ version }) => version === BAD.version)).toHaveLength(2);
});

test('bad usage is said', async () => {
  expect((await said('--day', '4 January')).failure).toMatchObject({ code: 'PRLX_USAGE', exitCode: 2 });
  expect((await said('--aside', '--drift')).failure).toMatchObject({ exitCode: 2 });
  await rm(paths.ledger);
  expect((await said()).failure).toMatchObject({ code: 'PRLX_USAGE', exitCode: 2 });
});

test('rows go after 35 days, all of a version after 400; their counts stay as long as it does', async () => {
  const day = parseDay(NEW.day) ?? 0n;
  const after = (days: number) => day + BigInt(days) * 86_400_000_000n;
  await reclaimRecords(paths, after(35));
  expect(await readAside(paths, NEW)).toHaveLength(2);
  await reclaimRecords(paths, after(36));
  expect(await readAside(paths, NEW)).toBeNull();
  expect((await said('--aside', '--day', NEW.day)).lines[0]).toMatch(/kept 1 row aside: expected\.limit; they are not kept any more$/);
  await reclaimRecords(paths, after(400));
  expect((await readSummaries(paths)).map(({ version }) => version)).toEqual([BAD.version, NEW.version]);
  await reclaimRecords(paths, after(401));
  expect(await readSummaries(paths)).toEqual([]);
});
