/**
 * Goal: a store's table is read in parts whatever the type of its key, each row once, and by no more tasks at once than the session may have. Method: real
 * Spark, PostgreSQL and Cassandra; the parts are told apart by Spark's partitions, what lies below a shuffle by the plan.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Project } from '@parallax/core';
import { JARS } from '@parallax/local';
import { openEngine } from '@parallax/pipeline';
import { hashPredicates } from '@parallax/pipeline/batch/postgres.ts';
import { storeReader } from '@parallax/pipeline/batch/store-reader.ts';
import { Engine } from '@parallax/pipeline/engine/engine.ts';
import cassandra from 'cassandra-driver';
import pg from 'pg';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { EngineKeeper } from '../src/engine-keeper.ts';
import { batchProject } from './both-views.ts';

const database = process.env.PARALLAX_PG ?? '';
const contact = process.env.PARALLAX_CASSANDRA ?? '';
const url = process.env.PARALLAX_SPARK_URL ?? '';
const DAY = '2026-01-04';
const ROWS = 2000;
const name = `parts_${process.hrtime.bigint()}`;

/** A table a type of key: `ROWS` keys of which one stands twice, and a row without. */
const KEYS = {
  of_bigint: 'bigint',
  of_text: 'text',
  of_numeric: 'numeric(20,2)',
  of_uuid: 'uuid',
  of_char: 'char(12)',
} as const;
type Table = keyof typeof KEYS;

beforeAll(async () => {
  const client = new pg.Client(database);
  await client.connect();
  await client.query(`CREATE SCHEMA ${name}`);
  for (const [table, type] of Object.entries(KEYS)) {
    const key = type === 'uuid' ? `lpad(i::text, 32, '0')::uuid` : `i::${type}`;
    await client.query(`CREATE TABLE ${name}.${table} (day date, k ${type}, n bigint)`);
    await client.query(`INSERT INTO ${name}.${table} SELECT DATE '${DAY}', ${key}, i FROM generate_series(1, ${ROWS}) i`);
    await client.query(`INSERT INTO ${name}.${table} SELECT DATE '${DAY}', ${key}, i FROM generate_series(7, 7) i`);
    await client.query(`INSERT INTO ${name}.${table} VALUES (DATE '${DAY}', NULL, 0), (DATE '2026-01-03', NULL, 1)`);
  }
  await client.end();
  return async () => {
    const again = new pg.Client(database);
    await again.connect();
    await again.query(`DROP SCHEMA ${name} CASCADE`);
    await again.end();
  };
});

async function projectOfTables(files: Readonly<Record<string, string>> = {}): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'parallax-parts-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const tables = Object.keys(KEYS).map((table) => `  - { name: ${table}, key: k, columns: [{ name: n, places: 0 }] }\n`);
  return batchProject(folder, {
    'parallax.yaml': 'name: parts\nkey: { name: customer_id, type: text }\nbase: dwh.of_bigint\n',
    'batch/dwh.yaml': `from: { postgres: { url: "env:PARTS_PG", schema: ${name} } }\ntables:\n${tables.join('')}`,
    'satisfaction.sql': 'SELECT customer_id, CAST(50 AS DECIMAL(5,2)) AS satisfaction FROM stream',
    ...files,
  });
}

/** An engine whose steps have so many tasks at the most. */
async function engineWith(tasksMax: number | null): Promise<Engine> {
  const { session } = await openEngine({ url, functionsJar: join(JARS, 'functions', 'parallax-spark-functions.jar') });
  onTestFinished(() => session.close());
  return new Engine(session, tasksMax);
}

/** A table as it is read: the rows of each part, and the sum of all. */
async function partsOf(engine: Engine, project: Project, sourceName: string, tableName: string) {
  const source = project.batch.find((each) => each.name === sourceName);
  const table = source?.tables.find((each) => each.name === tableName);
  if (source === undefined || table === undefined) throw new Error(`no table ${tableName}`);
  const reader = storeReader(project, { PARTS_PG: database, PARTS_CASSANDRA: contact });
  const { relation } = await reader.table(engine, { day: DAY, version: 'v' }, source, table);
  const rows = await engine.session.collect(
    `SELECT part, count(*) AS rows, CAST(sum(n) AS BIGINT) AS total FROM (SELECT *, spark_partition_id() AS part FROM ${relation}) GROUP BY part ORDER BY part`,
  );
  return {
    plan: await engine.session.explain(`SELECT * FROM ${relation}`, 'simple'),
    rows: rows.map((row) => Number(row.rows)),
    total: rows.reduce((sum, { total }) => sum + Number(total), 0),
  };
}

