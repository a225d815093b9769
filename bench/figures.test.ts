import { expect, test } from 'vitest';
import { figure, holds, percentile, rounded } from './figures.ts';

test.each([
  [40, '<= 40', true],
  [40.01, '<= 40', false],
  [20_000, '>= 20000', true],
  [19_999, '>= 20000', false],
  [0, '= 0', true],
  [1, '= 0', false],
  [Number.NaN, '<= 40', false],
  [Number.NaN, '>= 40', false],
  [-1, '<= -0.5', true],
])('%s %s: %s', (value, goal, expected) => {
  expect(holds(value, goal)).toBe(expected);
});

test('a goal that is no comparison is refused', () => {
  expect(() => holds(1, 'about 4')).toThrow(RangeError);
});

test('a figure that was not measured is not judged', () => {
  expect(figure('f', null, 's', '<= 1')).toEqual({ name: 'f', value: null, unit: 's', goal: '<= 1', holds: null });
  expect(figure('f', 2, 's').holds).toBeNull();
});

test('percentiles by nearest rank', () => {
  expect(percentile([4, 1, 3, 2], 0.5)).toBe(2);
  expect(percentile([4, 1, 3, 2], 0.95)).toBe(4);
  expect(percentile([7], 0.95)).toBe(7);
  expect(percentile([], 0.95)).toBeNaN();
  expect(rounded(1.25, 1)).toBe(1.3);
});
