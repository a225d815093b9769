import { expect, test } from 'vitest';
import { cpuOfPhases } from './minutes.ts';

/** Samples each 100 ms of a process that uses one CPU second a second. */
const BUSY = Array.from({ length: 101 }, (_, i) => ({ atMs: 1000 + i * 100, seconds: 5 + i / 10 }));

const rounded = (cpu: ReadonlyMap<string, number>) => [...cpu].map(([phase, seconds]) => [phase, Number(seconds.toFixed(6))]);

test('CPU is shared out by the phases; what is in none is ahead of them', () => {
  const spans = [
    { phase: 'seal', from: 9_250, to: 9_750 },
    { phase: 'window', from: 9_750, to: 11_000 },
  ];
  expect(rounded(cpuOfPhases(BUSY, 11_000, spans))).toEqual([
    ['ahead', 8.25],
    ['seal', 0.5],
    ['window', 1.25],
  ]);
});

test('phases that ran at once share what was used meanwhile', () => {
  const spans = [
    { phase: 'draft', from: 4_000, to: 6_500 },
    { phase: 'act', from: 9_000, to: 10_000 },
    { phase: 'lines', from: 9_500, to: 11_000 },
  ];
  expect(rounded(cpuOfPhases(BUSY, 11_000, spans))).toEqual([
    ['ahead', 5.5],
    ['draft', 2.5],
    ['act', 0.75],
    ['lines', 1.25],
  ]);
});

test('phases that began before the first sample get what was seen of them', () => {
  const spans = [
    { phase: 'seal', from: -4_000, to: 1_500 },
    { phase: 'window', from: 1_500, to: 2_000 },
  ];
  expect(rounded(cpuOfPhases(BUSY, 2_000, spans))).toEqual([
    ['ahead', 0],
    ['seal', 0.5],
    ['window', 0.5],
  ]);
});

test('nothing was sampled', () => {
  expect(cpuOfPhases([], 1, [{ phase: 'seal', from: 0, to: 1 }]).size).toBe(0);
});
