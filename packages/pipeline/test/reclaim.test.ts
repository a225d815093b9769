/** Goal: what a verifier has not seen yet stays, within bounds. Method: verdicts by hand. */
import { MICROS_PER_MINUTE, type MinuteVerdict, type VerdictSource } from '@parallax/core';
import { expect, test } from 'vitest';
import { heldFrom } from '../src/reclaim.ts';
import { firstUnverified } from '../src/run/coordinator.ts';

const minutes = (n: number) => BigInt(n) * MICROS_PER_MINUTE;
const given = (...of: readonly number[]): VerdictSource => ({
  verdictOf: (minute) => (of.some((n) => minutes(n) === minute) ? ({ minute } as MinuteVerdict) : null),
});

test('the first minute without a verdict, from where it was looked for before', () => {
  expect(firstUnverified(given(), minutes(5), minutes(9))).toBe(minutes(5));
  expect(firstUnverified(given(5, 6, 8), minutes(5), minutes(9))).toBe(minutes(7));
  expect(firstUnverified(given(5, 6), minutes(5), minutes(6))).toBe(minutes(7));
});

test('parts are kept from there on, but for an hour at most', () => {
  expect(heldFrom(minutes(100), null)).toBeNull();
  expect(heldFrom(minutes(100), minutes(90))).toBe(minutes(90));
  expect(heldFrom(minutes(100), minutes(10))).toBe(minutes(40));
});
