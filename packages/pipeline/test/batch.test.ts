import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { batchRowsSpec, batchRowsType, batchViewColumns } from '../src/batch/columns.ts';
import { noBatchSql } from '../src/batch/no-batch.ts';
import { placementOf } from '../src/batch/place.ts';
import { type ColumnProfile, driftOf } from '../src/batch/profile.ts';
import { joinSpec, joinTablesSql, landedLayout, landSql, neededColumns, reduceSpec, reduceTablesSql } from '../src/batch/reduce.ts';
import { sharesDone, sharesOf } from '../src/batch/shares.ts';
import { keptCells, reducedColumns, tablesOf, variablesOf } from '../src/batch/variables.ts';
import { folderOf, projectOf } from './support.ts';

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
    const layout = landedLayout(project, profile);
    const spec = JSON.parse(reduceSpec(project, profile, layout, { placement: PLACEMENT, taken: new Set(['profile_tier']) }));
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

  test('each row group of each table is a task of its own; tables without any have no rows', () => {
    const group = (path: string, at: number) => ({ path, group: at, rows: 7, bytes: 70 });
    const tables = [
      { number: 3, groups: [group("/a'b", 0), group("/a'b", 1)], spec: '{"a":1}' },
      { number: 0, groups: [group('/c', 0)], spec: '{}' },
    ];
    const sql = reduceTablesSql(tables, null);
    expect(sql).toContain("array(struct(0, '/a\\'b', 0), struct(0, '/a\\'b', 1), struct(1, '/c', 0))");
    expect(sql).toContain('SELECT array(3, 0)[g.i] AS tbl');
    expect(sql).toContain('range(0, 3, 1, 3)');
    expect(reduceTablesSql(tables, 2)).toContain('range(0, 3, 1, 2)');
    expect(reduceTablesSql([{ number: 0, groups: [], spec: '{}' }], null)).toContain('range(0, 0, 1, 1)');
  });
});

describe('shares of tables', () => {
  const MEBIBYTE = 1 << 20;

  /** Tables `t0`, `t1`, … in the order of the reduction, and what is made of them. @param sizes MiB and columns; null: no files of a lake */
  async function shared(sizes: readonly (readonly [number, number] | null)[], done: readonly number[] = []) {
    const { profile } = await tables();
    const order = sizes.map((_, i) => ({ ...profile, table: { ...profile.table, name: `t${i}` } }));
    const left = order.filter((_, i) => !done.includes(i));
    const shares = sharesOf('/r', order, left, (table) => {
      const size = sizes[order.indexOf(table)] ?? null;
      return size === null ? null : { bytes: size[0] * MEBIBYTE, columns: size[1] };
    });
    return { order, folders: shares.map(({ folder }) => folder) };
  }

  test('neighbours go together until they are large, or many columns', async () => {
    const small = [1, 10] as const;
    expect((await shared([small, small, [120, 10], [20, 10], small])).folders).toEqual(['/r/of-0..2', '/r/of-3..4']);
    expect((await shared([[1, 9000], [1, 1000], small])).folders).toEqual(['/r/of-0..1', '/r/of-dwh.t2']);
    expect((await shared([[500, 10], small, small])).folders).toEqual(['/r/of-dwh.t0', '/r/of-1..2']);
  });

  test('what is no file of a lake stands alone, and what holds nothing does not join it', async () => {
    expect((await shared([null, [0, 0], [0, 0], null, null])).folders).toEqual([
      '/r/of-dwh.t0',
      '/r/of-1..2',
      '/r/of-dwh.t3',
      '/r/of-dwh.t4',
    ]);
  });

  test('a restart finds the tables of those that are whole', async () => {
    const small = [1, 10] as const;
    const { order } = await shared([small, small, small, small]);
    const root = await folderOf();
    for (const [name, whole] of [
      ['of-0..1', true],
      ['of-dwh.t3', true],
      ['of-2..3', false],
    ] as const) {
      await mkdir(join(root, name));
      if (whole) await writeFile(join(root, name, '_SUCCESS'), '');
    }
    const done = await sharesDone(root, order);
    expect(done.map(({ folder, tables: own }) => [folder, own.map(({ table }) => table.name)])).toEqual([
      [join(root, 'of-0..1'), ['t0', 't1']],
      [join(root, 'of-dwh.t3'), ['t3']],
    ]);
    expect((await shared([small, small, small, small], [0, 1, 3])).folders).toEqual(['/r/of-dwh.t2']);
    expect(await sharesDone(join(root, 'none'), order)).toEqual([]);
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
    const sql = joinTablesSql('reduced', spec);
    expect(sql).toContain('SELECT tbl, inline(runs) FROM reduced');
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
    broken: 0,
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
