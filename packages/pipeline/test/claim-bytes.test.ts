import { expect, test } from 'vitest';
import { claimsIn } from '../src/ingest/claim-bytes.ts';

/** Goal: packed claims are read as `spark-functions` packs them. Method: bytes by hand; `cli/test/events.it.test.ts` has Spark's own. */
const zeros = (n: number) => new Array<number>(n).fill(0);
const CLAIMS = [
  ...[...zeros(16), 1, 2, 0x61, 0x62, ...zeros(8), 3, 0xac, 0x02],
  ...[...zeros(16), 0x80, 0x01, 2, 0xc3, 0xa4, ...zeros(8), 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
];

test('entry after entry, with numbers of any length', () => {
  // Not at the beginning of its buffer.
  expect([...claimsIn(Uint8Array.from([9, ...CLAIMS]).subarray(1))]).toEqual([
    { stream: 1, id: 'ab', partition: 3, offset: 300n },
    { stream: 128, id: 'ä', partition: 0, offset: 2n ** 56n - 1n },
  ]);
  expect([...claimsIn(new Uint8Array())]).toEqual([]);
});

test('an entry that is cut short is refused', () => {
  expect(() => [...claimsIn(Uint8Array.from(CLAIMS.slice(0, -1)))]).toThrow(RangeError);
});
