/** Goal: an event has one checksum however its key and id are held, and another event another one. Method: the same events as texts and as bytes. */
import { expect, test } from 'vitest';
import { EventChecksum } from '../src/event-checksum.ts';

const values = Float64Array.of(0, 7, Number.NaN, -1e11);

function ofTexts(key: string, id: string, micros = 5): string {
  const sum = new EventChecksum();
  sum.add(key, id, micros, values, 1, 3);
  return sum.hex;
}

function ofBytes(key: string, id: string, micros = 5): string {
  const [a, b] = [Buffer.from(key), Buffer.from(id)];
  const bytes = Buffer.concat([Buffer.from('<'), a, b, Buffer.from('>')]);
  const ends = { keyStart: 1, keyEnd: 1 + a.length, idStart: 1 + a.length, idEnd: 1 + a.length + b.length };
  const sum = new EventChecksum();
  sum.addPacked({ bytes, ...ends }, micros, values, 1, 3);
  return sum.hex;
}

test.each([
  ['17', 'n-1'],
  ['', ''],
  ['clé', 'é'],
  ['🙂', 'a'],
  ['0', '\u0000'],
])('key %s and id %s', (key, id) => {
  expect(ofBytes(key, id)).toBe(ofTexts(key, id));
  expect(ofBytes(key, id, 6)).not.toBe(ofTexts(key, id));
  expect(ofBytes(`${key}x`, id)).not.toBe(ofTexts(key, `x${id}`));
});
