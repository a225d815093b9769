/** Goal: what the own queue hands over is kept over a crash, and each of the bridge's records finds its own. Method: a journal in a folder. */
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BridgedStream } from '../src/sources/live/bridged-stream.ts';
import { type Joined, joinRecord } from '../src/sources/live/join-queue.ts';
import type { TopicRecord } from '../src/sources/live/live-topic.ts';
import type { OwnQueue } from '../src/sources/live/own-queue.ts';
import { QueueJournal } from '../src/sources/live/queue-journal.ts';
import { identityOf, idOfIdentity, queueMessage, samePayload } from '../src/sources/live/queue-message.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parallax-queue-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** @param nowMs when the queue is attached @param keep messages that are kept however old they are */
async function journal(nowMs = 0, keep = 0): Promise<QueueJournal> {
  const made = new QueueJournal(folder, keep);
  await made.open();
  await made.attached(nowMs);
  return made;
}

const message = (id: string | null, payload: string | null) => ({ id, payload: payload === null ? null : Buffer.from(payload) });

const record = (id: string | null, payload: string | null, timestampMs = 1_000, offset = 0, partition = 0): TopicRecord => ({
  partition,
  offset,
  timestampMs,
  key: id === null ? null : Buffer.from(id),
  value: payload === null ? null : Buffer.from(payload),
});

/** How a record was joined, and to which payload; `none`: it was not. */
function joined(by: QueueJournal, of: TopicRecord): string {
  const found = joinRecord(by, of);
  return 'by' in found ? `${found.by} ${(found as Joined).payload?.toString() ?? 'null'}` : 'none';
}

test('bodies of bytes and of text, ids of every type', () => {
  const data = { typecode: 0x75, content: [Buffer.from('a'), Buffer.from('b')] };
  expect(queueMessage({ message_id: 'x', body: data })).toEqual({ id: 'x', payload: Buffer.from('ab') });
  expect(queueMessage({ message_id: 7, body: { typecode: 0x75, content: Buffer.from('c') } })).toEqual({
    id: '7',
    payload: Buffer.from('c'),
  });
  expect(queueMessage({ message_id: Buffer.from([1, 255]), body: 'é' })).toEqual({ id: '01ff', payload: Buffer.from('é') });
  expect(queueMessage({ body: { typecode: 0x76, content: [] } })).toEqual({ id: null, payload: null });
  expect(queueMessage({ body: 42 })).toEqual({ id: null, payload: null });
});

test('a payload that is too large is compared as far as the bridge carries it', () => {
  const large = Buffer.alloc(1024 * 1024 + 10, 97);
  expect(samePayload(large, large.subarray(0, 1024 * 1024 + 1))).toBe(true);
  expect(samePayload(large, large.subarray(0, 1024 * 1024))).toBe(false);
  expect(identityOf(null, large)).toBe(identityOf(null, large.subarray(0, 1024 * 1024 + 1)));
  expect(samePayload(null, Buffer.alloc(0))).toBe(false);
});

test('records find the messages of their id: same payload first, then a used one, then another payload', async () => {
  const kept = await journal();
  await kept.add([message('a', '1'), message('a', '2'), message(null, 'x'), message('n', null)], 5);
  expect(joined(kept, record('a', '2'))).toBe('queue 2');
  // The bridge may write a message twice.
  expect(joined(kept, record('a', '2'))).toBe('queue 2');
  expect([...kept.unused(10)].map(({ identity, at }) => [idOfIdentity(identity), at > 0])).toEqual([
    ['a', true],
    [null, true],
    ['n', true],
  ]);
  expect(joined(kept, record('a', 'changed on the way'))).toBe('differs 1');
  expect(joined(kept, record(null, 'x'))).toBe('queue x');
  expect(joined(kept, record('n', null))).toBe('queue null');
  expect(joined(kept, record('b', '1'))).toBe('none');
  expect([...kept.unused(10)]).toEqual([]);
  await kept.close();
});

