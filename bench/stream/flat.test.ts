/** Goal: an engine that is still getting faster, or a minute that grows, is not taken for flat; one minute that was disturbed does no harm. */
import { expect, test } from 'vitest';
import { isFlat, spreadOf } from './flat.ts';

/** CPU seconds of the minutes 2 to 28 of a growing hour (stream.json of 2026-11-30): the virtual machine compiled until about the twentieth. */
const COMPILING = [
  12.17, 8.87, 9.54, 8.74, 8.5, 8.17, 8.15, 8.27, 7.66, 7.15, 6.39, 6.63, 7.09, 7.49, 6.62, 6.83, 6.24, 6.21, 6.17, 6.16, 6.06, 5.65, 5.76,
  6.64, 5.68, 6.67, 6.41,
];

test('nine minutes at least', () => {
  expect(spreadOf([])).toBeNull();
  expect(isFlat(Array(8).fill(5))).toBe(false);
  expect(spreadOf(Array(9).fill(5))).toBe(0);
  expect(isFlat(Array(9).fill(5))).toBe(true);
});

test('while the virtual machine compiles it is not flat, once it is done it is', () => {
  const flatAfter = COMPILING.findIndex((_, i) => isFlat(COMPILING.slice(0, i + 1))) + 1;
  expect(flatAfter).toBe(24);
});

test.each([
  ['falls by 2 % a minute', 0.98],
  ['grows by 2 % a minute', 1.02],
])('what %s is not flat', (_, factor) => {
  expect(isFlat(Array.from({ length: 30 }, (_value, i) => 10 * factor ** i))).toBe(false);
});

test('the bound is a tenth of the least median, whichever of the three it is', () => {
  const minutes = (...medians: number[]) => medians.flatMap((cost) => [cost, cost, cost]);
  expect(spreadOf(minutes(10, 10.9, 10))).toBeCloseTo(0.09);
  expect(isFlat(minutes(10, 10.9, 10))).toBe(true);
  expect(isFlat(minutes(10, 11.1, 10))).toBe(false);
  expect(isFlat(minutes(11.1, 10.5, 10))).toBe(false);
});

test('one dear minute of three does not show, two do', () => {
  expect(isFlat([5, 5, 5, 5, 50, 5, 5, 5, 5])).toBe(true);
  expect(isFlat([5, 5, 5, 50, 50, 5, 5, 5, 5])).toBe(false);
});

test('only the last three whole threes count', () => {
  expect(isFlat([40, 30, 20, ...Array(9).fill(5)])).toBe(true);
  expect(isFlat([...Array(9).fill(5), 50, 50])).toBe(true);
  expect(isFlat([...Array(9).fill(5), 50, 50, 5])).toBe(false);
});
