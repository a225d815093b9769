import { join } from 'node:path';
import { formatSecond, MICROS_PER_MINUTE, type Micros, type Project, type StreamSeal } from '@parallax/core';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { StatePaths } from '../src/engine/paths.ts';
import { eventSpec } from '../src/engine/specs.ts';
import { writeState } from '../src/engine/sql.ts';
import { brokerFailure } from '../src/ingest/broker-failure.ts';
import { openTopicRange, topicEventsSql } from '../src/ingest/kafka-messages.ts';
import { OffsetReader } from '../src/ingest/kafka-offsets.ts';
import { boundsOf } from '../src/ingest/slices.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { CUT_OFF_AGAIN_MS, CUT_OFF_MARGIN_MS } from '../src/limits.ts';
import { LiveSource } from '../src/run/live-source.ts';
import { recordOf, type Sent, TestKafka } from './kafka-support.ts';
import { address, engineOfTest } from './real-engine.ts';
import { at, failureOf, folderOf, ManualClock, projectOf, sealOf } from './support.ts';

/** Goal: a seal is a property of the log, and Spark reads exactly what it names. Method: real topics with every kind of trouble. */
type TopicSeal = Extract<StreamSeal, { kind: 'topic' }>;

let kafka: TestKafka;
let topic: string;
beforeEach(() => {
  kafka = new TestKafka(address('PARALLAX_KAFKA'));
  topic = TestKafka.name();
});

const ms = (text: string, offsetMs = 0): number => Number(at(text) / 1000n) + offsetMs;
const message = (value: string, timestamp: number, partition = 0): Sent => ({ value, timestamp, partition });

/** Seals minutes of the one stream in order, as the coordinator does. */
async function sealer(
  clock = new ManualClock(at('12:00')),
): Promise<{ seal: (minute: string) => Promise<TopicSeal>; ledger: Ledger; project: Project }> {
  const project = await projectOf({
    'streams/care-desk.yaml': null,
    'streams/network.yaml': `from: { kafka: { topic: ${topic} } }\nkey: { field: customer_id }\ntime: { field: event_time }\nevent_id: event_id\nvariables:\n  - { name: x, field: x, places: 0, aggregates: [sum] }\n`,
    'online/care.yaml': null,
  });
  const ledger = Ledger.open(':memory:');
  ledger.takeLease('test', 0n, 1n);
  const options = { project, ledger, paths: new StatePaths(await folderOf()), clock, bootstrap: kafka.bootstrap, onlineUrls: new Map() };
  const source = new LiveSource(options);
  onTestFinished(async () => {
    await source.close();
    ledger.close();
  });
  const seal = async (text: string): Promise<TopicSeal> => {
    const minute: Micros = at(text);
    const { streams, missed } = await source.seal(minute);
    expect(missed).toBe(true);
    ledger.writeSeal(minute, sealOf('10:00', { minute: formatSecond(minute), streams }), clock.now());
    const [stream, ...more] = streams;
    expect(more).toEqual([]);
    if (stream?.kind !== 'topic') throw new Error('no topic');
    return stream;
  };
  return { seal, ledger, project };
}

/** What Spark reads of a seal: `partition/offset payload` in order. */
async function readBy(seal: TopicSeal): Promise<string[]> {
  const { session } = await engineOfTest();
  if (!(await openTopicRange(session, 'sealed', kafka.bootstrap, seal))) return [];
  const rows = await session.collect('SELECT partition, offset, CAST(payload AS STRING) AS payload FROM sealed ORDER BY partition, offset');
  return rows.map((row) => `${row.partition}/${row.offset} ${row.payload}`);
}

