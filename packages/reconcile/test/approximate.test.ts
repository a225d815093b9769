/**
 * Goal: only declared columns have a tolerance, and what depends on one inside its band is borderline, no mismatch. Method: one customer whose
 * approximate column is given another value on the Spark side.
 */
import { expect, test } from 'vitest';
import { buildProject } from '../../../test/contract/project-builder.ts';
import { buildRecording, instant, payload } from '../../../test/contract/recording-builder.ts';
import { compareBoth } from './both.ts';
import type { Tampering } from './fake-spark.ts';

const PROJECT = {
  ...buildProject({
    settings: { approximate: { mood: { tolerance: 0.001, band: [39.9, 40.1] } }, actions: { call: { cool_down: '2m' } } },
    streams: { s: { variables: [{ name: 'x', places: 2, aggregates: ['sum'] }] } },
  }),
  'alternative.ts': `export function satisfaction(c) {
  return { satisfaction: { unscaled: 5000n, places: 2 }, mood: Number(c.stream.s_x_sum_1h.unscaled) / 100 };
}
export function actions(c, result) {
  return result.mood < 40 ? [{ action: 'call', reason: null }] : [];
}
`,
};

const recordingOf = (x: string) =>
  buildRecording({
    from: instant('10:00'),
    iterations: 3,
    messages: [{ iteration: instant('10:00'), stream: 's', payload: payload('1', '10:00', 'a', { x }) }],
    batch: { '2026-01-05': { tables: { 'dwh/profile': 'customer_id,tier\n1,gold\n' } } },
  });

const mood = (to: string, minute = '10:00', dropActions = false): Tampering => ({
  lines: (at, file, lines) => {
    if (at !== instant(minute)) return lines;
    if (file === 'results') return lines.map((line) => line.replace(/"mood":[0-9.]+/, `"mood":${to}`));
    return file === 'actions' && dropActions ? [] : lines;
  },
});

const TEST_MS_MAX = 60_000;
const said = async (x: string, tampering: Tampering) =>
  (await compareBoth({ project: PROJECT, recording: recordingOf(x) }, tampering)).map(({ verdict, blocks, coverage }) => [
    verdict,
    blocks.kind,
    coverage.borderline ?? 0,
  ]);

test('within the tolerance is equal', { timeout: TEST_MS_MAX }, async () => {
  expect((await said('30', mood('30.001')))[0]).toEqual(['match', 'none', 0]);
});

test('beyond it is a mismatch', { timeout: TEST_MS_MAX }, async () => {
  expect((await said('30', mood('30.0011')))[0]).toEqual(['mismatch', 'customers', 0]);
});

test('a decision of a customer in the band is borderline: held, no mismatch; nor is the next one before the cool-down is over', {
  timeout: TEST_MS_MAX,
}, async () => {
  expect(await said('39.95', mood('39.9505', '10:00', true))).toEqual([
    ['match', 'customers', 1],
    ['match', 'customers', 1],
    ['match', 'customers', 1],
  ]);
});

test('outside the band a decision that differs is a mismatch', { timeout: TEST_MS_MAX }, async () => {
  expect((await said('30', mood('30', '10:00', true)))[0]).toEqual(['mismatch', 'customers', 0]);
});
