/** Goal: figures are ratios to the layout that is kept, and say so when another does a minute's work for less. */
import { expect, test } from 'vitest';
import { KEPT } from './layouts.ts';
import type { MeasuredLayout } from './measure.ts';
import { layoutReport } from './report.ts';

const SIZE = { customers: 50_000, variables: 100, minuteEvents: 100_000, hourEvents: 240_000, rounds: 3 };
const KEPT_COSTS: MeasuredLayout = { name: KEPT, sum: 2, merge: 1, read: 0.5, panesMib: 40, windowsMib: 20 };

test('each of the others by the one that is kept', () => {
  const { figures, tables } = layoutReport(
    [{ name: 'arrays', sum: 5, merge: 0.9, read: 0.1, panesMib: 60, windowsMib: 10 }, KEPT_COSTS],
    SIZE,
  );
  const of = (name: string) => figures.find((figure) => figure.name.startsWith(name) && figure.name.includes('arrays'));
  expect(of('sum a minute')).toMatchObject({ value: 2.5, unit: '×', goal: '>= 1', holds: true });
  expect(of('merge an hour')).toMatchObject({ value: 0.9, holds: false });
  expect(of('read 10')).toMatchObject({ value: 0.2, goal: null });
  expect(of('panes of the hour')).toMatchObject({ value: 1.5 });
  expect(of('windows on disk')).toMatchObject({ value: 0.5 });
  expect(tables[0]?.rows).toEqual([
    ['arrays', '5.00 (2.5 ×)', '0.90 (0.9 ×)', '0.10 (0.2 ×)', '60.00 (1.5 ×)', '10.00 (0.5 ×)'],
    [KEPT, '2.00', '1.00', '0.50', '40.00', '20.00'],
  ]);
});

test('of what took too little to be seen there is no ratio', () => {
  const { figures } = layoutReport(
    [
      { ...KEPT_COSTS, name: 'arrays' },
      { ...KEPT_COSTS, read: 0 },
    ],
    SIZE,
  );
  expect(figures.find(({ name }) => name.startsWith('read 10') && name.includes('arrays'))?.value).toBeNull();
});

test('without the layout that is kept there is nothing to compare with', () => {
  expect(() => layoutReport([{ ...KEPT_COSTS, name: 'arrays' }], SIZE)).toThrow(RangeError);
});
