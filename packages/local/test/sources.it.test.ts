import { randomUUID } from 'node:crypto';
import { connectSpark, type SparkSession } from '@parallax/spark-connect';
import { Admin, Producer, stringSerializers } from '@platformatic/kafka';
import cassandra from 'cassandra-driver';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { CASSANDRA_DATA_CENTER } from '../src/cassandra.ts';
import { probeService } from '../src/probe.ts';
import { SERVICE_NAMES, type ServiceName } from '../src/types.ts';

/** Goal: the jars on the Spark server's class path fit together: it reads from each store that the services offer. */
const url = (name: ServiceName): string => inject('services')[name] ?? '';
const unique = `local_${process.pid}_${Date.now()}`;
const openSpark = (): Promise<SparkSession> => connectSpark({ url: url('spark'), sessionId: randomUUID(), newOperationId: randomUUID });
let spark: SparkSession;
beforeAll(async () => {
  spark = await openSpark();
});
afterAll(() => spark.close());

test.each(SERVICE_NAMES)('%s answers in its own protocol', async (name) => {
  await probeService(name, url(name));
});

test.each(SERVICE_NAMES)('a probe of a port where no %s listens rejects', async (name) => {
  await expect(probeService(name, url(name).replace(/:\d+(\/\w+)?$/, ':1$1'))).rejects.toThrow();
});

test('Spark runs in UTC, ANSI mode, with few shuffle partitions', async () => {
  const rows = await spark.collect(
    `select current_timezone() as zone, try_divide(1, 0) as nothing, cast(timestamp'1970-01-01 00:00:01' as bigint) as second`,
  );
  expect(rows).toEqual([{ zone: 'UTC', nothing: null, second: 1n }]);
  await expect(spark.collect('select 1/0')).rejects.toThrow('DIVIDE_BY_ZERO');
  expect(await spark.collect('set spark.sql.shuffle.partitions')).toMatchObject([{ value: '4' }]);
});

test('a session can be closed (it cannot without the class of spark-shim)', async () => {
  const other = await openSpark();
  await other.collect('select 1');
  await other.close();
});

test('Spark reads a Kafka topic between offsets', async () => {
  const bootstrapBrokers = [url('kafka')];
  const admin = new Admin({ clientId: 'test', bootstrapBrokers });
  const producer = new Producer({ clientId: 'test', bootstrapBrokers, serializers: stringSerializers });
  try {
    await admin.createTopics({ topics: [unique], partitions: 1, replicas: 1 });
    await producer.send({ messages: ['a', 'b', 'c'].map((value) => ({ topic: unique, key: 'k', value })), acks: -1 });
  } finally {
    await producer.close();
    await admin.close();
  }
  await spark.command(`create temporary view ${unique} using kafka options (
    'kafka.bootstrap.servers' '${url('kafka')}', subscribe '${unique}',
    startingOffsets '{"${unique}":{"0":1}}', endingOffsets '{"${unique}":{"0":3}}')`);
  const rows = await spark.collect(`select offset, cast(value as string) as text from ${unique} order by offset`);
  expect(rows).toEqual([
    { offset: 1n, text: 'b' },
    { offset: 2n, text: 'c' },
  ]);
});

test('Spark reads a PostgreSQL table by JDBC', async () => {
  const client = new pg.Client({ connectionString: url('postgres') });
  try {
    await client.connect();
    await client.query(`create table ${unique} as select 42::bigint as answer, 1.50::numeric(10,2) as amount`);
  } finally {
    await client.end();
  }
  const { username, password, host, pathname } = new URL(url('postgres'));
  await spark.createSourceView(`${unique}_pg`, {
    format: 'jdbc',
    options: { url: `jdbc:postgresql://${host}${pathname}`, user: username, password, dbtable: unique, driver: 'org.postgresql.Driver' },
  });
  expect(await spark.collect(`select answer, cast(amount as string) as amount from ${unique}_pg`)).toEqual([
    { answer: 42n, amount: '1.50' },
  ]);
});

test('Spark reads a Cassandra table through its connector', async () => {
  const client = new cassandra.Client({ contactPoints: [url('cassandra')], localDataCenter: CASSANDRA_DATA_CENTER });
  try {
    await client.execute(`create keyspace ${unique} with replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`);
    await client.execute(`create table ${unique}.t (id bigint primary key, amount decimal, name text)`);
    await client.execute(`insert into ${unique}.t (id, amount, name) values (1, 2.50, 'x')`);
  } finally {
    await client.shutdown();
  }
  const [host = '', port = ''] = url('cassandra').split(':');
  await spark.createSourceView(`${unique}_cql`, {
    format: 'org.apache.spark.sql.cassandra',
    options: { keyspace: unique, table: 't', 'spark.cassandra.connection.host': host, 'spark.cassandra.connection.port': port },
  });
  const rows = await spark.collect(`select id, cast(cast(amount as decimal(10,2)) as string) as amount, name from ${unique}_cql`);
  expect(rows).toEqual([{ id: 1n, amount: '2.50', name: 'x' }]);
});
