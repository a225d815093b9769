/** Goal: of more customers with actions than one minute takes from raw events, each is taken within as few minutes as can be. */
import { expect, test } from 'vitest';
import { inTurn } from '../src/lookups.ts';

const list = (n: number) => Array.from({ length: n }, (_, i) => String(i));

test('few are all taken, in their order', () => {
  for (const n of [0, 1, 7]) expect(inTurn(list(n), 7, 123n)).toEqual(list(n));
});

test.each([8, 13, 14, 20, 100])('of %d at most 7 a turn, none twice, and all within the turns that they need', (n) => {
  const turns = Math.ceil(n / 7);
  for (const first of [0n, 1n, 29_460_123n]) {
    const taken = new Set<string>();
    for (let turn = 0; turn < turns; turn++) {
      const some = inTurn(list(n), 7, first + BigInt(turn));
      expect(new Set(some).size).toBe(7);
      for (const each of some) taken.add(each);
    }
    expect(taken.size).toBe(n);
  }
});
