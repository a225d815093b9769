/** Goal: packed numbers and texts are read as they were written. Method: random values of every size, and each place where they may be cut. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteCursor, PackedFault, textOf } from '../src/spark-side/bytes.ts';
import { Packer } from './packed.ts';

const int64 = fc.oneof(
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  fc.bigInt({ min: -(1n << 30n), max: 1n << 30n }),
  fc.constantFrom(0n, -1n, 1n << 53n, -(1n << 53n), (1n << 53n) - 1n),
);

function cursorOf(packer: Packer): ByteCursor {
  const cursor = new ByteCursor();
  cursor.open(packer.done());
  return cursor;
}

test('numbers of 64 bits, with sign and without', () => {
  fc.assert(
    fc.property(fc.array(int64, { minLength: 1, maxLength: 20 }), (values) => {
      const packer = new Packer();
      for (const value of values) packer.zigzag(value).uvarint(BigInt.asUintN(64, value)).int64(value);
      const cursor = cursorOf(packer);
      for (const value of values) {
        const signed = cursor.zigzag();
        expect(BigInt(signed)).toBe(value);
        expect(typeof signed === 'number').toBe(value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER));
        expect(BigInt(cursor.uvarint())).toBe(BigInt.asUintN(64, value));
        expect(cursor.int64()).toBe(value);
      }
      expect(cursor.hasMore).toBe(false);
    }),
  );
});

test('bytes that are cut short are refused, never misread', () => {
  fc.assert(
    fc.property(int64, fc.string({ unit: 'grapheme', maxLength: 20 }), (value, text) => {
      const whole = new Packer().zigzag(value).int64(value).text(text).done();
      for (let length = 0; length < whole.length; length++) {
        const cursor = new ByteCursor();
        cursor.open(whole, 0, length);
        const readAll = () => {
          cursor.zigzag();
          cursor.int64();
          cursor.skip(cursor.length());
        };
        expect(readAll).toThrow(PackedFault);
      }
    }),
    { numRuns: 30 },
  );
});

test('texts are their UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
      const bytes = Buffer.from(`<${text}>`);
      expect(textOf(bytes, 1, bytes.length - 1)).toBe(text);
    }),
  );
});
