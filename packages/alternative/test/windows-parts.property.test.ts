/** Goal: each kind of a window's state is exact whatever the order of events. Method: random events against the plainest computation. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareUtf8 } from '../src/parse/text.ts';
import { ExactSums } from '../src/window/exact-sums.ts';
import { Latest } from '../src/window/latest.ts';
import { Records } from '../src/window/records.ts';
import { sharedKeys, slotOfBytes } from '../src/window/shared-keys.ts';
import { SlidingGreatest } from '../src/window/sliding-greatest.ts';

const HOUR = 60;

test('the greatest value of any window that reaches up to now, with late values and values of equal size', () => {
  const event = fc.record({
    cell: fc.nat(2),
    back: fc.nat(20),
    value: fc.integer({ min: -3, max: 3 }),
    step: fc.constantFrom(0, 0, 1, 7, 40),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 120 }), (events) => {
      const sliding = new SlidingGreatest(new Records(), 3);
      const all: { cell: number; minute: number; value: number }[] = [];
      let now = 100;
      for (const { cell, back, value, step } of events) {
        now += step;
        sliding.enter(5, cell, now - back, value, now - HOUR + 1);
        all.push({ cell, minute: now - back, value });
        for (const index of [0, 1, 2]) {
          for (const from of [now - HOUR + 1, now - 13, now]) {
            const held = all.filter((each) => each.cell === index && each.minute >= from).map((each) => each.value);
            expect(sliding.greatest(5, index, from)).toBe(held.length === 0 ? null : Math.max(...held));
          }
        }
      }
      sliding.reset(5);
      expect(sliding.size).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test('only values that can still become the greatest are kept', () => {
  const sliding = new SlidingGreatest(new Records(), 1);
  for (let minute = 0; minute < 60; minute++) sliding.enter(0, 0, minute, minute, 0);
  expect(sliding.size).toBe(0);
  for (let minute = 0; minute < 60; minute++) sliding.enter(1, 0, minute, -minute, 0);
  expect(sliding.size).toBe(59);
  sliding.enter(1, 0, 100, -100, 41);
  expect(sliding.size).toBe(19);
});

test('sums are exact on both sides of 2^53, and come back from beyond', () => {
  const value = fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.constantFrom(-(2 ** 53 - 1), 2 ** 53 - 1, 100_000_000_000));
  let wide = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(1), value), { maxLength: 60 }), (adds) => {
      const sums = new ExactSums(new Records(), 2);
      const plain = [0n, 0n];
      for (const [index, each] of adds) {
        sums.add(3, index, each);
        plain[index] = (plain[index] as bigint) + BigInt(each);
        const sum = sums.get(3, index);
        if (typeof sum === 'bigint') wide++;
        expect(BigInt(sum)).toBe(plain[index]);
      }
      for (const [index, each] of adds) sums.add(3, index, -each);
      expect([sums.get(3, 0), sums.get(3, 1)].map(Number)).toEqual([0, 0]);
      sums.add(3, 0, 2 ** 53 - 1);
      sums.add(3, 0, 1);
      sums.reset(3);
      expect(sums.get(3, 0)).toBe(0);
    }),
    { numRuns: 400 },
  );
  expect(wide).toBeGreaterThan(100);
});

test('the latest value is by time, then by the id’s UTF-8 bytes, in any order of arrival', () => {
  const id = fc.constantFrom('a', 'b', 'é', '\uff5e', '\u{1f600}', 'a\u{1f600}', 'a\uff5e', 'aa');
  const event = fc.record({ time: fc.integer({ min: -2, max: 2 }), id, value: fc.integer() });
  fc.assert(
    fc.property(fc.uniqueArray(event, { selector: (each) => `${each.time} ${each.id}`, maxLength: 20 }), (events) => {
      const latest = new Latest(new Records(), 1);
      for (const each of events) latest.enter(7, 0, each.time, each.id, each.value);
      const last = [...events].sort((a, b) => a.time - b.time || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id))).at(-1);
      expect(latest.latest(7, 0, -2)).toBe(last?.value ?? null);
      expect(latest.latest(7, 0, 2)).toBe(last?.time === 2 ? last.value : null);
      latest.reset(7);
      expect(latest.latest(7, 0, -2)).toBe(null);
    }),
  );
});

test('texts are ordered as their UTF-8 bytes are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    {
      examples: [
        ['\uff5e', '\u{1f600}'],
        ['a\u{1f600}b', 'a\u{1f600}'],
        ['\u{1f600}', '\u{1f601}'],
        ['\ud7ff', '\ue000'],
      ],
    },
  );
});

test('keys that threads share: each finds its own slot by its bytes, and nobody else', () => {
  const key = fc.oneof(
    fc.constantFrom('', 'a', 'é', '\u{1f600}', '12', '120'),
    fc.string({ unit: 'binary', maxLength: 5 }).map((text) => text.toWellFormed()),
  );
  const slots = fc
    .uniqueArray(key, { maxLength: 60 })
    .chain((keys) => fc.tuple(fc.constant(keys), fc.array(fc.boolean(), { minLength: keys.length, maxLength: keys.length })));
  fc.assert(
    fc.property(slots, key, ([keys, free], other) => {
      const shared = sharedKeys(keys.map((each, i) => (free[i] === true ? null : each)));
      const slotOf = (text: string) => {
        const bytes = Buffer.from(`-${text}-`);
        return slotOfBytes(shared, bytes, 1, bytes.length - 1);
      };
      for (const [i, each] of keys.entries()) expect(slotOf(each)).toBe(free[i] === true ? -1 : i);
      if (!keys.includes(other)) expect(slotOf(other)).toBe(-1);
    }),
  );
});
