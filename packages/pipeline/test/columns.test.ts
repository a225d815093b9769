import { describe, expect, test } from 'vitest';
import { readColumns } from '../src/score/used-columns.ts';
import { rowsType, streamColumns, windowColumns } from '../src/window/columns.ts';
import { projectOf } from './support.ts';

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

describe('the columns that a plan reads', () => {
  const views = [
    { name: 'stream', columns: ['a', 'b', 'c'].map((name) => ({ name, type: 'BIGINT' })) },
    { name: 'batch', columns: ['d', 'e'].map((name) => ({ name, type: 'STRING' })) },
  ];

  test('are those of its scans, by view', () => {
    const plan = `(1) Scan parquet
Output [2]: [key#1, v0_c2#4L]
ReadSchema: struct<key:string,v0_c2:bigint>

(9) Scan parquet
ReadSchema: struct<v1_c1:string,v0_c0:bigint>`;
    expect(readColumns(plan, views)).toEqual(
      new Map([
        ['stream', new Set(['c', 'a'])],
        ['batch', new Set(['e'])],
      ]),
    );
  });

  test('are none where nothing is scanned', () => {
    expect(readColumns('LocalTableScan [v0_c1#1]', views)).toEqual(
      new Map([
        ['stream', new Set()],
        ['batch', new Set()],
      ]),
    );
  });
});
