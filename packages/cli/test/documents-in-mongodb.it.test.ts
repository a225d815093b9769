/**
 * Goal: documents of MongoDB are read by both sides, by its Spark connector and by its Node driver, to the same rows. Method: a contract test against
 * FerretDB, which speaks MongoDB's protocol and is built from the Go module proxy (skipped where there is no Go): nested fields, numbers of every
 * type, documents a type, keys that are missing, no number, or there twice.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Double, Int32, Long, MongoClient } from 'mongodb';
import { expect, onTestFinished, test } from 'vitest';
import { goProgram, runForTest } from '../../../test/setup/go-tool.ts';
import { batchProject, bothViews, freePort } from './both-views.ts';

const DAY = '2026-01-04';
const CUSTOMERS = 60;
const engine = process.env.PARALLAX_SPARK_URL ?? '';
const ferret = await goProgram(join(import.meta.dirname, '..', '..', '..', 'test', 'setup', 'ferretdb'));

async function serve(program: string, folder: string): Promise<string> {
  const address = `127.0.0.1:${await freePort()}`;
  await mkdir(folder, { recursive: true });
  const said = runForTest(program, [address, folder], 'SIGINT');
  const url = `mongodb://${address}/`;
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 20_000 });
  try {
    await client.connect();
  } catch (cause) {
    throw new Error(`FerretDB did not answer: ${said()}`, { cause });
  } finally {
    await client.close();
  }
  return url;
}

async function fill(url: string): Promise<void> {
  const client = new MongoClient(url);
  await client.connect();
  try {
    const database = client.db('telecom');
    // FerretDB has no Decimal128; a number may be written as a text, too.
    const number = (i: number) => [new Int32(i), Long.fromNumber(i), new Double(i / 4), `${i}.250`][i % 4];
    const profiles: object[] = Array.from({ length: CUSTOMERS }, (_, i) => ({
      customer: Long.fromNumber(i),
      plan: i % 7 === 0 ? null : { label: `plan "${i % 3}"`, price: { eur: number(i) } },
    }));
    await database.collection('profile_d20260104').insertMany([...profiles, { customer: 'x' }, { plan: null }, { customer: 8 }]);
    const metrics = Array.from({ length: CUSTOMERS }, (_, i) => ({ cust: `C-${i}`, metric: 'calls', value: new Int32(i % 9) }));
    await database.collection('metrics_d20260104').insertMany([...metrics, { cust: 'C-9', metric: 'calls', value: 1 }]);
    const completed_at = new Date(`${DAY}T23:00:00Z`);
    const markers = ['profile', 'metrics'].map((table_name) => ({ day: DAY, table_name, completed_at }));
    await database
      .collection<object>('parallax_control')
      .insertMany([...markers, { day: '2026-01-05', table_name: 'profile', completed_at }]);
  } finally {
    await client.close();
  }
}

test.skipIf(ferret.path === null)(`documents of MongoDB (${ferret.reason ?? 'by FerretDB'})`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parallax-mongodb-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const url = await serve(ferret.path ?? '', join(folder, 'data'));
  await fill(url);
  const project = await batchProject(join(folder, 'project'), {
    'parallax.yaml': 'name: documents\nkey: { name: customer_id, type: bigint }\nbase: nosql.profile\n',
    // FerretDB answers the connector's own partitioning questions slowly or not at all; MongoDB needs no partitioner to be named.
    'batch/nosql.yaml': `from: { mongodb: { url: "env:TEST_MONGODB", database: telecom, partitioner: SinglePartitionPartitioner } }
tables:
  - name: profile
    key: customer
    columns: [{ name: label, type: text, field: plan.label }, { name: price, places: 2, field: plan.price.eur }]
  - name: metrics
    key: cust
    key_prefix: "C-"
    shape: { long: { type: metric, value: value } }
    columns: [{ name: calls, places: 0 }]
`,
    'satisfaction.sql':
      'SELECT s.customer_id, CAST(50 AS DECIMAL(5,2)) AS satisfaction, b.profile_label, b.profile_price, b.metrics_calls FROM stream s JOIN batch b ON b.customer_id = s.customer_id',
  });
  const keys = Array.from({ length: CUSTOMERS }, (_, i) => String(i));
  const { day, view, spark, alternative } = await bothViews(project, { folder, url: engine, env: { TEST_MONGODB: url }, keys });
  expect(day).toBe(DAY);
  expect(view.aside).toEqual([
    { table: 'nosql.metrics', reason: 'key_twice', rows: 2 },
    { table: 'nosql.profile', reason: 'key', rows: 2 },
    { table: 'nosql.profile', reason: 'key_twice', rows: 2 },
  ]);
  expect(spark.size).toBe(CUSTOMERS - 1);
  expect(alternative).toEqual(spark);
  expect(spark.get('6')).toEqual({ profile_label: 'plan "0"', profile_price: '1.50', metrics_calls: '6' });
  expect(spark.get('11')).toEqual({ profile_label: 'plan "2"', profile_price: '11.25', metrics_calls: '2' });
  expect(spark.get('7')).toEqual({ profile_label: null, profile_price: null, metrics_calls: '7' });
});
