import type { ParallaxError } from '@parallax/core';
import rhea from 'rhea';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bridge, type BridgeOptions, startBridge } from '../src/ingest/bridge.ts';
import { BRIDGE_LIMITS } from '../src/ingest/bridge-limits.ts';
import { makeTopic, readTopic, removeTopic, type SentMessage, sendAll, startProxy, until } from './bridge-support.ts';

const amqpUrl = process.env.PARALLAX_AMQP ?? '';
const kafka = process.env.PARALLAX_KAFKA ?? '';

let made = 0;
let name = '';
let problems: ParallaxError[] = [];
const open: { stop: () => Promise<void> }[] = [];

beforeEach(() => {
  made += 1;
  name = `bridge-it-${process.hrtime.bigint()}-${made}`;
  problems = [];
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop();
});

async function bridge(options: Partial<BridgeOptions> = {}): Promise<Bridge> {
  const onProblem = (problem: ParallaxError): void => void problems.push(problem);
  const started = await startBridge({ amqpUrl, address: name, kafkaBootstrap: kafka, topic: name, onProblem, ...options });
  open.push(started);
  return started;
}

const data = (text: string): unknown => rhea.message.data_section(Buffer.from(text));
const numbered = (from: number, to: number): SentMessage[] =>
  Array.from({ length: to - from }, (_, i) => ({ id: `m-${from + i}`, body: data(`{"n":${from + i}}`) }));
const keysOf = (messages: readonly SentMessage[]) => messages.map(({ id }) => id);

