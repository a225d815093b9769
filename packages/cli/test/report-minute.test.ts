import { parseSecond } from '@parallax/core';
import type { LiveMinute, MinuteOutcome } from '@parallax/pipeline';
import { describe, expect, test } from 'vitest';
import { MinuteReporter, publishedOf, reportOf } from '../src/report-minute.ts';

const NO_FALLS = { customers: [], groups: [] };

function outcome(changes: Partial<MinuteOutcome> = {}): MinuteOutcome {
  return {
    minute: parseSecond('2026-01-05T10:20:00Z') ?? 0n,
    folder: '/s',
    manifest: 'm',
    digest: 'd',
    missed: false,
    incomplete: [],
    batch: null,
    counts: [
      { stream: 'network', class: 'accepted', reason: null, n: 10 },
      { stream: 'network', class: 'invalid', reason: 'json', n: 1 },
      { stream: 'network', class: 'invalid', reason: 'type', n: 2 },
      { stream: 'care', class: 'late', reason: null, n: 3 },
    ],
    drift: [],
    online: [],
    population: 7,
    outsideBase: 1,
    satisfaction: { scored: 6, mean: '51.2500', p10: '10.00', p50: null, p90: '90.50', histogram: [1, 0, 0, 0, 0, 5, 0, 0, 0, 0] },
    decided: [
      { customer: '1', action: 'call', reason: 'low' },
      { customer: '2', action: 'gift', reason: null },
      { customer: '3', action: 'call', reason: 'low' },
    ],
    answered: true,
    beside: false,
    entrants: 0,
    turn: null,
    phasesMs: { seal: 1, accept: 20 },
    ...changes,
  };
}

const live = (changes: Partial<LiveMinute> = {}): LiveMinute => ({
  outcome: outcome(),
  onTime: true,
  lagMs: 6_500,
  released: 3,
  expired: 0,
  behind: 0,
  ...changes,
});

describe('the report of a minute', () => {
  test('has the fields of the design in their order, counts by stream and class with the reasons summed, numbers as numbers', () => {
    expect(JSON.stringify(reportOf(outcome()))).toBe(
      JSON.stringify({
        minute: '2026-01-05T10:20:00Z',
        manifest: 'm',
        digest: 'd',
        counts: {
          network: { accepted: 10, duplicate: 0, late: 0, ahead: 0, invalid: 3 },
          care: { accepted: 0, duplicate: 0, late: 3, ahead: 0, invalid: 0 },
        },
        population: 7,
        satisfaction: { mean: 51.25, p10: 10, p50: null, p90: 90.5 },
        actions: { taken: 3, held: 0 },
        verdict: null,
        phases_ms: { seal: 1, accept: 20 },
        on_time: true,
      }),
    );
  });

  test('a missed minute was not on time; live, what was published counts as taken', () => {
    expect(reportOf(outcome({ missed: true }), { taken: 1, held: 2 })).toMatchObject({ on_time: false, actions: { taken: 1, held: 2 } });
  });
});

describe('the actions of a live minute', () => {
  test('what was neither published nor expired is held', () => {
    expect(publishedOf(live({ released: 1, expired: 1 }))).toEqual({ taken: 1, held: 1 });
  });

  test('actions of an earlier minute that were published with it do not make fewer than none held', () => {
    expect(publishedOf(live({ released: 5 }))).toEqual({ taken: 5, held: 0 });
  });
});

describe('what a view shows beside it', () => {
  test('totals run on over the minutes', () => {
    const reporter = new MinuteReporter(0);
    reporter.extras(live(), NO_FALLS);
    expect(reporter.extras(live({ outcome: outcome({ decided: [] }) }), NO_FALLS).totals).toEqual({ minutes: 2, events: 32, actions: 3 });
  });

  test('actions most taken first, then by name, with samples', () => {
    expect(new MinuteReporter(0).extras(live(), NO_FALLS).actions).toEqual([
      {
        action: 'call',
        taken: 2,
        held: 0,
        samples: [
          { customer: '1', reason: 'low' },
          { customer: '3', reason: 'low' },
        ],
      },
      { action: 'gift', taken: 1, held: 0, samples: [{ customer: '2', reason: null }] },
    ]);
    const decided = ['b', 'a'].flatMap((action) => Array.from({ length: 5 }, (_, i) => ({ customer: String(i), action, reason: null })));
    const actions = new MinuteReporter(0).extras(live({ outcome: outcome({ decided }) }), NO_FALLS).actions;
    expect(actions.map((a) => [a.action, a.taken, a.samples.length])).toEqual([
      ['a', 5, 3],
      ['b', 5, 3],
    ]);
  });

  test('while minutes are caught up there is progress and no lag; live there is a lag', () => {
    const reporter = new MinuteReporter(3);
    expect(reporter.extras(live({ onTime: false }), NO_FALLS)).toMatchObject({ lagSeconds: null, catchingUp: { done: 1, of: 3 } });
    expect(reporter.extras(live(), NO_FALLS)).toMatchObject({ lagSeconds: 6.5, catchingUp: null });
    expect(new MinuteReporter(0).extras(live({ onTime: false }), NO_FALLS).catchingUp).toEqual({ done: 1, of: 1 });
  });
});
