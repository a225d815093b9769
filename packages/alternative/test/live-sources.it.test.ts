/**
 * Goal: a minute's inputs are read by this side's own clients, and what is wrong with a seal or on the way through the bridge is found. Method: real
 * Kafka and Artemis, a ledger of seals made by hand; the bridge is played by the test.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Close, canonicalJson, formatSecond, MICROS_PER_MINUTE, type Project, type Seal, sha256Hex } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { Admin, ProduceAcks, Producer } from '@platformatic/kafka';
import rhea from 'rhea';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { LedgerReader } from '../src/sources/live/ledger-reader.ts';
import { LiveSources } from '../src/sources/live/live-sources.ts';

const bootstrap = process.env.PARALLAX_KAFKA ?? '';
const amqp = process.env.PARALLAX_AMQP ?? '';

let folder: string;
let name: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parallax-live-'));
  name = `live-${process.hrtime.bigint()}`;
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

const stream = (from: string) =>
  `from: ${from}\nkey: { field: id }\ntime: { field: t, format: epoch_us }\nevent_id: e\nvariables:\n  - { name: x, field: x, places: 0, aggregates: [sum] }\n`;

async function project(): Promise<Project> {
  const files = {
    'parallax.yaml': 'name: live\nkey: { name: customer_id, type: bigint }\nbase: dwh.profile\n',
    'streams/care.yaml': stream(`{ amqp: { address: ${name}-care, bridge_topic: ${name}-care } }`),
    'streams/web.yaml': stream(`{ kafka: { topic: ${name}-web } }`),
    // No store is asked: the stream tests have no batch source that could answer.
    'batch/dwh.yaml': 'from: { postgres: { url: "postgres://127.0.0.1:1/none" } }\ntables:\n  - { name: profile, key: id }\n',
    'satisfaction.sql': 'SELECT customer_id, 50 AS satisfaction FROM population',
    'actions.sql': "SELECT customer_id, 'a' AS action, NULL AS reason FROM population WHERE false",
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, 'project', path)), { recursive: true });
    await writeFile(join(folder, 'project', path), text);
  }
  const loaded = await loadProject(join(folder, 'project'));
  return { ...loaded, batch: [] };
}

class Ledger {
  readonly #db: DatabaseSync;
  readonly #project: Project;

  constructor(of: Project) {
    this.#project = of;
    this.#db = new DatabaseSync(join(folder, 'ledger.sqlite'));
    this.#db.exec(
      'CREATE TABLE seals (minute INTEGER, seal TEXT, sealed_at INTEGER); CREATE TABLE closes (minute INTEGER, close TEXT, manifest TEXT); CREATE TABLE iterations (minute INTEGER); CREATE TABLE batch_days (day TEXT, version TEXT, registered INTEGER, view TEXT); CREATE TABLE meta (name TEXT, value TEXT)',
    );
    onTestFinished(() => this.#db.close());
  }

  seal(minute: bigint, streams: Seal['streams']): void {
    const { name: of, hash: projectHash } = this.#project;
    const seal: Seal = { format: 1, project: of, projectHash, minute: formatSecond(minute), missed: true, streams, batch: null };
    const close: Close = { online: [] };
    this.#db.prepare('INSERT INTO seals VALUES (?, ?, ?)').run(minute, canonicalJson(seal), minute);
    this.#db.prepare('INSERT INTO closes VALUES (?, ?, ?)').run(minute, canonicalJson(close), sha256Hex(canonicalJson({ seal, close })));
  }
}

async function topics(): Promise<(topic: string) => string> {
  const admin = new Admin({ clientId: 'live-test', bootstrapBrokers: [bootstrap] });
  const configs = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
  await admin.createTopics({ topics: [`${name}-web`, `${name}-care`], partitions: 1, replicas: 1, configs });
  const { topics: made } = await admin.metadata({ topics: [`${name}-web`, `${name}-care`] });
  await admin.close();
  return (topic) => made.get(topic)?.id ?? '';
}

async function produce(topic: string, messages: readonly { readonly key?: string; readonly value: string }[]): Promise<void> {
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
    clientId: 'live-test',
    bootstrapBrokers: [bootstrap],
    acks: ProduceAcks.ALL,
  });
  for (const { key, value } of messages)
    await producer.send({ messages: [{ topic, value: Buffer.from(value), ...(key === undefined ? {} : { key: Buffer.from(key) }) }] });
  await producer.close();
}

/** Sends to the address as the enterprise does. */
async function send(messages: readonly (readonly [string, string])[]): Promise<void> {
  const { hostname, port } = new URL(amqp);
  const connection = rhea.create_container().connect({ host: hostname, port: Number(port), reconnect: false });
  const sender = connection.open_sender({ target: { address: `${name}-care`, capabilities: ['topic'] } });
  await new Promise((resolve) => sender.once('sendable', resolve));
  let settled = 0;
  await new Promise<void>((resolve) => {
    sender.on('accepted', () => {
      if (++settled === messages.length) resolve();
    });
    for (const [id, body] of messages) sender.send({ message_id: id, durable: true, body: rhea.message.data_section(Buffer.from(body)) });
  });
  connection.close();
}

