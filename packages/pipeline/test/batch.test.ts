import { describe, expect, test } from 'vitest';
import { batchRowsSpec, batchRowsType, batchViewColumns } from '../src/batch/columns.ts';
import { noBatchSql } from '../src/batch/no-batch.ts';
import { placementOf } from '../src/batch/place.ts';
import { type ColumnProfile, driftOf } from '../src/batch/profile.ts';
import { joinSpec, joinTablesSql, landedTable, landSql, neededColumns, reduceSpec, reduceTableSql } from '../src/batch/reduce.ts';
import { keptCells, reducedColumns, tablesOf, variablesOf } from '../src/batch/variables.ts';
import { projectOf } from './support.ts';

/** Goal: what the batch layer asks of Spark, as text. The rows are compared by the contract's tests, on Spark. */
const PLACEMENT = { buckets: 4, pages: 2, lanes: 1 };

async function tables(changes = {}) {
  const project = await projectOf(changes);
  const [profile, usage] = tablesOf(project);
  if (profile === undefined || usage === undefined) throw new Error('two tables');
  return { project, profile, usage };
}

describe('where customers lie', () => {
  test('pages and lanes grow with the base, and no bucket is without either', () => {
    expect(placementOf(0, 64)).toEqual({ buckets: 64, pages: 1, lanes: 1 });
    expect(placementOf(1_000_000, 64)).toEqual({ buckets: 64, pages: 245, lanes: 1 });
    expect(placementOf(100_000_000, 64)).toEqual({ buckets: 64, pages: 24_415, lanes: 79 });
  });
});

describe('the reduction of a table', () => {
  test('variables are numbered by name, then module: of equal contributions the first stays', async () => {
    const { project } = await tables();
    expect(variablesOf(project).map(({ name, module, entries }) => [name, module, entries.length])).toEqual([
      ['nosql.usage.v1', 'habit', 1],
      ['nosql.usage.v2', 'habit', 1],
      ['nosql.usage.v2', 'value', 1],
    ]);
  });

  test('a column is read once, whatever its parts in the scorecard', async () => {
    const { project, usage } = await tables();
    expect(reducedColumns(project, usage).map(({ name, variables }) => [name, variables])).toEqual([
      ['v1', [0]],
      ['v2', [1, 2]],
    ]);
    expect(neededColumns(project, usage.source, usage.table)).toEqual(['cust', 'v1', 'v2']);
  });

  test('only cells that the SQL takes are kept, but every declared number is checked', async () => {
    const { project, profile } = await tables();
    const files = landedTable(project, profile, ['/l/a.parquet']);
    const spec = JSON.parse(reduceSpec(project, profile, files, { placement: PLACEMENT, taken: new Set(['profile_tier']) }));
    expect(spec).toMatchObject({ key: { path: ['k'], type: 'bigint' }, placement: PLACEMENT, modules: 2 });
    expect(spec.columns).toEqual([
      { path: ['c0'], places: 0, text: false, kept: false, groups: [] },
      { path: ['c1'], places: null, text: true, kept: true, groups: [] },
    ]);
  });

  test('what is no file is landed: the key as text, numbers as they are, the rest as text', async () => {
    const { project, usage, profile } = await tables();
    const cells = new Map([
      ['cust', 'integer' as const],
      ['v1', 'integer' as const],
      ['v2', 'decimal' as const],
    ]);
    expect(landSql(project, usage, { relation: 'rel', cells })).toBe(
      'SELECT CAST(`cust` AS STRING) AS k, CAST(`v1` AS BIGINT) AS c0, `v2` AS c1 FROM rel',
    );
    const text = new Map([
      ['customer_id', 'text' as const],
      ['tier', 'integer' as const],
      ['months', 'text' as const],
    ]);
    expect(landSql(project, profile, { relation: 'rel', cells: text })).toBe(
      'SELECT CAST(`customer_id` AS STRING) AS k, CAST(`months` AS STRING) AS c0, CAST(`tier` AS STRING) AS c1 FROM rel',
    );
  });

  test('each row group is a task; a table without any has no rows', () => {
    const sql = reduceTableSql([{ path: "/a'b", group: 3, rows: 7 }], '{}', null);
    expect(sql).toContain("VALUES ('/a\\'b', 3)");
    expect(sql).toContain('REPARTITION(1)');
    expect(reduceTableSql([], '{}', 2)).toContain('WHERE false');
  });
});