const TOTAL = (ROWS * (ROWS + 1)) / 2 + 7;

test.each(Object.keys(KEYS) as Table[])('PostgreSQL, a key %s: parts of about one size, each row once', async (table) => {
  const project = await projectOfTables();
  const { rows, total } = await partsOf(await engineWith(null), project, 'dwh', table);
  expect(rows).toHaveLength(4);
  for (const each of rows) expect(each).toBeGreaterThan(ROWS / 8);
  expect([rows.reduce((a, b) => a + b, 0), total]).toEqual([ROWS + 2, TOTAL]);
});

test.each([1, 2])('PostgreSQL by %i tasks at once has as many parts', async (tasksMax) => {
  const project = await projectOfTables();
  for (const table of ['of_text', 'of_bigint'] as const) {
    const { rows, total } = await partsOf(await engineWith(tasksMax), project, 'dwh', table);
    expect([rows.length, rows.reduce((a, b) => a + b, 0), total]).toEqual([tasksMax, ROWS + 2, TOTAL]);
  }
});

test('the conditions of parts are apart, whole, and safe against any name', () => {
  const parts = hashPredicates('k"; DROP', 3);
  expect(parts[0]).toBe(`substr(md5("k""; DROP"::text), 1, 1) IN ('0', '3', '6', '9', 'c', 'f') OR "k""; DROP" IS NULL`);
  const digits = parts.flatMap((part) => [...part.matchAll(/'(.)'/g)].map(([, digit]) => digit));
  expect(digits.sort().join('')).toBe('0123456789abcdef');
});

test('Cassandra’s many parts are read by so many tasks at once, also before a shuffle', async () => {
  const client = new cassandra.Client({ contactPoints: [contact], localDataCenter: 'datacenter1' });
  await client.execute(`CREATE KEYSPACE ${name} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`);
  onTestFinished(async () => {
    await client.execute(`DROP KEYSPACE ${name}`);
    await client.shutdown();
  });
  for (const table of ['plain', 'lines']) {
    await client.execute(`CREATE TABLE ${name}.${table}_d20260104 (k bigint, kind text, n bigint, PRIMARY KEY (k, kind))`);
    const insert = `INSERT INTO ${name}.${table}_d20260104 (k, kind, n) VALUES (?, 'n', ?)`;
    for (let i = 1; i <= 200; i++) await client.execute(insert, [String(i), String(i)], { prepare: true });
  }
  const project = await projectOfTables({
    'batch/nosql.yaml': `from: { cassandra: { contact: "env:PARTS_CASSANDRA", keyspace: ${name} } }
tables:
  - { name: plain, key: k, columns: [{ name: n, places: 0 }] }
  - { name: lines, key: k, shape: { long: { type: kind, value: n } }, columns: [{ name: n, places: 0 }] }
`,
  });
  const unbounded = await engineWith(null);
  // Its driver learns of a keyspace a while after it was made.
  const free = await vi.waitFor(() => partsOf(unbounded, project, 'nosql', 'plain'), { timeout: 30_000, interval: 500 });
  expect(free.rows.length).toBeGreaterThan(2);
  const bounded = await partsOf(await engineWith(2), project, 'nosql', 'plain');
  expect([bounded.rows.length, bounded.total]).toEqual([2, free.total]);

  const { plan, total } = await partsOf(await engineWith(2), project, 'nosql', 'lines');
  expect(total).toBe(free.total);
  // The last lines of a plan are what is done first: the parts are taken together before their rows are shuffled.
  expect(plan.indexOf('Exchange')).toBeGreaterThan(-1);
  expect(plan.lastIndexOf('Coalesce')).toBeGreaterThan(plan.lastIndexOf('Exchange'));
});

// The server is one of this machine.
test('a session beside the minutes takes half of what the server runs at once', async () => {
  const keeper = new EngineKeeper({ url, home: tmpdir(), note: () => undefined });
  onTestFinished(() => keeper.close());
  const { tasksMax, session: beside } = await (await keeper.beside()).engine();
  expect(tasksMax).toBe(Math.max(1, Math.floor(availableParallelism() / 2)));
  const [scans] = await beside.collect('SET spark.sql.files.maxPartitionNum');
  expect(scans?.value).toBe(String(tasksMax));
});