const event = (id: string, customer: number) => JSON.stringify({ id: customer, t: 0, e: id, x: 1 });

test('what is read ahead is given once, to the minute that it lies in; a seal that says something else is refused', async () => {
  const of = await project();
  const web = { ...of, streams: of.streams.filter((each) => each.name === 'web') };
  const idOf = await topics();
  const ledger = new Ledger(web);
  const reader = LedgerReader.open(folder);
  if (reader === null) throw new Error('no ledger');
  const note = () => {};
  const now = BigInt(Date.now()) * 1000n;
  const minute = now - (now % MICROS_PER_MINUTE);
  const next = minute + MICROS_PER_MINUTE;
  let nowMs = Date.now();
  const sources = new LiveSources({
    ...{ project: web, state: folder, ledger: () => reader, kafka: bootstrap, amqp: undefined },
    ...{ stores: {}, env: {}, now: () => nowMs, note },
  });
  onTestFinished(async () => {
    await sources.close();
    reader.close();
  });
  const seal = (at: bigint, from: number, to: number) =>
    ledger.seal(at, [
      {
        ...{ stream: 'web', kind: 'topic' as const, topic: `${name}-web`, topicId: idOf(`${name}-web`) },
        ...{ arrival: 'approximate' as const, ranges: [{ partition: 0, from, to }], lost: [] },
      },
    ]);
  const given: string[] = [];
  const give = (at: bigint) => sources.messagesAhead(at, 'web', (payload) => given.push(payload?.toString() ?? ''));
  const read = async (at: bigint): Promise<string[]> => {
    const manifest = reader.manifest(at);
    if (manifest === null) throw new Error('no manifest');
    await sources.begin(manifest);
    sources.closed(manifest);
    const found: string[] = [];
    const refs: number[] = [];
    await sources.messages(at, 'web', (payload, _id, ref) => {
      found.push(payload?.toString() ?? '');
      refs.push(ref);
    });
    const again: (readonly [number, string])[] = [];
    const some = refs.filter((_, i) => i % 2 === 0);
    await sources.payloads(at, 'web', some, (ref, payload) => again.push([ref, payload.toString()]));
    expect(again).toEqual(some.map((ref) => [ref, found[refs.indexOf(ref)]]));
    await sources.done();
    sources.restart(sources.positions());
    return found;
  };
  const e = (i: number) => event(`w${i}`, i);
  await produce(`${name}-web`, [{ value: e(0) }]);
  seal(minute, 0, 1);
  expect(await read(minute)).toEqual([e(0)]);
  await produce(`${name}-web`, [{ value: e(1) }, { value: '{' }, { value: e(3) }]);
  await expect.poll(() => sources.readAhead('web')).toBe(true);
  await expect.poll(() => sources.readAhead('web')).toBe(false);
  // Once its time is over nothing is certain before the seal.
  nowMs = Number((next + MICROS_PER_MINUTE) / 1000n);
  give(next);
  expect(given).toEqual([]);
  nowMs = Date.now();
  give(next);
  give(next);
  expect(given).toEqual([e(1), '{', e(3)]);
  await produce(`${name}-web`, [{ value: e(4) }]);
  // Ends inside of what was given.
  seal(next, 1, 3);
  await expect(read(next)).rejects.toMatchObject({ code: 'PRLX_ALTERNATIVE_AHEAD', retryable: true });
  sources.restart(sources.positions());
  expect(await read(next)).toEqual([e(1), '{']);
  await sources.readAhead('web');
  give(next + MICROS_PER_MINUTE);
  await produce(`${name}-web`, [{ value: e(5) }]);
  seal(next + MICROS_PER_MINUTE, 3, 6);
  expect([...given.splice(3), ...(await read(next + MICROS_PER_MINUTE))]).toEqual([e(3), e(4), e(5)]);
});

