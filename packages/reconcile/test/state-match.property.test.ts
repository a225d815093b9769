/**
 * Goal: what the quick look calls equal is equal, in every kept aggregate, and what is equal it calls so. Method: random states, packed; each held
 * against its own numbers, against those with one changed, and with a byte changed or cut off, as `StreamState` unpacks them.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WindowCells } from '../src/sides.ts';
import { PackedFault } from '../src/spark-side/bytes.ts';
import { KEEP_COUNT, KEEP_LAST, KEEP_MAX, KEEP_MIN, KEEP_SUM, type StreamLayout } from '../src/spark-side/layout.ts';
import { StateMatch } from '../src/spark-side/state-match.ts';
import { StreamState } from '../src/spark-side/stream-state.ts';
import { type FakeEvent, packState } from './packed-state.ts';

const KEPT = [
  ['sum', KEEP_SUM],
  ['count', KEEP_COUNT],
  ['min', KEEP_MIN],
  ['max', KEEP_MAX],
  ['last', KEEP_LAST],
] as const;

const layoutOf = (keeps: readonly number[]): StreamLayout => ({
  keeps: Uint8Array.from(keeps),
  keepsLast: keeps.some((bits) => (bits & KEEP_LAST) !== 0),
  bitmapBytes: Math.ceil(keeps.length / 8),
});

const value = fc.oneof(fc.constant(Number.NaN), fc.integer({ min: -300, max: 300 }), fc.integer({ min: -1e11, max: 1e11 }));
const state = fc
  .array(fc.integer({ min: 1, max: 31 }), { minLength: 1, maxLength: 11 })
  .chain((keeps) =>
    fc.tuple(
      fc.constant(layoutOf(keeps)),
      fc.array(fc.array(value, { minLength: keeps.length, maxLength: keeps.length }), { maxLength: 4 }),
    ),
  );

function packed({ keeps, keepsLast }: StreamLayout, rows: readonly (readonly number[])[]): Uint8Array {
  const events = rows.map((values, i): FakeEvent => ({ iteration: 0n, stream: 0, key: 'k', id: `e${i}`, time: BigInt(i % 2), values }));
  return events.length === 0 ? new Uint8Array(0) : packState(events, keeps, keepsLast);
}

/** The numbers of a state as the other side would keep them. */
function cellsOf(bytes: Uint8Array, layout: StreamLayout): WindowCells {
  const unpacked = new StreamState(layout);
  unpacked.read(bytes, 0, bytes.length);
  const numbers = (of: readonly (number | bigint)[], bits: number) =>
    Float64Array.from(of, (each, i) => (((layout.keeps[i] as number) & bits) !== 0 ? Number(each) : Number.NaN));
  return {
    // Of a variable whose count is not kept the other side knows it all the same.
    count: Float64Array.from(unpacked.present, (present, i) =>
      present === 0 ? 0 : ((layout.keeps[i] as number) & KEEP_COUNT) !== 0 ? Number(unpacked.count[i]) : 1,
    ),
    sum: numbers(unpacked.sum, KEEP_SUM),
    min: numbers(unpacked.min, KEEP_MIN),
    max: numbers(unpacked.max, KEEP_MAX),
    last: numbers(unpacked.last, KEEP_LAST),
  };
}

const isEqual = (bytes: Uint8Array, layout: StreamLayout, cells: WindowCells) =>
  new StateMatch().isEqual(bytes, 0, bytes.length, layout, cells);

test('a state equals its own numbers, and no others', () => {
  let changed = 0;
  fc.assert(
    fc.property(state, ([layout, rows]) => {
      const bytes = packed(layout, rows);
      const cells = cellsOf(bytes, layout);
      expect(isEqual(bytes, layout, cells)).toBe(true);
      for (let i = 0; i < layout.keeps.length; i++) {
        if (cells.count[i] === 0) {
          cells.count[i] = 1;
          expect(isEqual(bytes, layout, cells)).toBe(false);
          cells.count[i] = 0;
          continue;
        }
        for (const [name, bits] of KEPT) {
          if (((layout.keeps[i] as number) & bits) === 0) continue;
          const own = cells[name][i] as number;
          for (const other of [own + 1, own - 1, -own - 1, Number.NaN]) {
            cells[name][i] = other;
            expect(isEqual(bytes, layout, cells)).toBe(false);
            changed++;
          }
          cells[name][i] = own;
        }
      }
    }),
  );
  expect(changed).toBeGreaterThan(1_000);
});

test('bytes that were changed or cut off are equal only when they unpack to the same numbers', () => {
  fc.assert(
    fc.property(state, fc.nat(), fc.integer({ min: 1, max: 255 }), ([layout, rows], place, flip) => {
      const bytes = packed(layout, rows);
      if (bytes.length === 0) return;
      const cells = cellsOf(bytes, layout);
      const flipped = Uint8Array.from(bytes);
      const at = place % bytes.length;
      flipped[at] = (flipped[at] as number) ^ flip;
      for (const other of [flipped, bytes.subarray(0, at)]) {
        if (!isEqual(other, layout, cells)) continue;
        expect(() => cellsOf(other, layout)).not.toThrow(PackedFault);
        const unpacked = cellsOf(other, layout);
        for (const [name, bits] of KEPT)
          for (let i = 0; i < layout.keeps.length; i++)
            if (cells.count[i] !== 0 && ((layout.keeps[i] as number) & bits) !== 0) expect(unpacked[name][i]).toBe(cells[name][i]);
        expect([...unpacked.count].map((n) => n > 0)).toEqual([...cells.count].map((n) => n > 0));
      }
    }),
    { numRuns: 2_000 },
  );
});

test('what no double holds is left to be unpacked', () => {
  const layout = layoutOf([KEEP_SUM]);
  const wide = packed(layout, new Array<readonly number[]>(4).fill([2 ** 52]));
  expect(isEqual(wide, layout, { ...cellsOf(wide, layout), sum: Float64Array.of(Number.NaN) })).toBe(false);
  // From the very end of its bytes nothing is read.
  expect(isEqual(Uint8Array.of(0x81), layout, { ...cellsOf(wide, layout) })).toBe(false);
});