describe('the batch view', () => {
  test('has the cells that are taken, in the order of tables and names', async () => {
    const { project } = await tables();
    const all = keptCells(project, new Set(['profile_tier', 'profile_months']));
    expect(all.map((c) => c.name)).toEqual(['profile_months', 'profile_tier']);
    expect(batchRowsType(project, all)).toBe(
      'ARRAY<STRUCT<key: STRING, `profile_months`: DECIMAL(20,0), `profile_tier`: STRING, `scorecard_habit`: DECIMAL(20,6), `scorecard_value`: DECIMAL(20,6), `scorecard`: DECIMAL(20,6)>>',
    );
    expect(JSON.parse(batchRowsSpec(project, all, true))).toEqual({ cells: [{ places: 0 }, { places: null }], modules: 2, top: true });
  });

  test('is joined from all tables; a bucket goes to one file', async () => {
    const { project } = await tables();
    const spec = joinSpec(project, { placement: PLACEMENT, taken: new Set(['profile_tier']), missing: ['00', '0102'] });
    expect(JSON.parse(spec)).toEqual({
      placement: PLACEMENT,
      modules: 2,
      base: 0,
      tables: [
        { kept: 1, missing: '00' },
        { kept: 0, missing: '0102' },
      ],
    });
    const sql = joinTablesSql(['/r/0', '/r/1'], spec);
    expect(sql).toContain('SELECT 0 AS tbl, inline(runs) FROM parquet.`/r/0` UNION ALL SELECT 1 AS tbl, inline(runs) FROM parquet.`/r/1`');
    expect(sql).toMatch(/DISTRIBUTE BY bucket[\s\S]*SORT BY page$/);
  });

  test('the view `batch` has every declared column, taken or not', async () => {
    const { project } = await tables();
    expect(batchViewColumns(project)).toEqual(['profile_tier', 'profile_months', 'scorecard_habit', 'scorecard_value', 'scorecard']);
    expect(noBatchSql(project)).toBe(
      'SELECT CAST(NULL AS STRING) AS key, CAST(NULL AS STRING) AS `profile_tier`, CAST(NULL AS DECIMAL(20,0)) AS `profile_months`, CAST(NULL AS DECIMAL(20,6)) AS `scorecard_habit`, CAST(NULL AS DECIMAL(20,6)) AS `scorecard_value`, CAST(NULL AS DECIMAL(20,6)) AS `scorecard` WHERE false',
    );
  });
});

describe('drift', () => {
  const profile = (changes: Partial<ColumnProfile>): ColumnProfile => ({
    column: 's.t.c',
    values: 100,
    nulls: 0,
    bad: 0,
    min: 0,
    max: 10,
    mean: 5,
    deviation: 2,
    ...changes,
  });
  const day = (...profiles: ColumnProfile[]) => new Map(profiles.map((p) => [p.column, p]));

  test('is the shift of the mean in deviations of the day before, and the change of the share of nulls', () => {
    const now = day(profile({ mean: 8, values: 75, nulls: 25 }), profile({ column: 's.t.d' }));
    expect(driftOf(day(profile({}), profile({ column: 's.t.d' })), now)).toEqual([
      { column: 's.t.c', shift: 1.5, nulls: 0.25 },
      { column: 's.t.d', shift: 0, nulls: 0 },
    ]);
  });

  test('a column that was constant and is not the same has no measure and comes first; a new one has nothing to differ from', () => {
    const before = day(profile({ deviation: 0 }), profile({ column: 's.t.d' }));
    expect(driftOf(before, day(profile({ mean: 6 }), profile({ column: 's.t.d', mean: 9 }), profile({ column: 's.t.e' })))).toEqual([
      { column: 's.t.c', shift: null, nulls: 0 },
      { column: 's.t.d', shift: 2, nulls: 0 },
    ]);
  });
});
