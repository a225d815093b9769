import { describe, expect, test } from 'vitest';
import { rowsType, streamColumns, wantedColumns, windowColumns } from '../src/window/columns.ts';
import { projectOf } from './support.ts';

const wanted = async (satisfaction: string, actions = "SELECT customer_id, 'a' AS action, 'r' AS reason FROM satisfaction") =>
  wantedColumns({ ...(await projectOf()), satisfactionSql: satisfaction, actionsSql: actions }).map((c) => c.name);

test('columns: streams by name, variables and aggregates as declared', async () => {
  expect(windowColumns(await projectOf())).toEqual([
    { name: 'care-desk_wait_last', stream: 0, variable: 0, aggregate: 'last', places: 1 },
    { name: 'network_drops_sum', stream: 1, variable: 0, aggregate: 'sum', places: 0 },
    { name: 'network_drops_count', stream: 1, variable: 0, aggregate: 'count', places: null },
    { name: 'network_latency_avg', stream: 1, variable: 1, aggregate: 'avg', places: 2 },
    { name: 'network_latency_max', stream: 1, variable: 1, aggregate: 'max', places: 2 },
  ]);
});

test('the view `stream` has each column for both windows, the last hour’s with _1h', async () => {
  const project = await projectOf();
  const names = windowColumns(project).map((c) => c.name);
  expect(streamColumns(project).map((c) => c.name)).toEqual([...names, ...names.map((n) => `${n}_1h`)]);
  expect(rowsType(streamColumns(project).slice(0, 3))).toBe(
    'ARRAY<STRUCT<key: STRING, in_hour: BOOLEAN, touched: BOOLEAN, `care-desk_wait_last`: DECIMAL(20,1), `network_drops_sum`: DECIMAL(20,0), `network_drops_count`: BIGINT>>',
  );
});

describe('unpacked are only the columns that SQL can touch', () => {
  test('whatever their case and quotes, in either file, not in comments', async () => {
    expect(
      await wanted(
        'SELECT customer_id, s.NETWORK_DROPS_SUM * 2 AS satisfaction, count(*) AS n FROM stream s -- network_latency_avg\nGROUP BY 1, 2',
        'SELECT customer_id, `care-desk_wait_last_1h` FROM stream',
      ),
    ).toEqual(['network_drops_sum', 'care-desk_wait_last_1h']);
  });

  test.each([
    'SELECT * FROM stream',
    'SELECT s.* FROM stream s',
    'SELECT 1 AS a, * FROM stream',
    'SELECT struct(*) FROM stream',
    'SELECT DISTINCT * FROM stream',
    'TABLE stream',
    'FROM stream |> WHERE true',
    'SELECT customer_id FROM stream NATURAL JOIN batch',
    'SELECT 1 FROM stream PIVOT (sum(a) FOR b IN (1))',
  ])('all of them for %s', async (sql) => {
    expect(await wanted(sql)).toHaveLength(10);
  });

  test('none of them for SQL that names none', async () => {
    expect(await wanted('SELECT customer_id, 2 * 3 AS satisfaction, count(*) OVER () AS n FROM population')).toEqual([]);
  });
});
