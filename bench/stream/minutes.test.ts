import { expect, test } from 'vitest';
import { cpuOfPhases } from './minutes.ts';

/** Samples each 100 ms of a process that uses one CPU second a second. */
const BUSY = Array.from({ length: 101 }, (_, i) => ({ atMs: 1000 + i * 100, seconds: 5 + i / 10 }));

test('CPU is shared out by the phases, counted back from the commit', () => {
  const cpu = cpuOfPhases(BUSY, 11_000, { seal: 500, window: 1250 });
  expect([...cpu].map(([phase, seconds]) => [phase, Number(seconds.toFixed(6))])).toEqual([
    ['ahead', 8.25],
    ['seal', 0.5],
    ['window', 1.25],
  ]);
});

test('what went into scoring before the seal is told apart', () => {
  const cpu = cpuOfPhases(BUSY, 11_000, { seal: 500 }, [4_000, 6_500]);
  expect([...cpu].map(([phase, seconds]) => [phase, Number(seconds.toFixed(6))])).toEqual([
    ['ahead', 7],
    ['draft', 2.5],
    ['seal', 0.5],
  ]);
});

test('phases that began before the first sample get what was seen of them', () => {
  const cpu = cpuOfPhases(BUSY, 2_000, { seal: 5_000, window: 500 });
  expect([...cpu].map(([phase, seconds]) => [phase, Number(seconds.toFixed(6))])).toEqual([
    ['ahead', 0],
    ['seal', 0.5],
    ['window', 0.5],
  ]);
});

test('nothing was sampled', () => {
  expect(cpuOfPhases([], 1, { seal: 1 }).size).toBe(0);
});
