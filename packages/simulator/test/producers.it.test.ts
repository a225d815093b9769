import { MICROS_PER_MINUTE as MINUTE_US, type Micros } from '@parallax/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STREAMS } from '../src/catalogue/example-files.ts';
import { systemClock } from '../src/clock.ts';
import { createEnterprise } from '../src/enterprise.ts';
import { createEvents, type SimMessage } from '../src/events.ts';
import { createProducers, type Producers } from '../src/producers.ts';
import { createTopics, STREAM_TOPICS } from '../src/topics.ts';
import { openQueue, readTopic, removeTopics, type TestQueue, until } from './support.ts';

const kafka = process.env.PARALLAX_KAFKA ?? '';
const amqp = process.env.PARALLAX_AMQP ?? '';
const FROM = 29_461_560n * MINUTE_US;
const enterprise = createEnterprise({ seed: 7, customers: 200, rate: 60, disorder: { invalid: 0.05, duplicate: 0.05 } });

let producers: Producers;
let queue: TestQueue;

beforeEach(async () => {
  await removeTopics(kafka, STREAM_TOPICS);
  await createTopics({ bootstrap: kafka, partitions: 3 });
  queue = await openQueue(amqp, 'care-contacts', `care-contacts.test-${process.hrtime.bigint()}`);
  producers = createProducers({ enterprise, clock: systemClock, kafkaBootstrap: kafka, amqpUrl: amqp });
});
afterEach(async () => {
  await producers.close();
  queue.close();
  await removeTopics(kafka, STREAM_TOPICS);
});

function expected(name: string, from: Micros, to: Micros): SimMessage[] {
  const events = createEvents(enterprise).find(({ stream }) => stream.name === name);
  const minutes = Array.from(
    { length: Number((to + MINUTE_US - 1n) / MINUTE_US - from / MINUTE_US) },
    (_, i) => Number(from / MINUTE_US) + i,
  );
  const all = minutes.flatMap((minute) => [...(events?.ofMinute(minute) ?? [])]);
  return all.filter(({ arrivalUs }) => arrivalUs >= Number(from) && arrivalUs < Number(to));
}

/** What the record of a message must be. */
const asText = (key: string, value: Buffer | null, timestampMs: number): string =>
  `${timestampMs} ${key} ${value?.toString('base64') ?? 'null'}`;

describe('history', () => {
  it('reaches Kafka whole, stamped with its arrival, each customer in one partition', async () => {
    const to = FROM + 2n * MINUTE_US + 17_000_000n;
    const seen: bigint[] = [];
    await producers.history({ from: FROM, to, onProgress: ({ upTo }) => seen.push(upTo) });
    expect(seen.at(-1)).toBe(to);
    expect([...seen].sort()).toEqual(seen);
    for (const name of ['network', 'usage']) {
      const made = expected(name, FROM, to);
      const topic = STREAMS.find((stream) => stream.name === name)?.destination ?? '';
      const records = await readTopic(kafka, topic);
      expect(made.length).toBeGreaterThan(3_000);
      expect(records.map(({ key, value, timestampMs }) => asText(key, value, timestampMs)).sort()).toEqual(
        made.map(({ customerId, payload, arrivalUs }) => asText(String(customerId), payload, Math.floor(arrivalUs / 1000))).sort(),
      );
      const partitionOf = new Map(records.map(({ key, partition }) => [key, partition]));
      expect(records.filter(({ key, partition }) => partitionOf.get(key) !== partition)).toEqual([]);
      expect(new Set(partitionOf.values())).toEqual(new Set([0, 1, 2]));
      for (const partition of [0, 1, 2]) {
        const times = records.filter((record) => record.partition === partition).map(({ timestampMs }) => timestampMs);
        expect([...times].sort((a, b) => a - b)).toEqual(times);
      }
    }
  });

  it('reaches the queue whole and in order: durable, with message id and creation time', async () => {
    await producers.history({ from: FROM, to: FROM + MINUTE_US });
    const made = expected('care', FROM, FROM + MINUTE_US);
    await until(() => queue.received.length >= made.length);
    expect(queue.received.map(({ id, createdMs, durable }) => ({ id, createdMs, durable }))).toEqual(
      made.map(({ eventId, arrivalUs }) => ({ id: eventId, createdMs: Math.floor(arrivalUs / 1000), durable: true })),
    );
    expect(queue.received.every(({ body }, i) => body.equals(made[i]?.payload ?? Buffer.alloc(0)))).toBe(true);
    const sent = producers.sent().care ?? {};
    expect(Object.values(sent).reduce((a, b) => a + b, 0)).toBe(made.length);
    expect(sent.invalid).toBe(made.filter(({ kind }) => kind === 'invalid').length);
  });

  it('ends at once when its signal is aborted', async () => {
    const ending = new AbortController();
    const stopped = createProducers({ enterprise, clock: systemClock, kafkaBootstrap: kafka, amqpUrl: amqp, signal: ending.signal });
    ending.abort(new Error('enough'));
    await expect(stopped.history({ from: FROM, to: FROM + MINUTE_US })).rejects.toThrow('enough');
    await stopped.close();
  });
});

describe('live', () => {
  it('catches up, then leaves the time to the broker; nothing is missing, and only what was made comes', async () => {
    const from = BigInt(systemClock.nowMs() - 20_000) * 1000n;
    const ending = new AbortController();
    const caughtUp: bigint[] = [];
    let bridged = 0;
    const done = producers.live({
      from,
      signal: ending.signal,
      bridged: async () => {
        bridged += 1;
        const care = Object.values(producers.sent().care ?? {}).reduce((a, b) => a + b, 0);
        await until(() => queue.received.length === care);
      },
      onCaughtUp: (at) => caughtUp.push(at),
    });
    const liveFrom = () => Object.values(producers.sent().network ?? {}).reduce((a, b) => a + b, 0);
    await until(() => caughtUp.length === 1);
    expect(bridged).toBeGreaterThan(0);
    const before = liveFrom();
    await until(() => liveFrom() > before + 40);
    ending.abort();
    await done;
    const records = await readTopic(kafka, 'network-quality');
    // A request that failed is sent again, so a message may stand in the log twice: what counts is which messages are there.
    const sent = liveFrom();
    const made = expected('network', from, BigInt(systemClock.nowMs()) * 1000n).map(({ payload }) => payload?.toString('base64') ?? 'null');
    const read = new Set(records.map(({ value }) => value?.toString('base64') ?? 'null'));
    expect(records.length).toBeGreaterThanOrEqual(sent);
    expect(made.slice(0, sent).filter((payload) => !read.has(payload))).toEqual([]);
    expect([...read].filter((payload) => !made.includes(payload))).toEqual([]);
    const caughtUpMs = Number((caughtUp[0] ?? 0n) / 1000n);
    const stamped = records.filter(({ timestampMs }) => timestampMs >= caughtUpMs);
    expect(stamped.length).toBeGreaterThanOrEqual(40);
    // History keeps its arrival times, also those from before the start of this test.
    expect(Math.min(...records.map(({ timestampMs }) => timestampMs))).toBe(
      Math.floor((expected('network', from, from + 60_000_000n)[0]?.arrivalUs ?? 0) / 1000),
    );
  });
});
