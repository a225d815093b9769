/** Goal: the verifier's own reading of Kafka is exactly what is committed. Method: real topics with transactions of every fate, and cut-offs. */
import { setTimeout } from 'node:timers/promises';
import { Admin, Consumer, MessagesStreamModes, ProduceAcks, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { CUT_OFF_SETTLED_MS } from '../src/sources/live/limits.ts';
import { type LogRange, TopicLog } from '../src/sources/live/topic-log.ts';

const bootstrap = process.env.PARALLAX_KAFKA ?? '';
let topic: string;
let log: TopicLog;
beforeEach(async () => {
  topic = `alternative-it-${process.hrtime.bigint()}`;
  log = new TopicLog(bootstrap, 'alternative-test', () => Date.now());
  onTestFinished(() => log.close());
});

async function createTopic(partitions: number): Promise<void> {
  const admin = new Admin({ clientId: 'alternative-test', bootstrapBrokers: [bootstrap] });
  await admin.createTopics({ topics: [topic], partitions, replicas: 1 });
  await admin.close();
}

function producer(transactionalId?: string): Producer<string, string, string, string> {
  const made = new Producer({
    clientId: 'alternative-test',
    bootstrapBrokers: [bootstrap],
    serializers: stringSerializers,
    acks: ProduceAcks.ALL,
    ...(transactionalId === undefined ? {} : { transactionalId, idempotent: true }),
  });
  onTestFinished(() => made.close());
  return made;
}

/** One transaction; a list of lists is sent in as many requests, so in as many batches. */
async function transact(by: Producer<string, string, string, string>, end: 'commit' | 'abort', batches: readonly (readonly string[])[]) {
  const transaction = await by.beginTransaction();
  for (const values of batches) await transaction.send({ messages: values.map((value) => ({ topic, value, partition: 0 })) });
  if (end === 'commit') await transaction.commit();
  else await transaction.abort();
}

async function facts() {
  const found = await log.facts(topic);
  if (found === null) throw new Error('no topic');
  return found;
}

async function read(ranges: readonly LogRange[]): Promise<string[]> {
  const values: string[] = [];
  await log.read(topic, await facts(), ranges, ({ value }) => values.push(value?.toString() ?? 'null'));
  return values;
}

test('of a producer’s two aborted transactions none is read, whatever a fetch holds of them; the client’s own filter leaks one', async () => {
  await createTopic(1);
  const transactional = producer(`t-${topic}`);
  await transact(transactional, 'abort', [['aborted 1a'], ['aborted 1b']]);
  await transact(transactional, 'commit', [['committed 1']]);
  await transact(transactional, 'abort', [['aborted 2']]);
  await producer().send({ messages: [{ topic, value: 'plain', partition: 0 }] });
  await transact(transactional, 'commit', [['committed 2a'], ['committed 2b']]);
  // Seven messages and four markers, the last of which stands in the log only after its commit was answered.
  const end = await vi.waitFor(async () => {
    const [at = 0] = await log.stableEnds(topic, await facts());
    expect(at).toBe(11);
    return at;
  });

  expect(await read([{ partition: 0, from: 0, to: end }])).toEqual(['committed 1', 'plain', 'committed 2a', 'committed 2b']);
  // Each offset alone: the batch's marker lies behind the range.
  const single: string[] = [];
  for (let at = 0; at < end; at++) single.push(...(await read([{ partition: 0, from: at, to: at + 1 }])));
  expect(single).toEqual(['committed 1', 'plain', 'committed 2a', 'committed 2b']);
  expect(await clientReads(end)).toContain('aborted 1a');
});

/** What the client's consumer gives for read_committed: the trap that this side's reading avoids. */
async function clientReads(end: number): Promise<string[]> {
  const consumer = new Consumer({
    clientId: 'alternative-test',
    groupId: `g-${topic}`,
    bootstrapBrokers: [bootstrap],
    deserializers: stringDeserializers,
  });
  onTestFinished(() => consumer.close(true));
  const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, autocommit: false });
  const values: string[] = [];
  for await (const { value, offset } of stream) {
    values.push(value);
    if (Number(offset) >= end - 2) break;
  }
  await stream.close();
  return values;
}

test('asked at the cut-off itself, it waits for what shows that nothing more comes before it', async () => {
  await createTopic(1);
  const plain = producer();
  const at = (value: string, timestamp: number) => plain.send({ messages: [{ topic, value, partition: 0, timestamp: BigInt(timestamp) }] });
  const end = Date.now() + 400;
  await at('long before', end - 1_000);
  const asked = log.cutOffs(topic, await facts(), end);
  await at('just before', end - 1);
  await setTimeout(Math.max(0, end - Date.now()));
  await at('readable after the cut-off, and stamped before it', end - 1);
  await at('after', end);
  await at('after, with a time before', end - 1);
  expect(await asked).toEqual([3]);
  // Nothing shows it where nothing comes: then the time does.
  const silent = Date.now();
  expect(await log.cutOffs(topic, await facts(), silent)).toEqual([5]);
  expect(Date.now()).toBeGreaterThanOrEqual(silent + CUT_OFF_SETTLED_MS);
});

test('a range ends at the cut-off of its minute, and never past an open transaction', async () => {
  await createTopic(2);
  const plain = producer();
  const at = (value: string, timestamp: number, partition = 0) => ({
    messages: [{ topic, value, partition, timestamp: BigInt(timestamp) }],
  });
  await plain.send(at('before', 1_000));
  await plain.send(at('at', 2_000));
  await plain.send(at('after, but early by its time', 1_500));
  await plain.send(at('other', 1_000, 1));
  const transactional = producer(`t-${topic}`);
  const transaction = await transactional.beginTransaction();
  await transaction.send({ messages: [{ topic, value: 'open', partition: 1, timestamp: 1_200n }] });
  await plain.send(at('behind the open one', 1_300, 1));

  expect(await log.cutOffs(topic, await facts(), 2_000)).toEqual([1, 1]);
  expect(await log.cutOffs(topic, await facts(), 9_000)).toEqual([3, 1]);
  expect(await log.starts(topic, await facts())).toEqual([0, 0]);
  await transaction.commit();
  // A commit is answered before its marker stands in the log.
  const [first, second] = await vi.waitFor(async () => {
    const cutOffs = await log.cutOffs(topic, await facts(), 9_000);
    expect(cutOffs[1]).toBeGreaterThan(1);
    return cutOffs;
  });
  // The marker is no message: the minute may end before it or after it.
  expect(first).toBe(3);
  expect([3, 4]).toContain(second);
  const all = await read([
    { partition: 0, from: 0, to: 3 },
    { partition: 1, from: 0, to: 3 },
  ]);
  expect(all.sort()).toEqual(['after, but early by its time', 'at', 'before', 'behind the open one', 'open', 'other']);
  const [batch] = await log.batches(await facts(), 1, 1);
  expect(batch).toMatchObject({ firstOffset: 1, transactional: true, marker: null });
});

test('a topic that is not there is null, and what it says of itself is passed on', async () => {
  expect(await log.facts(topic)).toBeNull();
  await createTopic(3);
  expect(await log.facts(topic)).toMatchObject({ arrival: 'approximate', compacted: false });
  expect((await facts()).leaders).toHaveLength(3);
});
