/** Goal: what Spark's panes give together is what the events give. Method: random events over several panes of one minute, as each iteration adds one. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recount, remerge } from '../src/cause/recount.ts';
import { KEEP_COUNT, KEEP_LAST, KEEP_MAX, KEEP_MIN, KEEP_SUM } from '../src/spark-side/layout.ts';
import { StreamState } from '../src/spark-side/stream-state.ts';
import { type FakeEvent, packState } from './packed-state.ts';

const KEEPS = Uint8Array.of(KEEP_SUM | KEEP_COUNT | KEEP_MIN | KEEP_MAX | KEEP_LAST, KEEP_LAST);
const LAYOUT = { keeps: KEEPS, keepsLast: true, bitmapBytes: 1 };

const value = fc.oneof(fc.constant(Number.NaN), fc.integer({ min: -9, max: 9 }));
const events = fc.array(fc.record({ pane: fc.nat(2), time: fc.nat(3), x: value, y: value }), { maxLength: 12 });

test('sum, count, average, extremes and the last value of several panes are those of their events', () => {
  let severalLasts = 0;
  fc.assert(
    fc.property(events, (drawn) => {
      const all = drawn.map(({ pane, time, x, y }, i): FakeEvent & { readonly pane: number } => ({
        ...{ pane, iteration: BigInt(pane), stream: 0, key: 'k', time: BigInt(time), values: [x, y] },
        id: `${(i * 7) % 12}`,
      }));
      const states = [0, 1, 2].map((pane) => {
        const own = all.filter((event) => event.pane === pane);
        const bytes = own.length === 0 ? new Uint8Array(0) : packState(own, KEEPS, true);
        const state = new StreamState(LAYOUT);
        state.read(bytes, 0, bytes.length);
        return state;
      });
      const plain = all.map(({ time, id, values }) => ({ stream: 0, time: Number(time), id, values: Float64Array.from(values) }));
      for (const aggregate of ['sum', 'count', 'avg', 'min', 'max', 'last'] as const)
        expect(remerge(states, 0, aggregate)).toBe(recount(plain, 0, aggregate));
      expect(remerge(states, 1, 'last')).toBe(recount(plain, 1, 'last'));
      if (states.filter(({ present }) => present[1] === 1).length > 1) severalLasts++;
    }),
  );
  expect(severalLasts).toBeGreaterThan(10);
});
