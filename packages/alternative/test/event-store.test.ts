/** Goal: what was accepted is read again whole, by minute and by bucket. Method: events with every kind of key, id, time and value. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AcceptedEvents } from '../src/accept/accepted-events.ts';
import { EVENT_BUCKETS, SORTED_BYTES, SPILL_BLOCK_BYTES } from '../src/limits.ts';
import { bucketOf } from '../src/store/bucket.ts';
import { EventReader, EventWriter, type WrittenEvent } from '../src/store/event-codec.ts';
import { EventStore } from '../src/store/event-store.ts';

const MINUTE_US = 60_000_000;
const VALUES = [0, 1, -1, 63, 64, -64, 127, 128, 2 ** 31, -(2 ** 31) - 1, 1e11, -1e11, Number.NaN];

interface Plain {
  readonly key: string;
  readonly id: string;
  readonly time: number;
  readonly values: readonly number[];
}

function written({ key, id, time, values }: Plain): WrittenEvent {
  const idBytes = Buffer.from(id);
  return { key, time, idBytes, idStart: 0, idEnd: idBytes.length, values: Float64Array.from(values) };
}

function acceptedOf(events: readonly Plain[], width: number): AcceptedEvents {
  const accepted = new AcceptedEvents(join(folder, 'accepted'), width);
  for (const each of events) accepted.add(written(each));
  return accepted;
}

const plain = ({ key, id, time, values }: EventReader): Plain => ({ key, id, time, values: [...values] });

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parallax-event-store-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('an event is the same after it was written and read, at any cut of the bytes', () => {
  const event = { key: 'é\u{1f600}', id: 'x'.repeat(256), time: -59_999_999.0, values: VALUES };
  const writer = new EventWriter();
  for (let i = 0; i < 300; i++) writer.event(written({ ...event, time: event.time + i }));
  const bytes = Buffer.from(writer.bytes());
  const reader = new EventReader(VALUES.length);
  let at = 0;
  for (let i = 0; i < 300; i++) {
    expect(reader.read(bytes.subarray(0, bytes.length - 1), at) < 0).toBe(i === 299);
    at = reader.read(bytes, at);
    expect(plain(reader)).toEqual({ ...event, time: event.time + i });
  }
  expect(at).toBe(bytes.length);
  expect(reader.read(bytes, at)).toBe(-1);
});

test('events by minute in the order of acceptance, by bucket, and dropped', async () => {
  const store = new EventStore(join(folder, 'a'), [VALUES.length, 0]);
  await store.open();
  const eventOf = (i: number, minute: number): Plain => ({
    key: String(i % 97),
    id: `id-${i}`,
    time: minute * MINUTE_US + i,
    values: VALUES.map((_, j) => VALUES[(i + j) % VALUES.length] as number),
  });
  const first = Array.from({ length: 40_000 }, (_, i) => eventOf(i, (i % 5) - 3));
  const second = Array.from({ length: 500 }, (_, i) => eventOf(100_000 + i, -1));
  await store.append(0, acceptedOf(first, VALUES.length), -2);
  await store.append(0, acceptedOf(second, VALUES.length), -2);
  await store.append(1, acceptedOf([{ key: 'k', id: 'i', time: 5, values: [] }], 0), -2);

  const ofMinute = async (stream: number, minute: number) => {
    const found: Plain[] = [];
    await store.eachOfMinute(stream, minute, (event) => found.push(plain(event)));
    return found;
  };
  expect(await ofMinute(0, -3), 'older than what is kept').toEqual([]);
  expect(await ofMinute(1, 0)).toEqual([{ key: 'k', id: 'i', time: 5, values: [] }]);
  for (const minute of [-2, -1, 0, 1]) {
    const expected = [...first, ...second].filter(({ time }) => Math.floor(time / MINUTE_US) === minute);
    const byId = (events: readonly Plain[]) => [...events].sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(byId(await ofMinute(0, minute))).toEqual(byId(expected));
    let seen = 0;
    for (let bucket = 0; bucket < EVENT_BUCKETS; bucket++) {
      await store.eachOf(0, minute, { bucket, keys: new Set() }, (event) => {
        expect(bucketOf(event.key)).toBe(bucket);
        seen++;
      });
    }
    expect(seen).toBe(expected.length);
  }
  const keys = new Set(['3', '50', 'none']);
  const some: string[] = [];
  await store.eachOf(0, -1, { bucket: bucketOf('7'), keys }, ({ key }) => some.push(key));
  const wanted = ({ key }: Plain) => keys.has(key) || bucketOf(key) === bucketOf('7');
  const ofMinuteBefore = [...first, ...second].filter(({ time }) => Math.floor(time / MINUTE_US) === -1);
  expect(some.sort()).toEqual(
    ofMinuteBefore
      .filter(wanted)
      .map(({ key }) => key)
      .sort(),
  );
  store.drop(-2);
  expect(await ofMinute(0, -2)).toEqual([]);
  expect((await ofMinute(0, -1)).length).toBeGreaterThan(500);
  expect(existsSync(join(folder, 'a'))).toBe(true);
  expect(readdirSync(join(folder, 'a')).length, 'until it is swept').toBe(5);
  await store.sweep();
  expect(readdirSync(join(folder, 'a')).length).toBe(4);
});

test('keys spread evenly over the buckets', () => {
  const counts = new Array<number>(EVENT_BUCKETS).fill(0);
  for (let key = 0; key < 60_000; key++) counts[bucketOf(String(key))] = (counts[bucketOf(String(key))] as number) + 1;
  expect(Math.min(...counts)).toBeGreaterThan(800);
  expect(Math.max(...counts)).toBeLessThan(1200);
});

test('more than is sorted at a time, in several blocks, with a cell that is larger than both: a run a minute, in the order of acceptance', async () => {
  const store = new EventStore(join(folder, 'large'), [1]);
  await store.open();
  const long = 'x'.repeat(250);
  const events = Array.from({ length: 130_000 }, (_, i) => ({
    key: i % 2 === 0 ? 'often' : String(i % 1_000),
    id: `${i}-${long}`,
    time: (i % 8 === 1 ? 1 : 0) * MINUTE_US + i,
    values: [i],
  }));
  const accepted = acceptedOf(events, 1);
  expect(accepted.bytes).toBeGreaterThan(2 * SORTED_BYTES + SPILL_BLOCK_BYTES);
  await store.append(0, accepted, 0);
  for (const minute of [0, 1]) {
    const byKey = new Map<string, number[]>();
    await store.eachOfMinute(0, minute, ({ key, values }) => byKey.set(key, [...(byKey.get(key) ?? []), values[0] as number].slice(-3)));
    const expected = Map.groupBy(
      events.filter(({ time }) => Math.floor(time / MINUTE_US) === minute),
      ({ key }) => key,
    );
    expect(new Map([...byKey].sort())).toEqual(
      new Map([...expected].map(([key, of]) => [key, of.slice(-3).flatMap(({ values }) => values)] as const).sort()),
    );
  }
  let often = 0;
  await store.eachOfCustomer(0, 0, 'often', ({ key }) => {
    expect(key).toBe('often');
    often++;
  });
  expect(often).toBe(65_000);
  // What was written is learnt anew by another one.
  const again = new EventStore(join(folder, 'large'), [1]);
  await again.open(await store.lengths());
  let loaded = 0;
  await again.load(() => loaded++);
  expect(loaded).toBe(events.length);
  let found = 0;
  await again.eachOfCustomer(0, 1, '1', () => found++);
  expect(found).toBe(events.filter(({ key, time }) => key === '1' && time >= MINUTE_US).length);
  await accepted.close();
});