test('after a crash: what was joined stays so, what was not comes again, a torn end is left out', async () => {
  const first = await journal(7);
  await first.add([message('used', 'u'), message('open', 'o')], 10);
  expect(joined(first, record('used', 'u'))).toBe('queue u');
  await first.checkpoint();
  await first.add([message('later', 'l')], 20);
  await first.close();
  const [file = ''] = (await readdir(folder)).filter((name) => name.endsWith('.journal'));
  await appendFile(join(folder, file), Buffer.from([1, 2, 3]));

  const second = await journal(99);
  expect(second.sinceMs).toBe(7);
  expect([...second.unused(100)].map(({ identity }) => idOfIdentity(identity)).sort()).toEqual(['later', 'open']);
  expect(joined(second, record('later', 'l'))).toBe('queue l');
  expect(joined(second, record('used', 'u'))).toBe('queue u');
  await second.add([message('new', 'n')], 30);
  expect(joined(second, record('new', 'n'))).toBe('queue n');
  await second.close();
});

test('what is used and old is dropped, with its files', async () => {
  const first = await journal();
  await first.add([message('a', '1')], 10);
  expect(joined(first, record('a', '1'))).toBe('queue 1');
  await first.checkpoint();
  await first.close();
  const second = await journal();
  await second.add([message('b', '2')], 20);
  await second.checkpoint(15);
  expect((await readdir(folder)).filter((name) => name.endsWith('.journal'))).toHaveLength(1);
  expect(second.of('ia')).toEqual([]);
  expect(joined(second, record('b', '2'))).toBe('queue 2');
  await second.close();
});

test('of the last messages none is dropped, however old: after an outage the bridge may write them again', async () => {
  const kept = await journal(0, 2);
  await kept.add([message('a', '1'), message('b', '2'), message('c', '3')], 10);
  for (const [id, payload] of [
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
  ] as const)
    expect(joined(kept, record(id, payload))).toBe(`queue ${payload}`);
  await kept.checkpoint(1_000);
  expect(['ia', 'ib', 'ic'].map((identity) => kept.of(identity).length)).toEqual([0, 1, 1]);
  await kept.close();
});

/** A stream whose own queue hands over nothing while it is waited for. */
function stream(own: QueueJournal): BridgedStream {
  const queue = { arrival: async () => {} } as unknown as OwnQueue;
  return new BridgedStream({
    ...{ stream: 's', queue, journal: own, now: () => 1_000_000, patienceMs: 0 },
    customerOf: (payload) => payload?.toString() ?? null,
  });
}

/** A minute whose messages are these of the bridge, with all that is given of it. */
async function minuteOf(bridged: BridgedStream, records: readonly TopicRecord[], endMs: number, known: boolean) {
  const messages: Joined[] = [];
  const read = async (take: (record: TopicRecord) => void): Promise<void> => records.forEach(take);
  const found = await bridged.minute(read, (each) => messages.push(each), endMs, known);
  return { ...found, messages };
}

test('the bridge’s queue was there first: what it has from before is no loss, what comes after is', async () => {
  const own = await journal(5_000);
  await own.add([message('c', '3'), message('d', '4')], 6_000);
  const of = stream(own);
  // Carried over when both queues were there, sent before: partition 1 has had none that both have.
  const first = await minuteOf(
    of,
    [record('a', '1', 7_000, 0), record('b', '2', 7_001, 9, 1), record('c', '3', 7_000, 1), record('x', '9', 7_002, 2)],
    60_000,
    false,
  );
  expect(first.findings.map(({ kind, customers }) => [kind, customers])).toEqual([['one_side_only', ['9']]]);
  expect(first.messages.map(({ by, payload }) => `${by} ${payload}`).sort()).toEqual(['before 1', 'before 2', 'queue 3']);
  expect(first.before).toBe(2);
  await of.done();
  await own.close();
  // As a verifier that is started again: what both have met at is known.
  const again = await journal();
  const next = stream(again);
  const second = await minuteOf(
    next,
    [record('d', '4', 70_000, 3), record('y', '8', 70_000, 2), record('z', '7', 500_000, 10, 1)],
    120_000,
    false,
  );
  expect(second.findings.map(({ kind, customers }) => [kind, customers])).toEqual([
    ['one_side_only', ['8']],
    ['one_side_only', ['7']],
  ]);
  expect(second.before).toBe(0);
  await again.close();
});