describe('cut-offs', () => {
  test('CreateTime: a message at the cut-off belongs to the next minute, one before it to this; the first minute begins at the cut-off before', async () => {
    await kafka.createTopic(topic, { partitions: 2 });
    await kafka.send(topic, [
      message('long before', ms('09:00')),
      message('last of 09:59', ms('10:00', 1_999)),
      message('first of 10:00', ms('10:00', 2_000)),
      message('last of 10:00', ms('10:01', 1_999)),
      message('first of 10:01', ms('10:01', 2_000)),
      message('other partition', ms('10:00', 30_000), 1),
      message('other partition, next', ms('10:01', 2_001), 1),
    ]);
    const { seal } = await sealer();
    const first = await seal('10:00');
    expect(first).toMatchObject({ topic, arrival: 'approximate', lost: [] });
    expect(first.ranges).toEqual([
      { partition: 0, from: 2, to: 4 },
      { partition: 1, from: 0, to: 1 },
    ]);
    expect(await readBy(first)).toEqual(['0/2 first of 10:00', '0/3 last of 10:00', '1/0 other partition']);
    const second = await seal('10:01');
    expect(second.ranges).toEqual([
      { partition: 0, from: 4, to: 5 },
      { partition: 1, from: 1, to: 2 },
    ]);
    expect(second.topicId).toBe(first.topicId);
    // A minute without messages is an empty range, and nothing is read.
    const third = await seal('10:02');
    expect(third.ranges.map((r) => r.to - r.from)).toEqual([0, 0]);
    expect(await readBy(third)).toEqual([]);
  });

  test('a minute that is sealed late has the ranges that it had on time', async () => {
    await kafka.createTopic(topic);
    await kafka.send(topic, [message('a', ms('10:00', 3_000)), message('b', ms('10:01', 3_000))]);
    const onTime = await sealer();
    const ranges = [(await onTime.seal('10:00')).ranges, (await onTime.seal('10:01')).ranges];
    await kafka.send(topic, [message('c', ms('10:02', 3_000)), message('d', ms('10:03', 3_000))]);
    const late = await sealer();
    expect([(await late.seal('10:00')).ranges, (await late.seal('10:01')).ranges]).toEqual(ranges);
  });

  test('LogAppendTime: the broker’s time decides, whatever the producer says; to the millisecond', async () => {
    await kafka.createTopic(topic, { configs: { 'message.timestamp.type': 'LogAppendTime' } });
    const before = Date.now();
    await kafka.send(
      topic,
      Array.from({ length: 20 }, (_, i) => message(`m${i}`, ms('10:00'))),
    );
    const after = Date.now();
    const reader = new OffsetReader(kafka.bootstrap, 'test');
    onTestFinished(() => reader.close());
    expect((await reader.describe(topic)).arrival).toBe('log');
    // By the producer's time all of them would lie before the second of these.
    expect(await reader.cutOffs(topic, 1, BigInt(ms('10:00')))).toEqual({ offsets: [0], isPassed: true });
    expect(await reader.cutOffs(topic, 1, BigInt(ms('10:00', 1)))).toEqual({ offsets: [0], isPassed: true });
    expect(await reader.cutOffs(topic, 1, BigInt(before))).toEqual({ offsets: [0], isPassed: true });
    expect(await reader.cutOffs(topic, 1, BigInt(after + 60_000))).toEqual({ offsets: [20], isPassed: false });
    let last = 0;
    for (let instant = before; instant <= after + 1; instant += 1) {
      const [offset = -1] = (await reader.cutOffs(topic, 1, BigInt(instant))).offsets;
      expect(offset).toBeGreaterThanOrEqual(last);
      last = offset;
    }
    expect(last).toBe(20);
  });

  test('a message that becomes readable behind the cut-off, and was stamped before it, belongs to the minute; a quiet partition is waited for shortly', async () => {
    await kafka.createTopic(topic);
    await kafka.send(topic, [message('early', ms('10:00', 3_000))]);
    const clock = new ManualClock(at('10:01') + 2_000_000n);
    const { seal } = await sealer(clock);
    const slept = async (times: number) => vi.waitFor(() => expect(clock.slept.length).toBeGreaterThanOrEqual(times), { timeout: 30_000 });
    const turn = (ms: number) => clock.turnTo(clock.now() + BigInt(ms) * 1_000n);
    const sealed = seal('10:00');
    await slept(1);
    await kafka.send(topic, [message('on its way', ms('10:01', 1_999))]);
    turn(CUT_OFF_AGAIN_MS);
    await slept(2);
    await kafka.send(topic, [message('next minute', ms('10:01', 2_000))]);
    turn(CUT_OFF_AGAIN_MS);
    expect((await sealed).ranges).toEqual([{ partition: 0, from: 0, to: 2 }]);
    // Nothing shows that the next one is over but the time.
    turn(60_000 - 2 * CUT_OFF_AGAIN_MS);
    const quiet = seal('10:01');
    await slept(3);
    turn(CUT_OFF_MARGIN_MS);
    expect((await quiet).ranges).toEqual([{ partition: 0, from: 2, to: 3 }]);
  });
});

