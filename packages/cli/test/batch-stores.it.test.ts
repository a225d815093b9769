/**
 * Goal: whatever shape the batch tables have and wherever they are kept, both sides make the same rows of them, and a live minute is a match.
 * Method: `run` with its verifier, as a process, on real Kafka, Spark, PostgreSQL, Cassandra and a lake of Parquet files; minutes of the last
 * half hour, which are caught up at once. Rows without a key, keys that stand twice, keys of another name and type, and rows that are not as the tables expect are
 * among them.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { formatSecond, MICROS_PER_MINUTE, type MinuteReport } from '@parallax/core';
import { Admin, ProduceAcks, Producer } from '@platformatic/kafka';
import cassandra from 'cassandra-driver';
import pg from 'pg';
import { beforeAll, expect, onTestFinished, test } from 'vitest';

const bootstrap = process.env.PARALLAX_KAFKA ?? '';
const database = process.env.PARALLAX_PG ?? '';
const contact = process.env.PARALLAX_CASSANDRA ?? '';
const engine = process.env.PARALLAX_SPARK_URL ?? '';
const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts');
const CUSTOMERS = 40;
const MINUTES = 2;
const name = `stores_${process.hrtime.bigint()}`;

const now = BigInt(Date.now()) * 1000n;
const FROM = now - (now % MICROS_PER_MINUTE) - 10n * MICROS_PER_MINUTE;
const DAY = formatSecond(FROM - 24n * 60n * MICROS_PER_MINUTE).slice(0, 10);
const COMPLETED = formatSecond(FROM - 60n * MICROS_PER_MINUTE);
const ids = Array.from({ length: CUSTOMERS }, (_, i) => i + 1);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parallax-stores-'));
  return () => rm(folder, { recursive: true, force: true });
});

const projectFiles = () => ({
  'parallax.yaml': `name: ${name}\nkey: { name: customer_id, type: bigint }\nbase: dwh.profile\n`,
  'streams/web.yaml': `from: { kafka: { topic: ${name} } }\nkey: { field: id }\ntime: { field: t, format: epoch_us }\nevent_id: e\nvariables:\n  - { name: x, field: x, places: 0, aggregates: [sum] }\n`,
  'batch/dwh.yaml': `from: { postgres: { url: "env:STORES_PG", schema: ${name} } }
tables:
  - { name: profile, key: customer_id, columns: [{ name: tier, type: text }] }
  - name: metrics
    key: cust
    key_prefix: "C-"
    shape: { long: { type: metric, value: amount } }
    scorecard: true
    columns: [{ name: spend, places: 1 }]
    expect: [{ column: spend, max: 38 }]
`,
  'batch/nosql.yaml': `from: { cassandra: { contact: "env:STORES_CASSANDRA", keyspace: ${name} } }
tables:
  - name: plans
    key: id
    shape: { latest: { by: changed } }
    columns: [{ name: label, type: text, field: plan.label }, { name: price, places: 2, field: plan.price }]
    expect: [{ column: label, not_null: true }]
`,
  'batch/lake.yaml': `from: { parquet: { path: "${folder}/lake/{table}/day={day}" } }
tables:
  - name: usage
    key: account
    shape: { reduce: sum }
    scorecard: true
    columns: [{ name: calls, places: 0 }, { name: last_cell, type: text }]
    expect: [{ column: calls, min: 1 }]
  - name: documents
    key: subscriber
    columns: [{ name: city, type: text, field: home.city }, { name: age, places: 0, field: home.of.age }]
`,
  'batch/scorecard.csv':
    'source,table,column,module,transform,weight,missing_as\ndwh,metrics,m1,money,"linear(3,2)|cap(-1,1)",0.25,\nlake,usage,v1,habit,,2,-8\n',
  'satisfaction.sql': `SELECT s.customer_id, CAST(50 AS DECIMAL(5,2)) AS satisfaction, b.profile_tier, b.metrics_spend, b.plans_label, b.plans_price, b.usage_calls,
b.usage_last_cell, b.documents_city, b.documents_age, b.scorecard FROM stream s JOIN batch b ON b.customer_id = s.customer_id\n`,
  'actions.sql': "SELECT customer_id, 'call' AS action, 'r' AS reason FROM satisfaction WHERE false\n",
  'alternative.ts': `const COLUMNS = ['profile_tier', 'metrics_spend', 'plans_label', 'plans_price', 'usage_calls', 'usage_last_cell', 'documents_city', 'documents_age', 'scorecard'];
export const satisfaction = (c) => ({ satisfaction: { unscaled: 5000n, places: 2 }, ...Object.fromEntries(COLUMNS.map((name) => [name, c.batch[name]])) });
export const actions = () => [];
`,
});

async function fillPostgres(): Promise<void> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  try {
    await client.query(`CREATE SCHEMA ${name}`);
    await client.query(`SET search_path = ${name}`);
    await client.query('CREATE TABLE profile (day date, customer_id bigint, tier text)');
    await client.query('CREATE TABLE metrics (day date, cust text, metric text, amount numeric(12, 2))');
    await client.query('CREATE TABLE parallax_control (day date, table_name text, completed_at timestamptz)');
    for (const id of ids) {
      await client.query('INSERT INTO profile VALUES ($1, $2, $3)', [DAY, id, id % 3 === 0 ? null : `t\t${id % 3}\\`]);
      if (id % 4 !== 0) await client.query('INSERT INTO metrics VALUES ($1, $2, $3, $4)', [DAY, `C-${id}`, 'spend', `${id}.25`]);
      await client.query('INSERT INTO metrics VALUES ($1, $2, $3, $4)', [DAY, `C-${id}`, 'm1', `${id % 7}.50`]);
    }
    await client.query(
      `INSERT INTO metrics VALUES ($1, 'C-5', 'other', 1), ($1, 'C-5', 'other', 2), ($1, 'X-6', 'm1', 1), ($1, NULL, 'm1', 1)`,
      [DAY],
    );
    await client.query(`INSERT INTO parallax_control SELECT $1, n, $2 FROM unnest(ARRAY['profile', 'metrics']) n`, [DAY, COMPLETED]);
  } finally {
    await client.end();
  }
  onTestFinished(async () => {
    const again = new pg.Client({ connectionString: database });
    await again.connect();
    await again.query(`DROP SCHEMA ${name} CASCADE`);
    await again.end();
  });
}

async function fillCassandra(): Promise<void> {
  const [, port] = contact.split(':');
  const client = new cassandra.Client({
    contactPoints: [contact],
    localDataCenter: 'datacenter1',
    protocolOptions: { port: Number(port) },
  });
  const run = (query: string, values: readonly unknown[] = []) => client.execute(query, [...values], { prepare: values.length > 0 });
  try {
    await run(`CREATE KEYSPACE ${name} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`);
    await run(`CREATE TYPE ${name}.plan (label text, price decimal)`);
    const table = `${name}.plans_d${DAY.replaceAll('-', '')}`;
    await run(`CREATE TABLE ${table} (id int, seq int, changed timestamp, plan frozen<plan>, PRIMARY KEY (id, seq))`);
    await run(`CREATE TABLE ${name}.parallax_control (day date, table_name text, completed_at timestamp, PRIMARY KEY (day, table_name))`);
    const insert = (id: number, seq: number, changed: number | null, label: string | null) =>
      run(`INSERT INTO ${table} (id, seq, changed, plan) VALUES (?, ?, ?, ?)`, [
        ...[id, seq, changed === null ? null : new Date(changed)],
        label === null ? null : { label, price: cassandra.types.BigDecimal.fromString(`${id}.${seq}05`) },
      ]);
    for (const id of ids) {
      await insert(id, 0, 1_000_000, 'old');
      if (id % 2 === 0) await insert(id, 1, 1_000_500 + id, id % 8 === 0 ? null : `new${id}`);
      if (id % 5 === 0) await insert(id, 2, null, 'never');
    }
    // Two that are the latest: none is.
    await insert(7, 3, 1_000_000, 'as old');
    await run(`INSERT INTO ${name}.parallax_control (day, table_name, completed_at) VALUES (?, ?, ?)`, [
      ...[cassandra.types.LocalDate.fromString(DAY), 'plans', new Date(COMPLETED)],
    ]);
  } finally {
    await client.shutdown();
  }
}

async function fillLake(): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const write = async (table: string, file: string, sql: string) => {
    const target = join(folder, 'lake', table, `day=${DAY}`);
    await mkdir(target, { recursive: true });
    await connection.run(`COPY (${sql}) TO '${join(target, file)}' (FORMAT parquet)`);
    await writeFile(join(target, '_SUCCESS'), '');
    const completed = Date.parse(COMPLETED) / 1000;
    await utimes(join(target, '_SUCCESS'), completed, completed);
  };
  const usage = (from: number) =>
    `SELECT CAST(i AS VARCHAR) AS account, CAST(i % 9 AS INTEGER) AS calls, 'c' || (i % 3) AS last_cell, CASE WHEN i % 6 = 0 THEN NULL ELSE CAST(i AS DECIMAL(9,3)) / 8 END::DECIMAL(12,3) AS v1 FROM range(${from}, ${CUSTOMERS}) r(i)`;
  await write('usage', 'a.parquet', `${usage(1)} UNION ALL SELECT NULL, 1, 'x', 1 UNION ALL SELECT 'no number', 1, 'x', 1`);
  await write('usage', 'b.parquet', usage(20));
  // The same number, written twice in a key of texts: one customer twice.
  await write('usage', 'c.parquet', "SELECT '03' AS account, 1::INTEGER AS calls, 'x' AS last_cell, 1::DECIMAL(12,3) AS v1");
  await write(
    'documents',
    'a.parquet',
    `SELECT i AS subscriber, CASE WHEN i % 10 = 0 THEN NULL ELSE {'city': 'city ' || i, 'of': {'age': (20 + i)::SMALLINT}} END AS home FROM range(1, ${CUSTOMERS + 1}) r(i)`,
  );
  connection.closeSync();
  instance.closeSync();
}

async function fillTopic(): Promise<void> {
  const admin = new Admin({ clientId: name, bootstrapBrokers: [bootstrap] });
  await admin.createTopics({
    ...{ topics: [name], partitions: 1, replicas: 1 },
    configs: [{ name: 'message.timestamp.type', value: 'CreateTime' }],
  });
  await admin.close();
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({ clientId: name, bootstrapBrokers: [bootstrap], acks: ProduceAcks.ALL });
  const at = FROM + 20_000_000n;
  const messages = ids.map((id) => ({
    ...{ topic: name, timestamp: at / 1000n },
    value: Buffer.from(`{"id":${id},"t":${at},"e":"e${id}","x":1}`),
  }));
  await producer.send({ messages });
  await producer.close();
}

/** The lines that `run --json` prints, and what it says beside them. */
async function run(): Promise<{ readonly minutes: MinuteReport[]; readonly said: string }> {
  for (const [path, content] of Object.entries(projectFiles())) {
    await mkdir(dirname(join(folder, 'project', path)), { recursive: true });
    await writeFile(join(folder, 'project', path), content);
  }
  const child = spawn(
    process.execPath,
    [
      ...['--disable-warning=ExperimentalWarning', MAIN, 'run', '--project', join(folder, 'project'), '--state', join(folder, 'state')],
      ...['--kafka', bootstrap, '--engine', engine, '--from', formatSecond(FROM), '--minutes', String(MINUTES), '--json'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, STORES_PG: database, STORES_CASSANDRA: contact } },
  );
  const ended = once(child, 'close');
  const [out, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await ended;
  if (code !== 0 && code !== 1) throw new Error(`run ended with ${String(code)}: ${said}`);
  return { minutes: jsonLines(out) as MinuteReport[], said };
}

function jsonLines(out: string): unknown[] {
  return out
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

/** What `batch --json` prints of the run. */
async function batch(...words: readonly string[]): Promise<unknown[]> {
  const flags = ['--disable-warning=ExperimentalWarning', MAIN, 'batch', '--state', join(folder, 'state'), '--json', ...words];
  return jsonLines((await promisify(execFile)(process.execPath, flags)).stdout);
}

test('tables of every shape in three stores give the same rows on both sides', async () => {
  await Promise.all([fillPostgres(), fillCassandra(), fillLake(), fillTopic()]);
  const { minutes, said } = await run();
  expect(minutes.map(({ population, verdict, verdict_reason }) => [population, verdict, verdict_reason])).toEqual([
    [CUSTOMERS, 'match', null],
    [CUSTOMERS, 'match', null],
  ]);
  const ledger = new DatabaseSync(join(folder, 'state', 'ledger.sqlite'), { readOnly: true });
  onTestFinished(() => ledger.close());
  const { view } = ledger.prepare('SELECT view FROM batch_days').get() as { view: string };
  const aside = [
    { table: 'dwh.metrics', reason: 'expected.spend', rows: 2 },
    { table: 'dwh.metrics', reason: 'key', rows: 2 },
    { table: 'dwh.metrics', reason: 'key_twice', rows: 2 },
    { table: 'lake.usage', reason: 'expected.calls', rows: 4 },
    { table: 'lake.usage', reason: 'key', rows: 2 },
    { table: 'lake.usage', reason: 'key_twice', rows: 2 },
    { table: 'nosql.plans', reason: 'expected.label', rows: 5 },
    { table: 'nosql.plans', reason: 'key_twice', rows: 2 },
  ];
  expect(JSON.parse(view).aside).toEqual(aside);
  // The other side has found the same, by its own clients.
  expect(said).toContain(`rows kept aside: ${aside.map(({ table, reason, rows }) => `${table} ${rows} (${reason})`).join(', ')}\n`);
  expect(await batch()).toMatchObject([{ day: DAY, state: 'active', customers: CUSTOMERS, aside }]);
  const listed = (await batch('--aside')) as Readonly<Record<string, unknown>>[];
  const rowsOf = (reason: string) => listed.filter((row) => row.reason === reason && 'key' in row).map(({ key, value }) => [key, value]);
  expect(rowsOf('expected.spend')).toEqual([
    ['38', '38.3'],
    ['39', '39.3'],
  ]);
  expect(rowsOf('expected.calls')).toEqual(['18', '27', '36', '9'].map((key) => [key, '0']));
  expect(rowsOf('expected.label')).toEqual(['16', '24', '32', '40', '8'].map((key) => [key, null]));
  expect(await batch('--variable', 'dwh.metrics.spend')).toMatchObject([{ day: DAY, bad: 0, max: 39.3 }]);
  // Not a match of nothing: the values are those that the stores were given.
  const { folder: iteration } = ledger.prepare('SELECT folder FROM iterations ORDER BY minute LIMIT 1').get() as { folder: string };
  const lines = await readFile(join(iteration, 'results.ndjson'), 'utf8');
  const of = (id: number) =>
    lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
      .find(({ customer_id }) => customer_id === String(id));
  expect(of(22)).toMatchObject({
    ...{
      profile_tier: 't\t1\\',
      metrics_spend: '22.3',
      plans_label: 'new22',
      plans_price: '22.11',
      usage_calls: '8',
      usage_last_cell: 'c1',
    },
    // m1 = 1.5: −0.75 × 0.25; v1 = 2 × 2.75, twice.
    ...{ documents_city: 'city 22', documents_age: '42', scorecard: '10.812500' },
  });
  expect(of(5)).toMatchObject({ metrics_spend: null, plans_label: 'old', scorecard: '1.250000' });
  expect(of(3)).toMatchObject({ usage_calls: null, usage_last_cell: null, scorecard: '-15.937500' });
  expect(of(7)).toMatchObject({ plans_label: null, plans_price: null });
  expect(of(36)).toMatchObject({ usage_calls: null, usage_last_cell: null, plans_label: 'new36' });
  expect(of(39)).toMatchObject({ metrics_spend: null, usage_calls: '6', plans_label: 'old' });
});