test('what was stamped before the own queue was made was sent before, while both have nothing in common; then the order tells', async () => {
  const own = await journal(5_000);
  const of = stream(own);
  const first = await minuteOf(of, [record('a', '1', 4_999)], 60_000, false);
  expect([first.findings, first.before]).toEqual([[], 1]);
  await own.add([message('c', '3')], 6_000);
  const second = await minuteOf(of, [record('c', '3', 4_999, 1), record('lost', '9', 4_999, 2)], 120_000, false);
  expect(second.findings.map(({ kind, customers }) => [kind, customers])).toEqual([['one_side_only', ['9']]]);
  await own.close();
});

test('a minute of nothing but messages from before: what came by the own queue is carried over later', async () => {
  const own = await journal(5_000);
  await own.add([message('c', '3')], 50_000);
  const { findings, before } = await minuteOf(stream(own), [record('a', '1', 7_000), record('b', '2', 7_000, 1)], 60_000, false);
  expect([findings, before]).toEqual([[], 2]);
  // Not for ever: its own message should have been carried over long ago.
  const late = await minuteOf(stream(own), [record('e', '5', 170_000, 2)], 60_000, false);
  expect(late.findings.map(({ kind }) => kind)).toEqual(['one_side_only']);
  await own.close();
});

test('while nothing has come by the own queue nobody can tell; two minutes after it was made it must have', async () => {
  const own = await journal(5_000);
  const early = await minuteOf(stream(own), [record('a', '1', 124_999)], 180_000, false);
  expect(early.findings.map(({ kind, customers }) => [kind, customers])).toEqual([['before_queue', ['1']]]);
  expect(early.messages.map(({ by }) => by)).toEqual(['before']);
  const late = await minuteOf(stream(own), [record('b', '2', 125_000, 1)], 240_000, false);
  expect(late.findings.map(({ kind }) => kind)).toEqual(['one_side_only']);
  expect(late.messages).toEqual([]);
  await own.close();
});

test('what was sent twice, before the own queue was made and after, does not say where both sides begin', async () => {
  const own = await journal(5_000);
  await own.add([message('c', '3'), message('a', '1'), message('d', '4')], 6_000);
  // a is there from before, b too; a comes again behind c, with which both begin.
  const sent = ['a', 'b', 'c', 'a', 'lost', 'd'].map((id, offset) =>
    record(id, { a: '1', b: '2', c: '3', lost: '9', d: '4' }[id] ?? null, 7_000, offset),
  );
  const { findings, before } = await minuteOf(stream(own), sent, 60_000, false);
  expect(findings.map(({ kind, customers }) => [kind, customers])).toEqual([['one_side_only', ['9']]]);
  expect(before).toBe(1);
  await own.close();
});

test('the same with the bridge’s queue made later', async () => {
  const own = await journal(0);
  await own.add([message('a', '1'), message('b', '2'), message('c', '3'), message('a', '1'), message('lost', '9')], 1_000);
  const of = stream(own);
  expect((await minuteOf(of, [record('c', '3', 2_000), record('a', '1', 2_000, 1)], 60_000, false)).findings).toEqual([]);
  const { findings, beforeBridge } = await minuteOf(of, [], 500_000, false);
  expect(findings.map(({ kind, customers }) => [kind, customers])).toEqual([['one_side_only', ['9']]]);
  expect(beforeBridge).toBe(1);
  await own.close();
});

