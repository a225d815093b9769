import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { loadProject } from '@parallax/core/load-project.ts';
import { REPOSITORY } from '@parallax/local';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keptColumns, mergeSql, paneSql } from './duckdb-sql.ts';
import { hourWindowSql, jsonSchema } from './streaming-sql.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parallax-baseline-'));
});
afterAll(() => rm(folder, { recursive: true }));

const telecom = await loadProject(join(REPOSITORY, 'examples', 'telecom'));
const stream = telecom.streams.find(({ name }) => name === 'network');
if (stream === undefined) throw new Error('the example has no stream network');

/** Goal: DuckDB computes what it is compared for. Method: two minutes of three events, worked out by hand. */
test('DuckDB: aggregates of two minutes merged', async () => {
  const event = (id: number, second: string, latency: number | null, dropped: number) =>
    JSON.stringify({
      event_id: `e${second}`,
      event_time: `2026-01-05T${second}`,
      customer_id: id,
      radio: { latency_ms: latency },
      voice: { dropped },
    });
  await writeFile(
    join(folder, 'a'),
    `${event(1, '10:00:01Z', 20, 1)}\n{"broken\n${event(1, '12:00:02+02:00', 30.5, 2)}\n${event(2, '10:00:03Z', null, 0)}\n`,
  );
  await writeFile(join(folder, 'b'), `${event(1, '10:01:01Z', 10, 5)}\n`);
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(`CREATE TABLE state AS ${paneSql(stream, join(folder, 'a'))}`);
  await connection.run(`CREATE TABLE pane AS ${paneSql(stream, join(folder, 'b'))}`);
  const names = keptColumns(stream).map(({ name }) => name);
  const of = (variable: string) => stream.variables.findIndex(({ name }) => name === variable);
  const [latency, dropped] = [`v${of('latency')}`, `v${of('dropped_calls')}`];
  expect(names).toEqual(
    expect.arrayContaining([`${latency}_sum`, `${latency}_count`, `${latency}_max`, `${latency}_last`, `${dropped}_sum`, `${dropped}_max`]),
  );
  const rows = await connection.runAndReadAll(
    `SELECT k, ${latency}_sum, ${latency}_count, ${latency}_max, ${latency}_last, ${dropped}_sum, ${dropped}_max FROM (${mergeSql(stream, 'state', 'pane')}) ORDER BY k`,
  );
  expect(rows.getRows().map((row) => row.map((value) => (value === null ? null : Number(value))))).toEqual([
    [1, 60.5, 3, 30.5, 10, 8, 5],
    [2, null, 0, null, null, 0, 0],
  ]);
  connection.closeSync();
});

test('Structured Streaming: the query names the window, every aggregate, and the nested schema', () => {
  const sql = hourWindowSql(stream, 'bench_network');
  expect(sql).toContain("GROUP BY window(t, '1 hour'), k");
  const aggregates = stream.variables.reduce((sum, variable) => sum + variable.aggregates.length, 0);
  expect(sql.match(/ AS v\d+_/g)).toHaveLength(aggregates);
  expect(jsonSchema(stream)).toContain('`radio` STRUCT<`rsrp_dbm`: DOUBLE, ');
});
