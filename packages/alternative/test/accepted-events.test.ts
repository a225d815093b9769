/** Goal: what a minute has accepted is bounded in memory and loses nothing on disk. Method: events of many blocks, taken back and looked up, and files that are touched. */
import { existsSync, mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AcceptedEvents } from '../src/accept/accepted-events.ts';
import { SPILL_BLOCK_BYTES } from '../src/limits.ts';
import type { EventReader, WrittenEvent } from '../src/store/event-codec.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parallax-accepted-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The `i`th event; its id is `bytes` long. */
function eventOf(i: number, bytes = 200): WrittenEvent {
  const idBytes = Buffer.from(`${i}`.padStart(bytes, '.'));
  return { key: `k${i % 7}`, time: i, idBytes, idStart: 0, idEnd: idBytes.length, values: Float64Array.of(i, Number.NaN) };
}

const numberOf = ({ id }: EventReader): number => Number(id.replaceAll('.', ''));

async function numbersOf(events: AcceptedEvents): Promise<readonly number[]> {
  const found: number[] = [];
  await events.each((event) => {
    event.body();
    expect([event.key, event.time, ...event.values]).toEqual([`k${numberOf(event) % 7}`, numberOf(event), numberOf(event), Number.NaN]);
    found.push(numberOf(event));
  });
  return found;
}

test('events of many blocks, some of them taken back: each is found at its place, and given in order', async () => {
  const events = new AcceptedEvents(join(folder, 'many'), 2);
  const places: number[] = [];
  for (let i = 0; places.length < 100 || events.bytes < 3.5 * SPILL_BLOCK_BYTES; i++) places.push(events.add(eventOf(i)));
  // Longer than what is read of a place at once.
  places.push(events.add(eventOf(places.length, 4_000)));
  const isTaken = (i: number) => i % 5 === 2;
  for (const [i, place] of places.entries()) if (isTaken(i)) events.takeBack(place);
  const left = [...places.keys()].filter((i) => !isTaken(i));
  expect(events.count).toBe(left.length);
  for (const i of [0, 1, 3, left.at(-1) ?? 0]) expect(numberOf(events.at(places[i] as number))).toBe(i);
  expect(await numbersOf(events)).toEqual(left);
  expect(existsSync(join(folder, 'many'))).toBe(true);
  await events.close();
  expect(existsSync(join(folder, 'many')), 'removed with the minute').toBe(false);
  expect(() => events.at(0)).toThrow('after it');
  await expect(events.each(() => {})).rejects.toThrow('after it');
});

test('a minute without events, or with few, has no file', async () => {
  const events = new AcceptedEvents(join(folder, 'few'), 2);
  expect(await numbersOf(events)).toEqual([]);
  const place = events.add(eventOf(3));
  events.takeBack(events.add(eventOf(4)));
  expect([events.count, numberOf(events.at(place))]).toEqual([1, 3]);
  expect(await numbersOf(events)).toEqual([3]);
  await events.close();
  expect(existsSync(join(folder, 'few'))).toBe(false);
});

test('a file that is cut off or gone is an error that says so, and can be retried from the checkpoint', async () => {
  const path = join(folder, 'touched');
  const events = new AcceptedEvents(path, 2);
  while (events.bytes < 2 * SPILL_BLOCK_BYTES) events.add(eventOf(1));
  const lost = { code: 'PRLX_ALTERNATIVE_SPILL', retryable: true };
  truncateSync(path, 100);
  await expect(events.each(() => {})).rejects.toMatchObject(lost);
  expect(() => events.at(0)).toThrow('no event at 0');
  rmSync(path);
  await expect(events.each(() => {})).rejects.toMatchObject({ ...lost, message: expect.stringContaining(path) as string });
  expect(() => events.at(0)).toThrow('it is gone');
  expect(() => events.takeBack(0)).toThrow('it is gone');
  await events.close();
});
