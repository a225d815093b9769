import { describe, expect, test } from 'vitest';
import { type ColumnProfile, type Drift, likenessOf } from '../src/batch/profile.ts';
import { brokenDates, brokenRules } from '../src/batch/quality.ts';
import { physicalColumns, shapedSql } from '../src/batch/shape.ts';
import { DAY_HERE, dayPattern } from '../src/batch/stores.ts';
import { tablesOf } from '../src/batch/variables.ts';
import type { BatchView } from '../src/ledger/ledger.ts';
import { at, projectOf } from './support.ts';

/** Goal: whatever rows a store has, a table is a row a customer, and what cannot be one is left for the rule of keys that stand twice. */
async function tableOf(rest: string) {
  const project = await projectOf({
    'batch/dwh.yaml': `tables:\n  - name: profile\n    key: id\n    columns: [{ name: tier, type: text }, { name: months, places: 0 }]\n${rest}`,
  });
  const [first] = tablesOf(project);
  if (first === undefined) throw new Error('a table');
  return { project, table: first.table };
}
const RAW = { view: 'raw', columns: ['tier', 'months'] };

describe('a row a customer', () => {
  test('is taken as it is; a path leads into nested fields', async () => {
    const { table } = await tableOf('');
    expect(shapedSql(table, RAW)).toBe('SELECT `id` AS `id`, `tier` AS `tier`, `months` AS `months` FROM raw');
    const nested = { ...table, columns: table.columns.map((c) => (c.name === 'tier' ? { ...c, field: ['plan', 'tier'] } : c)) };
    expect(shapedSql(nested, RAW)).toContain('`plan`.`tier` AS `tier`');
    expect(physicalColumns(nested, RAW.columns)).toEqual(['id', 'plan', 'months']);
  });

  test('has its key without the declared prefix, or none', async () => {
    const { table } = await tableOf('    key_prefix: "C-"\n');
    expect(shapedSql(table, RAW)).toContain("IF(startswith(CAST(`id` AS STRING), 'C-'), substr(CAST(`id` AS STRING), 3), NULL) AS `id`");
  });

  test('is made of several by the latest; equals both stay, and rows without a key', async () => {
    const { table } = await tableOf('    shape: { latest: { by: at } }\n');
    expect(shapedSql(table, RAW)).toContain('rank() OVER (PARTITION BY `id` ORDER BY `at` DESC NULLS LAST)');
    expect(shapedSql(table, RAW)).toContain('WHERE prlx_rank = 1 OR prlx_key IS NULL');
    expect(physicalColumns(table, RAW.columns)).toEqual(['id', 'tier', 'months', 'at']);
  });

  test('is made of several by a reduction; a text has no sum', async () => {
    const { table } = await tableOf('    shape: { reduce: sum }\n');
    expect(shapedSql(table, RAW)).toBe(
      'SELECT prlx_key AS `id`, max(`tier`) AS `tier`, sum(`months`) AS `months` FROM (SELECT *, `id` AS prlx_key, monotonically_increasing_id() AS prlx_row FROM raw) GROUP BY prlx_key, IF(prlx_key IS NULL, prlx_row, NULL)',
    );
  });

  test('is made of a row a type, pivoted; a type that stands twice makes two rows', async () => {
    const { table } = await tableOf('    shape: { long: { type: metric, value: amount } }\n');
    const sql = shapedSql(table, RAW);
    expect(sql).toContain("PIVOT (max(prlx_value) FOR prlx_type IN ('tier' AS `tier`, 'months' AS `months`))");
    expect(sql).toContain('IF(prlx_times > 1, 2, 1)');
    expect(physicalColumns(table, RAW.columns)).toEqual(['id', 'metric', 'amount']);
  });
});

const VIEW: BatchView = {
  folder: '/v',
  customers: 80,
  aside: [
    { table: 'dwh.profile', reason: 'expected.months', rows: 2 },
    { table: 'dwh.profile', reason: 'key', rows: 1 },
    { table: 'dwh.profile', reason: 'key_twice', rows: 4 },
  ],
  placement: { buckets: 1, pages: 1, lanes: 1 },
  files: [''],
  taken: [],
  rows: { 'dwh.profile': 80, 'nosql.usage': 100 },
};

