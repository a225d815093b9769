/**
 * Goal: what both sides keep wrongly in the same way shows in the raw events, and a verdict says of whom they were read. Method: a small recording on
 * both sides; what the alternative keeps, or what its raw events are, is told otherwise.
 */
import type { MinuteVerdict } from '@parallax/core';
import { expect, test } from 'vitest';
import { buildProject } from '../../../test/contract/project-builder.ts';
import { buildRecording, instant, payload } from '../../../test/contract/recording-builder.ts';
import type { AlternativeLookups, RawWindows } from '../src/sides.ts';
import { compareBoth } from './both.ts';

const KEYS = Array.from({ length: 40 }, (_, i) => String(i + 1));
const MINUTES = 60;

const PROJECT = {
  ...buildProject({
    streams: { s: { variables: [{ name: 'x', places: 0, aggregates: ['sum', 'max'] }] } },
    batch: { dwh: [{ name: 'profile', columns: { tier: 'text' } }] },
  }),
  'alternative.ts': `export const satisfaction = () => ({ satisfaction: { unscaled: 5000n, places: 2 } });
export const actions = (c) => (c.customer_id === 7n ? [{ action: 'call', reason: null }] : []);
`,
};
const recordingOf = (minutes: number) =>
  buildRecording({
    from: instant('10:00'),
    iterations: minutes,
    messages: KEYS.map((key, i) => ({
      iteration: instant('10:00'),
      stream: 's',
      payload: payload(key, '10:00:10', `e${key}`, { x: String(i) }),
    })),
    batch: { '2026-01-04': { tables: { 'dwh/profile': `customer_id,tier\n${KEYS.map((key) => `${key},gold`).join('\n')}\n` } } },
  });
const caseOf = (minutes: number) => ({ project: PROJECT, recording: recordingOf(minutes) });

const named = (verdicts: readonly MinuteVerdict[]) =>
  verdicts.flatMap(({ verdict, stage, source, variable }, minute) =>
    verdict === 'match' ? [] : [[minute, verdict, stage, source, variable]],
  );

test('each hour, every customer is held against its raw events, and whoever gets an action at once', { timeout: 60_000 }, async () => {
  const verdicts = await compareBoth(caseOf(MINUTES));
  expect(named(verdicts)).toEqual([]);
  expect(verdicts.map(({ coverage }) => coverage.raw_bucket)).toEqual(Array.from({ length: MINUTES }, (_, i) => i));
  const sum = (what: string) => verdicts.reduce((n, { coverage }) => n + Number(coverage[what]), 0);
  expect(sum('customers_with_actions')).toBe(1);
  expect(sum('raw_customers_with_actions')).toBe(1);
  // Customer 7 is covered twice: with its action in the first minute, and in its bucket's.
  expect([KEYS.length, KEYS.length + 1]).toContain(sum('raw_customers'));
});

/** Raw events that give something else for one customer's largest `x`. */
const otherRaw = (lookups: AlternativeLookups): AlternativeLookups => {
  const tell = (raw: RawWindows): RawWindows => ({
    ...{ events: raw.events, keys: () => raw.keys(), covers: (key) => key === '5' || raw.covers(key) },
    value: (key, stream, variable, aggregate, window) => (key === '5' ? 99 : raw.value(key, stream, variable, aggregate, window)),
  });
  return changed(lookups, {
    raw: async () => tell(await lookups.raw()),
    rawOf: async (bucket, keys) => tell(await lookups.rawOf(bucket, keys)),
  });
};

const changed = (lookups: AlternativeLookups, by: Partial<AlternativeLookups>): AlternativeLookups =>
  new Proxy(lookups, {
    get: (target, name) => {
      const own = (by as Record<string | symbol, unknown>)[name];
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

test('both sides agree and the raw events do not: the windows are wrong', { timeout: 60_000 }, async () => {
  const verdicts = await compareBoth(caseOf(1), { lookups: otherRaw });
  expect(named(verdicts)[0]?.slice(1, 5)).toEqual(['mismatch', 'windows', 's', 'x']);
  const [witness] = verdicts[0]?.witnesses ?? [];
  expect([witness?.customer, witness?.alternative]).toEqual(['5', '99']);
  expect(verdicts[0]?.coverage.raw_witnesses).toBe(1);
});

test('the alternative’s own windows are wrong: a witness says so', { timeout: 60_000 }, async () => {
  const wrong = (lookups: AlternativeLookups): AlternativeLookups => {
    const slot = lookups.slotOf('5');
    return changed(lookups, {
      window: (at, stream, variable, aggregate, window) =>
        at === slot && aggregate === 'max' ? 1_000 : lookups.window(at, stream, variable, aggregate, window),
      windowCells: (at, stream, hour, last) => {
        lookups.windowCells(at, stream, hour, last);
        if (at === slot) for (const cells of [hour, last]) cells.max.fill(1_000);
      },
    });
  };
  const [first] = await compareBoth(caseOf(1), { lookups: wrong });
  expect([first?.verdict, first?.stage, first?.witnesses[0]?.customer]).toEqual(['mismatch', 'windows', '5']);
  expect(first?.witnesses[0]?.detail).toContain('the alternative has 1000 as s_x_max, its raw events give 4');
});
