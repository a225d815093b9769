import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Admin, Producer, stringSerializers } from '@platformatic/kafka';
import cassandra from 'cassandra-driver';
import pg from 'pg';
import rhea from 'rhea';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CASSANDRA_DATA_CENTER } from '../src/cassandra.ts';
import { makeHome, removeHome } from '../src/home.ts';
import { type Services, startServices } from '../src/services.ts';

/**
 * Goal: what was written survives a clean stop, although every port changes.
 * Method: write to all four stores, stop, start again on the same folder, read.
 */
const home = makeHome('test', 'restart');
const start = (): Promise<Services> =>
  startServices({ names: ['kafka', 'artemis', 'postgres', 'cassandra'], home, kafka: { heapMb: 256 }, cassandra: { heapMb: 512 } });

let second: Services;
beforeAll(async () => {
  const first = await start();
  try {
    await writeKafka(first.get('kafka').url);
    await writeAmqp(first.get('artemis').port);
    await withPostgres(first.get('postgres').url, (client) => client.query('create table t as select 42 as answer'));
    await withCassandra(first.get('cassandra').url, async (client) => {
      await client.execute(`create keyspace k with replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`);
      await client.execute('create table k.t (id int primary key, answer int)');
      await client.execute('insert into k.t (id, answer) values (1, 42)');
    });
  } finally {
    await first.stop();
  }
  second = await start();
});
afterAll(async () => {
  await second.stop();
  removeHome(home);
});

test('Kafka keeps its topics and records', async () => {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [second.get('kafka').url] });
  try {
    expect(await admin.listTopics()).toEqual(['t']);
    const offsets = await admin.listOffsets({ topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1n }] }] });
    expect(offsets[0]?.partitions[0]?.offset).toBe(1n);
  } finally {
    await admin.close();
  }
});

test('a topic is not made by a producer that names it', async () => {
  const producer = new Producer({
    clientId: 'test',
    bootstrapBrokers: [second.get('kafka').url],
    serializers: stringSerializers,
    retries: 0,
  });
  try {
    await expect(
      producer.send({ messages: [{ topic: 'never-made', key: 'a', value: 'b' }], acks: -1, autocreateTopics: false }),
    ).rejects.toThrow();
  } finally {
    await producer.close();
  }
});

test('each durable queue of a multicast address keeps every message', async () => {
  expect(await readAmqp(second.get('artemis').port, 'contacts::one')).toBe('hello');
  expect(await readAmqp(second.get('artemis').port, 'contacts::two')).toBe('hello');
});

test('PostgreSQL keeps its tables, speaks UTC, and runs without root', async () => {
  const rows = await withPostgres(second.get('postgres').url, (client) =>
    client.query(`select answer, current_setting('timezone') as zone from t`),
  );
  expect(rows.rows).toEqual([{ answer: 42, zone: 'UTC' }]);
  expect(statSync(`/proc/${second.get('postgres').pid}`).uid).not.toBe(0);
});

test('PostgreSQL refuses a wrong password, and its own is readable by the owner alone', async () => {
  const wrong = second.get('postgres').url.replace(/:[^:@/]*@/, ':wrong@');
  await expect(withPostgres(wrong, (client) => client.query('select 1'))).rejects.toMatchObject({ code: '28P01' });
  expect(statSync(join(home, 'data', 'postgres', 'password')).mode & 0o777).toBe(0o600);
});

test('Cassandra keeps its tables', async () => {
  const answer = await withCassandra(second.get('cassandra').url, (client) => client.execute('select answer from k.t where id = 1'));
  expect(answer.rows[0]?.answer).toBe(42);
});

async function writeKafka(bootstrap: string): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [bootstrap] });
  const producer = new Producer({ clientId: 'test', bootstrapBrokers: [bootstrap], serializers: stringSerializers });
  try {
    await admin.createTopics({ topics: ['t'], partitions: 1, replicas: 1 });
    // Eight years old: age must not remove it.
    await producer.send({ messages: [{ topic: 't', key: 'k', value: 'v', timestamp: 1_500_000_000_000n }], acks: -1 });
  } finally {
    await producer.close();
    await admin.close();
  }
}

/** Makes two queues on one address, then sends one message to the address. */
function writeAmqp(port: number): Promise<void> {
  const container = rhea.create_container({ id: 'writer' });
  const connection = container.connect({ host: '127.0.0.1', port, reconnect: false });
  return new Promise((resolve, reject) => {
    let open = 0;
    container.on('receiver_open', () => {
      open++;
      if (open === 2) connection.open_sender('contacts');
    });
    container.on('sendable', (context) => {
      if (open !== 2) return;
      open = 0;
      context.sender?.send({ message_id: 'm1', durable: true, body: 'hello' });
    });
    container.on('accepted', () => connection.close());
    container.on('connection_close', () => resolve());
    container.on('receiver_error', (context) => reject(new Error(String(context.receiver?.error))));
    container.on('disconnected', () => reject(new Error('disconnected')));
    for (const queue of ['one', 'two']) connection.open_receiver({ source: { address: `contacts::${queue}` }, credit_window: 0 });
  });
}

function readAmqp(port: number, queue: string): Promise<string> {
  const container = rhea.create_container({ id: 'reader' });
  const connection = container.connect({ host: '127.0.0.1', port, reconnect: false });
  return new Promise((resolve, reject) => {
    container.on('message', (context) => {
      connection.close();
      resolve(String(context.message?.body));
    });
    container.on('disconnected', () => reject(new Error('disconnected')));
    connection.open_receiver({ source: { address: queue } });
  });
}

async function withPostgres<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}

async function withCassandra<T>(contactPoint: string, work: (client: cassandra.Client) => Promise<T>): Promise<T> {
  const client = new cassandra.Client({ contactPoints: [contactPoint], localDataCenter: CASSANDRA_DATA_CENTER });
  try {
    return await work(client);
  } finally {
    await client.shutdown();
  }
}