describe('a day', () => {
  const broken = async (rest: string, before: BatchView['rows'] | null = null, drifts: readonly Drift[] = []) =>
    brokenRules((await tableOf(rest)).project, VIEW, { before, drifts, likeness: new Map(), broken: new Map([['dwh.profile.months', 3]]) });

  test('is refused when its rows are out of bounds, or too unlike the day before', async () => {
    expect(await broken('    day: { rows_min: 80, rows_max: 80, change_percent_max: 20 }\n', { 'dwh.profile': 100 })).toEqual([]);
    expect(await broken('    day: { rows_min: 81 }\n')).toEqual(['dwh.profile has 80 rows, fewer than 81']);
    expect(await broken('    day: { rows_max: 79 }\n')).toEqual(['dwh.profile has 80 rows, more than 79']);
    expect(await broken('    day: { change_percent_max: 20 }\n', { 'dwh.profile': 101 })).toEqual([
      'dwh.profile has 80 rows, the day before 101: more than 20 % apart',
    ]);
    expect(await broken('    day: { change_percent_max: 20 }\n')).toEqual([]);
  });

  test('is refused when a column has moved too far from the day before', async () => {
    const drifts = [
      { column: 'nosql.usage.v1', shift: 9, nulls: 0 },
      { column: 'dwh.profile.months', shift: 3.04, nulls: 0 },
      { column: 'dwh.profile.tier', shift: null, nulls: 1 },
    ];
    expect(await broken('    day: { drift_max: 4 }\n', null, drifts)).toEqual([]);
    expect(await broken('    day: { drift_max: 3 }\n', null, drifts)).toEqual([
      '1 columns of dwh.profile have moved too far, dwh.profile.months by 3.0 deviations',
    ]);
  });

  test('is refused when it came too late, or is dated after it was complete', async () => {
    const of = async (rest: string, completed: string) =>
      brokenDates((await tableOf(rest)).project, { day: '2026-01-04', version: 'v' }, new Map([['dwh.profile', at(completed)]]));
    expect(await of('', '2026-02-01T00:00:00Z')).toEqual([]);
    expect(await of('    day: { fresh_within: 6h }\n', '2026-01-05T06:00:00Z')).toEqual([]);
    expect(await of('    day: { fresh_within: 6h }\n', '2026-01-05T06:00:01Z')).toEqual(['dwh.profile came 1 minutes too late']);
    expect(await of('', '2026-01-03T10:00:00Z')).toEqual([]);
    expect(await of('', '2026-01-03T09:59:59Z')).toEqual(['dwh.profile was complete before its day began: the date is wrong']);
  });

  test('is refused for a row that breaks an expectation only where that says so', async () => {
    expect(await broken('    expect: [{ column: months, min: 0 }]\n')).toEqual([]);
    expect(await broken('    expect: [{ column: months, min: 0, otherwise: refuse }]\n')).toEqual([
      'dwh.profile.months is not as expected in 3 rows',
    ]);
  });

  test('is refused for rows without a key, or whose key stands twice, only where that says so', async () => {
    expect(await broken('')).toEqual([]);
    expect(await broken('    day: { keyless_max: 1, key_twice_max: 4 }\n')).toEqual([]);
    expect(await broken('    day: { keyless_max: 0, key_twice_max: 3 }\n')).toEqual([
      'dwh.profile has 1 rows without a key, more than 0',
      'dwh.profile has 4 rows whose key stands twice, more than 3',
    ]);
  });
});

describe('a day that repeats the day before', () => {
  const column = (name: string, of: Partial<ColumnProfile> = {}): readonly [string, ColumnProfile] => [
    name,
    { ...{ column: name, values: 80, nulls: 0, bad: 0, broken: 0, min: 1, max: 9, mean: 4.2, deviation: 1.7 }, ...of },
  ];
  const still = { min: 3, max: 3, mean: 3, deviation: 0 };
  const text = { min: null, max: null, mean: null, deviation: null };
  const day = (months: Partial<ColumnProfile> = {}, v1: Partial<ColumnProfile> = {}) =>
    new Map([column('dwh.profile.months', months), column('dwh.profile.tier', text), column('nosql.usage.v1', v1)]);
  const broken = async (rest: string, before: ReadonlyMap<string, ColumnProfile>, now: ReadonlyMap<string, ColumnProfile>) => {
    const likeness = new Map(['dwh.profile', 'nosql.usage'].map((table) => [table, likenessOf(before, now, table)] as const));
    const { project } = await tableOf(rest);
    return brokenRules(project, { ...VIEW, rows: {} }, { before: null, drifts: [], likeness, broken: new Map() });
  };
  const ALL = 'it is the day before under another date: no table has other values';

  test('is refused when no table has other values, be it for the order of sums', async () => {
    expect(await broken('', day(), day({ mean: 4.2 + 1e-15 }))).toEqual([ALL]);
    expect(await broken('', day(still), day(still))).toEqual([ALL]);
    expect(await broken('', day(), day({ mean: 4.2001 }))).toEqual([]);
    expect(await broken('', day(), day({}, { nulls: 1 }))).toEqual([]);
    expect(await broken('', day(), new Map([...day(), column('dwh.profile.new')]))).toEqual([]);
  });

  test('is not, where nothing varies: two days may well be alike', async () => {
    expect(await broken('', day(still, still), day(still, still))).toEqual([]);
    expect(await broken('', day(still, still), day(still, { ...still, nulls: 1 }))).toEqual([]);
  });

  test('is refused or accepted by what a table says of itself', async () => {
    const refuse = '    day: { repeated: refuse }\n';
    expect(await broken(refuse, day(), day({}, { max: 10 }))).toEqual(['dwh.profile has the values of the day before']);
    expect(await broken(refuse, day(still), day(still, { max: 10 }))).toEqual([]);
    const accept = '    day: { repeated: accept }\n';
    expect(await broken(accept, day(), day({}, { max: 10 }))).toEqual([]);
    expect(await broken(accept, day(), day({ max: 10 }))).toEqual([ALL]);
  });
});

test('the day of a lake’s file is where its folder names it, and the same wherever it does', () => {
  const dayIn = (folder: string, path: string) => dayPattern(folder.replaceAll('{day}', DAY_HERE)).exec(path)?.[1];
  expect(dayIn('/lake/usage+/day={day}', 'file:/lake/usage+/day=2026-01-04/_SUCCESS')).toBe('2026-01-04');
  expect(dayIn('/lake/{day}/usage/day={day}', 'file:/lake/2026-01-04/usage/day=2026-01-04/_SUCCESS')).toBe('2026-01-04');
  expect(dayIn('/lake/{day}/usage/day={day}', 'file:/lake/2026-01-04/usage/day=2026-01-05/_SUCCESS')).toBeUndefined();
  expect(dayIn('/lake/day={day}', 'file:/lake/day=tomorrow/_SUCCESS')).toBeUndefined();
  expect(dayIn('/lake/usage', 'file:/lake/usage/_SUCCESS')).toBeUndefined();
});