describe('transactions', () => {
  // A transaction's markers carry the broker's own time, so the messages lie after it: a marker would else be the first past the cut-off.
  const [MINUTE, NEXT] = ['2036-01-05T10:00:00Z', '2036-01-05T10:01:00Z'];

  test('what was aborted is not read, and no range goes past what is still open', async () => {
    await kafka.createTopic(topic);
    const producer = kafka.producer(TestKafka.name());
    const inTransaction = async (values: readonly string[], end: 'commit' | 'abort') => {
      const transaction = await producer.beginTransaction();
      for (const value of values) await transaction.send({ messages: [recordOf(topic, message(value, ms(MINUTE, 10_000)))] });
      await transaction[end]();
    };
    await inTransaction(['kept 1', 'kept 2'], 'commit');
    await inTransaction(['gone 1', 'gone 2'], 'abort');
    await inTransaction(['kept 3'], 'commit');
    await inTransaction(['gone 3'], 'abort');
    const open = await producer.beginTransaction();
    await open.send({ messages: [recordOf(topic, message('open', ms(MINUTE, 11_000)))] });
    await kafka.send(topic, [message('behind it', ms(MINUTE, 12_000))]);
    // A broker writes the markers of a transaction a little after it has confirmed its end.
    const reader = new OffsetReader(kafka.bootstrap, 'test');
    onTestFinished(() => reader.close());
    const stable = (offset: number) =>
      vi.waitFor(async () => expect(await reader.ends(topic, 1)).toEqual([offset]), { timeout: 30_000, interval: 50 });
    await stable(10);
    const { seal } = await sealer(new ManualClock(at('2036-01-05T12:00:00Z')));
    const first = await seal(MINUTE);
    // 3 + 3 + 2 + 2 offsets with the markers, then the open transaction's message.
    expect(first.ranges).toEqual([{ partition: 0, from: 0, to: 10 }]);
    expect(await readBy(first)).toEqual(['0/0 kept 1', '0/1 kept 2', '0/6 kept 3']);
    await open.commit();
    await stable(13);
    const second = await seal(NEXT);
    expect(second.ranges).toEqual([{ partition: 0, from: 10, to: 13 }]);
    expect(await readBy(second)).toEqual(['0/10 open', '0/11 behind it']);
  });
});

describe('topics that change', () => {
  test('a partition that is added begins at its log start', async () => {
    await kafka.createTopic(topic);
    await kafka.send(topic, [message('a', ms('10:00', 3_000))]);
    const { seal } = await sealer();
    expect((await seal('10:00')).ranges).toEqual([{ partition: 0, from: 0, to: 1 }]);
    await kafka.admin.createPartitions({ topics: [{ name: topic, count: 2, assignments: null }] });
    // Each by itself: a send is tried again whole while the new partition has no leader yet.
    await kafka.send(topic, [message('new', ms('10:01', 3_000), 1)]);
    await kafka.send(topic, [message('b', ms('10:01', 3_000))]);
    const second = await seal('10:01');
    expect(second.ranges).toEqual([
      { partition: 0, from: 1, to: 2 },
      { partition: 1, from: 0, to: 1 },
    ]);
    expect(await readBy(second)).toEqual(['0/1 b', '1/0 new']);
  });

  test('one that was deleted and made anew has another id and is read from its own beginning', async () => {
    await kafka.createTopic(topic);
    await kafka.send(topic, [message('old 0', ms('10:00', 3_000)), message('old 1', ms('10:00', 3_000))]);
    const { seal } = await sealer();
    const first = await seal('10:00');
    expect(first.ranges).toEqual([{ partition: 0, from: 0, to: 2 }]);
    await kafka.deleteTopic(topic);
    await kafka.createTopic(topic);
    await kafka.send(topic, [message('new 0', ms('10:01', 3_000))]);
    const second = await seal('10:01');
    expect(second.topicId).not.toBe(first.topicId);
    expect(second).toMatchObject({ ranges: [{ partition: 0, from: 0, to: 1 }], lost: [] });
    expect(await readBy(second)).toEqual(['0/0 new 0']);
  });

  test('what the log lost before it was read is named and left out', async () => {
    await kafka.createTopic(topic);
    await kafka.send(topic, [message('a', ms('10:00', 3_000))]);
    const { seal } = await sealer();
    await seal('10:00');
    await kafka.send(topic, [
      message('lost', ms('10:01', 3_000)),
      message('lost too', ms('10:01', 3_001)),
      message('kept', ms('10:01', 3_002)),
    ]);
    await kafka.admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 3n }] }] });
    const second = await seal('10:01');
    expect(second).toMatchObject({ ranges: [{ partition: 0, from: 3, to: 4 }], lost: [{ partition: 0, from: 1, to: 3 }] });
    expect(await readBy(second)).toEqual(['0/3 kept']);
  });

  test('a range that is gone when it is read fails, instead of giving less', async () => {
    await kafka.createTopic(topic);
    await kafka.send(topic, [message('a', ms('10:00', 3_000)), message('b', ms('10:00', 3_001))]);
    const { seal } = await sealer();
    const sealed = await seal('10:00');
    await kafka.admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 1n }] }] });
    await expect(readBy(sealed)).rejects.toThrow(/offset|data/i);
    const failure = await readBy(sealed).catch((error: unknown) => brokerFailure(error, at('10:00'), null));
    expect(failure).toMatchObject({ code: 'PRLX_TOPIC', retryable: false });
  });
});