test('messages from the own topic and the own queue; a seal that ends too early, and what the bridge loses, adds or changes, is found', async () => {
  const of = await project();
  const idOf = await topics();
  const ledger = new Ledger(of);
  const notes: string[] = [];
  let aheadMs = 0;
  const reader = LedgerReader.open(folder);
  if (reader === null) throw new Error('no ledger');
  const sources = new LiveSources({
    project: of,
    state: folder,
    ledger: () => reader,
    kafka: bootstrap,
    amqp,
    stores: {},
    env: {},
    now: () => Date.now() + aheadMs,
    queuePatienceMs: 500,
    note: (text) => notes.push(text),
  });
  await sources.open();
  onTestFinished(async () => {
    await sources.close();
    reader.close();
  });
  await produce(`${name}-web`, [{ value: 'w0' }, { value: 'w1' }, { value: 'w2' }]);
  await send([
    ['c0', event('c0', 7)],
    ['c1', event('c1', 8)],
    ['lost', event('lost', 9)],
  ]);
  await produce(`${name}-care`, [
    { key: 'c0', value: event('c0', 7) },
    { key: 'c1', value: event('c1', 80) },
    { key: 'added', value: event('added', 10) },
  ]);

  const now = BigInt(Date.now()) * 1000n;
  const minute = now - (now % MICROS_PER_MINUTE);
  const topicSeal = (of: string, to: number) => ({
    stream: of,
    kind: 'topic' as const,
    topic: `${name}-${of}`,
    topicId: idOf(`${name}-${of}`),
    arrival: 'log' as const,
    ranges: [{ partition: 0, from: 0, to }],
    lost: [],
  });
  // The minute ends at the next cut-off: all of it is before.
  ledger.seal(minute, [topicSeal('care', 3), topicSeal('web', 2)]);
  const manifest = reader.manifest(minute);
  if (manifest === null) throw new Error('no manifest');
  // Two minutes have passed for what is waited for.
  aheadMs = 200_000;
  await sources.begin(manifest);
  sources.closed(manifest);
  const payloads: Record<string, string[]> = { care: [], web: [] };
  for (const [each, list] of Object.entries(payloads)) {
    const refs: number[] = [];
    await sources.messages(minute, each, (payload, _id, ref) => {
      list.push(payload?.toString() ?? 'null');
      refs.push(ref);
    });
    const again: string[] = [];
    await sources.payloads(minute, each, refs, (_ref, payload) => again.push(payload.toString()));
    expect(again, 'the own queue’s, where the bridge has another').toEqual(list);
  }

  // The seal left w2 out; this side reads what the log says.
  expect(payloads.web).toEqual(['w0', 'w1', 'w2']);
  // c1 is what the own queue holds, `added` came through the bridge only.
  expect(payloads.care).toEqual([event('c0', 7), event('c1', 8)]);
  expect(sources.findings([]).map(({ kind, source, customers }) => [kind, source, customers])).toEqual([
    ['cut_off', 'web', null],
    ['payload', 'care', ['8']],
    ['one_side_only', 'care', ['10']],
  ]);
  await sources.done();

  // The next minutes: `lost` was never seen on the bridge.
  // Far enough for a message that the queue handed over after the clock was put forward.
  const later = minute + 8n * MICROS_PER_MINUTE;
  ledger.seal(later - MICROS_PER_MINUTE, [topicSeal('care', 3), topicSeal('web', 3)]);
  ledger.seal(later, [
    { ...topicSeal('care', 3), ranges: [{ partition: 0, from: 3, to: 3 }] },
    { ...topicSeal('web', 3), ranges: [{ partition: 0, from: 3, to: 3 }] },
  ]);
  const next = reader.manifest(later);
  if (next === null) throw new Error('no manifest');
  await sources.begin(next);
  sources.closed(next);
  for (const each of ['care', 'web']) await sources.messages(later, each, (payload) => expect.unreachable(`${payload}`));
  expect(sources.findings([]).map(({ kind, source, customers }) => [kind, source, customers])).toEqual([['one_side_only', 'care', ['9']]]);
  expect(notes).toEqual([]);
});

