import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyTable } from '../src/stages/key-table.ts';

/** Goal: keys are found by their bytes, wherever these lie, and nothing else is. Method: any texts beside a map. */
const keys = fc.uniqueArray(fc.oneof(fc.string({ unit: 'grapheme' }), fc.nat().map(String), fc.constantFrom('', 'ключ', '鍵')), {
  maxLength: 200,
});

test('a key is found by its bytes, and no other is', () => {
  fc.assert(
    fc.property(keys, fc.array(fc.string({ unit: 'grapheme' })), fc.nat(9), (some, others, before) => {
      const table = new KeyTable(some);
      const numbers = new Map(some.map((key, number) => [key, number] as const));
      for (const key of [...some, ...others]) {
        const number = numbers.get(key) ?? -1;
        const bytes = Buffer.concat([Buffer.alloc(before, 7), Buffer.from(key), Buffer.from('more')]);
        expect(table.at(bytes, before, bytes.length - 4)).toBe(number);
      }
    }),
  );
});

test('of a key that stands twice the later number counts', () => {
  const table = new KeyTable(['a', 'b', 'a']);
  expect(['a', 'b', ''].map((key) => table.at(Buffer.from(key), 0, key.length))).toEqual([2, 1, -1]);
});