describe('the bridge', () => {
  it('carries message ids as keys and payloads as values, in order, and accepts each once', async () => {
    await makeTopic(kafka, name);
    const running = await bridge();
    const sent = numbered(0, 3_000);
    await sendAll(amqpUrl, name, sent);
    await until(() => running.counts().forwarded === sent.length);
    await running.stop();
    const records = await readTopic(kafka, name);
    expect(records.map(({ key }) => key)).toEqual(keysOf(sent));
    expect(records.map(({ value }) => value?.toString())).toEqual(sent.map((_, i) => `{"n":${i}}`));
    expect(running.counts()).toEqual({
      ...{ received: 3_000, forwarded: 3_000, withoutId: 0, unsupportedBody: 0, rejected: 0 },
      ...{ reconnects: 0, produceRetries: 0, unconfirmed: 0 },
    });
    // Accepted means gone: a second bridge on the same queue finds nothing but what comes now.
    const second = await bridge();
    await sendAll(amqpUrl, name, numbered(3_000, 3_001));
    await until(() => second.counts().forwarded === 1);
    expect(second.counts().received).toBe(1);
    expect(problems).toEqual([]);
  });

  it('has a durable queue from its start: what comes while it is stopped is kept', async () => {
    await makeTopic(kafka, name);
    await (await bridge()).stop();
    const sent = numbered(0, 50);
    await sendAll(amqpUrl, name, sent);
    const again = await bridge();
    await until(() => again.counts().forwarded === 50);
    expect((await readTopic(kafka, name)).map(({ key }) => key)).toEqual(keysOf(sent));
  });

  it('leaves the other side its own copy', async () => {
    await makeTopic(kafka, name);
    await makeTopic(kafka, `${name}-other`);
    const one = await bridge();
    const other = await bridge({ queue: `${name}.other`, topic: `${name}-other` });
    await sendAll(amqpUrl, name, numbered(0, 20));
    await until(() => one.counts().forwarded === 20 && other.counts().forwarded === 20);
    const [a, b] = [await readTopic(kafka, name), await readTopic(kafka, `${name}-other`)];
    expect(a.map(({ key }) => key)).toEqual(b.map(({ key }) => key));
  });

  // Goal: acknowledged only after Kafka confirmed. Method: the topic is gone, so nothing may be accepted and credit bounds what is taken.
  it('accepts nothing while Kafka confirms nothing, takes no more than its credit, and loses nothing', async () => {
    await makeTopic(kafka, name);
    const running = await bridge();
    await removeTopic(kafka, name);
    const sent = numbered(0, BRIDGE_LIMITS.unconfirmedMax + 700);
    await sendAll(amqpUrl, name, sent);
    await until(() => running.counts().produceRetries >= 3 && running.counts().received === BRIDGE_LIMITS.unconfirmedMax);
    expect(running.counts()).toMatchObject({ forwarded: 0, unconfirmed: BRIDGE_LIMITS.unconfirmedMax });
    expect(problems.every(({ code, retryable }) => code === 'PRLX_BRIDGE_KAFKA' && retryable)).toBe(true);
    await makeTopic(kafka, name);
    await until(() => running.counts().forwarded === sent.length);
    expect((await readTopic(kafka, name)).map(({ key }) => key)).toEqual(keysOf(sent));
  });

  it('stopped while Kafka takes nothing, it gives everything back to the queue', async () => {
    await makeTopic(kafka, name);
    const first = await bridge();
    await removeTopic(kafka, name);
    const sent = numbered(0, 120);
    await sendAll(amqpUrl, name, sent);
    await until(() => first.counts().received === 120);
    await first.stop();
    expect(first.counts()).toMatchObject({ forwarded: 0, unconfirmed: 0 });
    await makeTopic(kafka, name);
    const second = await bridge();
    await until(() => second.counts().forwarded === 120);
    expect((await readTopic(kafka, name)).map(({ key }) => key)).toEqual(keysOf(sent));
  });

  // Goal: a redelivery ends as the same id again. Method: Kafka has confirmed, but the acknowledgements are lost with the connection.
  it('forwards a redelivery with the same id and bytes', async () => {
    await makeTopic(kafka, name);
    const proxy = await startProxy(amqpUrl);
    open.push(proxy);
    const running = await bridge({ amqpUrl: proxy.url });
    await sendAll(amqpUrl, name, [{ id: 'first', body: data('{}') }]);
    await until(() => running.counts().forwarded === 1);
    const sent = numbered(0, 300);
    proxy.holdClient();
    await sendAll(amqpUrl, name, sent);
    await until(() => running.counts().forwarded === 301);
    proxy.cut();
    await until(() => running.counts().reconnects === 1 && running.counts().forwarded >= 601);
    await sendAll(amqpUrl, name, numbered(300, 310));
    await until(() => running.counts().unconfirmed === 0 && running.counts().forwarded >= 611);
    const [first, ...rest] = await readTopic(kafka, name);
    // The acknowledgement of the first message may have been lost with the others.
    const records = rest.filter(({ key }) => key !== 'first');
    expect(first?.key).toBe('first');
    expect(running.counts().received).toBeGreaterThanOrEqual(611);
    const [once, twice] = [records.slice(0, 300), records.slice(300, 600)];
    expect(once.map(({ key }) => key)).toEqual(keysOf(sent));
    expect(twice.map(({ key, value }) => ({ key, value }))).toEqual(once.map(({ key, value }) => ({ key, value })));
    expect(records.slice(600).map(({ key }) => key)).toEqual(keysOf(numbered(300, 310)));
    expect(problems.map(({ code }) => code)).toContain('PRLX_BRIDGE_AMQP');
  });

  it('carries every kind of body, and cuts what is past 1 MiB to one byte more', async () => {
    await makeTopic(kafka, name, { 'max.message.bytes': String(4 * 1024 * 1024) });
    const running = await bridge();
    const bodies: SentMessage[] = [
      { id: 'text', body: 'héllo' },
      { id: 'bytes', body: rhea.message.data_section(Buffer.from([0xff, 0x00, 0xfe])) },
      { id: 'parts', body: rhea.message.data_sections([Buffer.from('ab'), Buffer.from('cd')]) },
      { id: 'map', body: { a: 1 } },
      { id: null, body: data('no id') },
      { id: 'empty', body: data('') },
      { id: 'limit', body: data('x'.repeat(1024 * 1024)) },
      { id: 'large', body: data('y'.repeat(3 * 1024 * 1024)) },
    ];
    await sendAll(amqpUrl, name, bodies);
    await until(() => running.counts().forwarded === bodies.length);
    const records = await readTopic(kafka, name);
    const seen = new Map(records.map(({ key, value }) => [key, value]));
    expect(seen.get('text')?.toString()).toBe('héllo');
    expect(seen.get('bytes')).toEqual(Buffer.from([0xff, 0x00, 0xfe]));
    expect(seen.get('parts')?.toString()).toBe('abcd');
    expect(seen.get('map')).toBeNull();
    expect(seen.get(null)?.toString()).toBe('no id');
    expect(seen.get('empty')).toEqual(Buffer.alloc(0));
    expect(seen.get('limit')?.length).toBe(1024 * 1024);
    expect(seen.get('large')?.length).toBe(1024 * 1024 + 1);
    expect(running.counts()).toMatchObject({ withoutId: 1, unsupportedBody: 1, rejected: 0 });
  });

  it('rejects alone what Kafka will never take, and goes on', async () => {
    await makeTopic(kafka, name, { 'max.message.bytes': '20000' });
    const running = await bridge();
    await sendAll(amqpUrl, name, [...numbered(0, 5), { id: 'too-large', body: data('z'.repeat(50_000)) }, ...numbered(5, 10)]);
    await until(() => running.counts().forwarded + running.counts().rejected === 11);
    expect(running.counts()).toMatchObject({ forwarded: 10, rejected: 1 });
    expect((await readTopic(kafka, name)).map(({ key }) => key)).toEqual(keysOf(numbered(0, 10)));
    expect(problems.some(({ retryable }) => !retryable)).toBe(true);
  });

  it('stamps history with its creation time, never going back', async () => {
    await makeTopic(kafka, name);
    const running = await bridge({ stamp: 'creation_time' });
    const times = [1_767_607_200_000, 1_767_607_201_000, 1_767_607_200_500, 1_767_607_260_000];
    await sendAll(
      amqpUrl,
      name,
      times.map((createdMs, i) => ({ id: `t-${i}`, body: data('{}'), createdMs })),
    );
    await until(() => running.counts().forwarded === 4);
    expect((await readTopic(kafka, name)).map(({ timestampMs }) => timestampMs)).toEqual([times[0], times[1], times[1], times[3]]);
  });

  it('refuses to start without its topic or its broker, and says so', async () => {
    await expect(bridge()).rejects.toMatchObject({ code: 'PRLX_BRIDGE_KAFKA', retryable: true });
    await makeTopic(kafka, name);
    await expect(bridge({ amqpUrl: 'amqp://127.0.0.1:1' })).rejects.toMatchObject({ code: 'PRLX_BRIDGE_AMQP', retryable: true });
  });

  it('ends with its signal', async () => {
    await makeTopic(kafka, name);
    const ending = new AbortController();
    const running = await bridge({ signal: ending.signal });
    ending.abort();
    await running.stop();
    await sendAll(amqpUrl, name, numbered(0, 1));
    expect(running.counts().received).toBe(0);
  });
});