/** Makes the bridge's queue on the address, as a bridge does that ran before. */
async function makeBridgeQueue(): Promise<void> {
  const { hostname, port } = new URL(amqp);
  const connection = rhea.create_container().connect({ host: hostname, port: Number(port), reconnect: false });
  const receiver = connection.open_receiver({
    source: { address: `${name}-care::${name}-care.spark`, capabilities: ['topic'], durable: 2, expiry_policy: 'never' },
    credit_window: 0,
  });
  await new Promise((resolve) => receiver.once('receiver_open', resolve));
  connection.close();
}

test('the bridge’s queue was there before the own one: what it holds from then is told apart from what is lost later', async () => {
  const of = await project();
  const idOf = await topics();
  const ledger = new Ledger(of);
  const reader = LedgerReader.open(folder);
  if (reader === null) throw new Error('no ledger');
  await makeBridgeQueue();
  await send([
    ['c0', event('c0', 1)],
    ['c1', event('c1', 2)],
  ]);
  const sources = new LiveSources({
    ...{ project: of, state: folder, ledger: () => reader, kafka: bootstrap, amqp },
    ...{ stores: {}, env: {}, now: () => Date.now(), queuePatienceMs: 500, note: () => {} },
  });
  await sources.open();
  onTestFinished(async () => {
    await sources.close();
    reader.close();
  });
  await send([['c2', event('c2', 3)]]);
  await produce(
    `${name}-care`,
    [0, 1, 2].map((i) => ({ key: `c${i}`, value: event(`c${i}`, i + 1) })),
  );
  const now = BigInt(Date.now()) * 1000n;
  const minute = now - (now % MICROS_PER_MINUTE);
  const topicSeal = (stream: string, to: number) => ({
    ...{ stream, kind: 'topic' as const, topic: `${name}-${stream}`, topicId: idOf(`${name}-${stream}`) },
    ...{ arrival: 'log' as const, ranges: [{ partition: 0, from: 0, to }], lost: [] },
  });
  ledger.seal(minute, [topicSeal('care', 3), topicSeal('web', 0)]);
  const manifest = reader.manifest(minute);
  if (manifest === null) throw new Error('no manifest');
  await sources.begin(manifest);
  sources.closed(manifest);
  const payloads: string[] = [];
  await sources.messages(minute, 'care', (payload) => payloads.push(payload?.toString() ?? 'null'));
  expect(payloads.sort()).toEqual([event('c0', 1), event('c1', 2), event('c2', 3)]);
  expect(sources.findings([])).toEqual([]);
  expect([sources.beforeQueue, sources.beforeBridge]).toEqual([2, 0]);
});