test('one in a hundred is sent twice: hundreds from before and the messages of a minute that is longer ago', async () => {
  const own = await journal(5_000);
  const id = (i: number) => `m${i}`;
  const from = 3_000;
  // The own queue begins at `from`; every hundredth message that it has is one from before, once more, which the bridge carries over in a later minute.
  const sent = Array.from({ length: 4_000 }, (_, i) => (i > from && i % 100 === 7 ? id(i - from) : id(i)));
  await own.add(
    sent.slice(from).map((each) => message(each, 'same')),
    6_000,
  );
  const lost = from + 500;
  const carried = sent.slice(0, 3_600).map((each, i) => record(i === lost ? 'lost' : each, 'same', 7_000, i, i % 3));
  const { findings, before } = await minuteOf(
    stream(own),
    carried.filter(({ offset }) => offset < from || offset % 100 !== 7),
    60_000,
    false,
  );
  expect(findings.map(({ detail }) => detail)).toEqual(["the bridge has the message lost, this side's queue does not"]);
  expect(before).toBe(from - 10);
  await own.close();
});

test('who catches up long after keeps what a later minute may need', async () => {
  const own = await journal(0);
  await own.add([message('a', '1')], 60_000);
  const of = stream(own);
  // The clock stands at 1,000,000 ms, the log at its first minutes: what was used is not forgotten yet.
  for (const endMs of [120_000, 180_000]) {
    expect((await minuteOf(of, [record('a', '1', endMs - 1, endMs)], endMs, false)).findings).toEqual([]);
    await of.done();
  }
  await own.close();
});

test('a message that the own queue hands over twice is no loss of the bridge; another one of its id is', async () => {
  const own = await journal(0);
  await own.add([message('a', '1'), message('a', '1'), message('a', '2')], 1_000);
  const of = stream(own);
  expect((await minuteOf(of, [record('a', '1', 2_000)], 60_000, false)).findings).toEqual([]);
  const { findings } = await minuteOf(of, [], 500_000, false);
  expect(findings.map(({ kind, customers }) => [kind, customers])).toEqual([['one_side_only', ['2']]]);
  await own.close();
});

test('the own queue was there first: what it has from before the bridge’s is counted, and no loss', async () => {
  const own = await journal(0);
  await own.add([message('a', '1'), message('b', '2'), message('c', '3'), message('lost', '4')], 1_000);
  const of = stream(own);
  expect((await minuteOf(of, [record('c', '3', 2_000)], 60_000, false)).findings).toEqual([]);
  const { findings, beforeBridge } = await minuteOf(of, [], 500_000, false);
  expect(findings.map(({ kind, customers }) => [kind, customers])).toEqual([['one_side_only', ['4']]]);
  expect(beforeBridge).toBe(2);
  expect((await minuteOf(of, [], 600_000, false)).beforeBridge).toBe(0);
  await own.close();
});

test('what the bridge carried over before the first minute is on both sides, whether the own queue has handed it over or not', async () => {
  const own = await journal();
  const queue = { arrival: async () => {} } as unknown as OwnQueue;
  const bridged = new BridgedStream({ stream: 's', queue, journal: own, now: () => 1_000_000, patienceMs: 0, customerOf: () => null });
  await own.add([message('early', 'a')], 1_000);
  for (const id of ['early', 'slow']) bridged.earlier(record(id, id === 'early' ? 'a' : 'b'));
  await own.add([message('slow', 'b'), message('lost', 'c')], 2_000);
  const { findings } = await minuteOf(bridged, [], 500_000, false);
  expect(findings.map(({ kind, detail }) => [kind, detail])).toEqual([
    ['one_side_only', "this side's queue has the message lost, the bridge does not"],
  ]);
  expect((await minuteOf(bridged, [], 600_000, false)).findings).toEqual([]);
  await own.close();
});