describe('reading fails in a job of Spark', () => {
  /** What a run is told when a minute's messages, written as a slice, cannot be read from `bootstrap`. */
  async function failureToRead(bootstrap: string, spoil: () => Promise<void>): Promise<unknown> {
    await kafka.createTopic(topic);
    await kafka.send(topic, [message('a', ms('10:00', 3_000)), message('b', ms('10:00', 3_001))]);
    const { seal, ledger, project } = await sealer();
    const sealed = await seal('10:00');
    await spoil();
    const [stream] = project.streams;
    if (stream === undefined) throw new Error('no stream');
    const sql = topicEventsSql(bootstrap, sealed, eventSpec(stream, 0, project.key.type, 4, boundsOf(project, at('10:00'))));
    const { session } = await engineOfTest();
    try {
      await session.command(writeState(join(await folderOf(), 'slice'), sql ?? ''));
    } catch (error) {
      return brokerFailure(error, at('10:00'), ledger.seal(at('10:00')));
    }
    throw new Error('it was read');
  }

  test('of messages that are gone: the run ends, and says which', async () => {
    const failure = await failureToRead(kafka.bootstrap, async () => {
      await kafka.admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 1n }] }] });
    });
    expect(failure).toMatchObject({
      code: 'PRLX_TOPIC',
      retryable: false,
      message: `messages that the minute 2026-01-05T10:00:00Z was sealed with are gone: stream network, topic ${topic}, partition 0 has lost offset 0, of the offsets 0 to 1`,
    });
  });

  test('of brokers that Spark does not find: they may come back', async () => {
    const failure = await failureToRead('nowhere.invalid:9092', async () => undefined);
    expect(failure).toMatchObject({
      code: 'PRLX_BROKER',
      retryable: true,
      message: expect.stringMatching(/^Spark could not read the messages of 2026-01-05T10:00:00Z from Kafka: /),
    });
  });
});

describe('topics that are refused', () => {
  test.each(['compact', 'compact,delete'])('one with cleanup.policy=%s', async (policy) => {
    await kafka.createTopic(topic, { configs: { 'cleanup.policy': policy } });
    const { seal } = await sealer();
    expect(await failureOf(() => seal('10:00'))).toMatchObject({
      code: 'PRLX_TOPIC',
      exitCode: 2,
      message: expect.stringContaining('compacted'),
    });
  });

  test('one that is not there, naming it: it may come', async () => {
    const { seal } = await sealer();
    const error = await failureOf(() => seal('10:00'));
    expect(error).toMatchObject({ code: 'PRLX_TOPIC', retryable: true, message: expect.stringContaining(topic) });
  });
});

test('minutes are sealed in the order of time, a minute a range: nothing is in two and nothing in none', async () => {
  await kafka.createTopic(topic, { partitions: 3 });
  const sent = Array.from({ length: 60 }, (_, i) => message(`m${i}`, ms('10:00', 2_000 + i * 2_900), i % 3));
  await kafka.send(topic, sent);
  const { seal } = await sealer();
  const read: string[] = [];
  for (let minute = at('10:00'); minute < at('10:04'); minute += MICROS_PER_MINUTE) {
    const text = new Date(Number(minute / 1000n)).toISOString().slice(11, 16);
    read.push(...(await readBy(await seal(text))).map((line) => line.split(' ')[1] ?? ''));
  }
  expect(read.sort()).toEqual(sent.map((m) => m.value).sort());
});
