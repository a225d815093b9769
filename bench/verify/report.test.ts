import { expect, test } from 'vitest';
import { type VerifiedMinute, verifyReport } from './report.ts';

const minute = (i: number, changes: Partial<VerifiedMinute> = {}): VerifiedMinute => ({
  minute: 1_767_600_000_000_000n + BigInt(i) * 60_000_000n,
  events: 300_000,
  population: 200_000,
  sparkSide: 30,
  verifier: 15,
  verdict: 'match',
  lagSeconds: 9,
  commitSeconds: 6,
  ...changes,
});
const named = (report: ReturnType<typeof verifyReport>, part: string) => report.figures.find(({ name }) => name.includes(part));

test('the figures of the issue: CPU beside Spark’s, memory, seal to verdict at both rates', () => {
  const full = [minute(0), minute(1, { verifier: 18, lagSeconds: 14.9 })];
  const report = verifyReport({ rate: 5_000, slowRate: 1_000, full, slow: [minute(2, { lagSeconds: 5 })], peakMib: 2_000 });
  expect(named(report, 'CPU of alternative')).toMatchObject({ value: 16.5, goal: '<= 25', holds: true });
  expect(named(report, 'CPU of Spark')).toMatchObject({ value: 30, goal: null });
  expect(named(report, 'of the Spark side')).toMatchObject({ value: 0.55 });
  expect(named(report, 'RSS')).toMatchObject({ value: 2_000, holds: true });
  expect(named(report, '5000 events/s')).toBeDefined();
  expect(named(report, 'verdict, p95, at 5000')).toMatchObject({ value: 14.9, holds: true });
  expect(named(report, 'verdict, p95, at 1000')).toMatchObject({ value: 5, holds: true });
  expect(named(report, 'commit, p95, at 5000')).toMatchObject({ value: 8.9, goal: null });
  expect(named(report, 'commit, p95, at 1000')).toMatchObject({ value: 0 });
  expect(report.tables).toHaveLength(2);
  expect(report.charts).toHaveLength(2);
});

test('a minute without a verdict, and one that does not match, are failures and not left out', () => {
  const full = [minute(0, { verdict: null, lagSeconds: null }), minute(1, { verdict: 'mismatch' }), minute(2)];
  const report = verifyReport({ rate: 5_000, slowRate: 1_000, full, slow: [], peakMib: 0 });
  expect(named(report, 'without a verdict')).toMatchObject({ name: 'minutes of 3 without a verdict', value: 1, holds: false });
  expect(named(report, 'is no match')).toMatchObject({ value: 1, holds: false });
  expect(named(report, 'verdict, p95, at 1000')).toMatchObject({ value: null, holds: null });
  expect(named(report, 'RSS')).toMatchObject({ value: null });
});
