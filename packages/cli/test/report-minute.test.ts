import { parseSecond, type Verdict } from '@parallax/core';
import type { LiveMinute, MinuteOutcome, MinuteStatus } from '@parallax/pipeline';
import { describe, expect, test } from 'vitest';
import { freshStatus, isBad, MinuteReporter, renewed, reportOf } from '../src/report-minute.ts';

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
    beside: null,
    amended: false,
    entrants: 0,
    turn: null,
    phaseSpans: [],
    phasesMs: { seal: 1, accept: 20 },
    ...changes,
  };
}

const live = (changes: Partial<LiveMinute> = {}): LiveMinute => ({
  outcome: outcome(),
  onTime: true,
  lagMs: 6_500,
  behind: 0,
  state: { folder_bytes: null, ledger_bytes: 4096 },
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
        batch: null,
        satisfaction: { mean: 51.25, p10: 10, p50: null, p90: 90.5 },
        actions: { taken: 3, held: 0, waiting: 0, dropped: 0, expired: 0 },
        verdict: null,
        verdict_reason: 'off',
        cause: null,
        canaries: null,
        phases_ms: { seal: 1, accept: 20 },
        on_time: true,
        behind: null,
        state: null,
      }),
    );
  });

  test('says which batch day it was scored with, and how old that is', () => {
    const of = (day: string, minute = outcome().minute) => reportOf(outcome({ minute, batch: { day, version: 'v' } })).batch;
    expect(of('2026-01-04')).toEqual({ day: '2026-01-04', version: 'v', age_days: 1, age_hours: 10 });
    expect(of('2026-01-01')).toMatchObject({ age_days: 4, age_hours: 82 });
    expect(of('2026-01-05')).toMatchObject({ age_days: 0, age_hours: -14 });
    expect(of('2026-01-04', parseSecond('2026-01-05T00:00:00Z') ?? 0n)).toMatchObject({ age_days: 1, age_hours: 0 });
    expect(reportOf(outcome()).batch).toBeNull();
  });

  test('says how large the state of a run is', () => {
    const state = { folder_bytes: 5_000_000, ledger_bytes: 4096 };
    expect(reportOf(outcome(), status(), () => [], live({ state })).state).toEqual(state);
  });

  test('a missed minute was not on time', () => {
    expect(reportOf(outcome({ missed: true })).on_time).toBe(false);
  });

  test('of a run it says whether it was sealed when it was due, and how far behind the run was', () => {
    const of = (changes: Partial<LiveMinute>) => reportOf(outcome(), null, undefined, live(changes));
    expect(of({})).toMatchObject({ on_time: true, behind: 0 });
    expect(of({ onTime: false, behind: 4 })).toMatchObject({ on_time: false, behind: 4 });
  });
});

const status = (changes: Partial<MinuteStatus> = {}): MinuteStatus => ({
  minute: outcome().minute,
  verification: 'pending',
  verdict: null,
  tallies: [
    { action: 'call', state: 'released', n: 1 },
    { action: 'call', state: 'held', n: 1 },
    { action: 'gift', state: 'dropped', n: 1 },
  ],
  settled: true,
  ...changes,
});
const given = (verdict: Verdict, reason: string | null): Partial<MinuteStatus> => ({
  verification: 'given',
  verdict: {
    minute: outcome().minute,
    manifest: 'm',
    digest: 'd',
    verdict,
    reason,
    stage: null,
    source: null,
    variable: null,
    witnesses: [],
    coverage: {},
    blocks: { kind: 'none' },
  },
});

describe('the actions and the verdict of a live minute', () => {
  test('are counted by what became of them, together and by kind', () => {
    expect(reportOf(outcome(), status()).actions).toEqual({ taken: 1, held: 1, waiting: 0, dropped: 1, expired: 0 });
    const extras = renewed(new MinuteReporter().extras(live(), NO_FALLS), status());
    expect(extras.actions.map(({ action, taken, held, dropped }) => [action, taken, held, dropped])).toEqual([
      ['call', 1, 1, 0],
      ['gift', 0, 0, 1],
    ]);
  });

  test('just committed all of them wait', () => {
    expect(reportOf(outcome(), freshStatus(outcome(), true))).toMatchObject({
      actions: { taken: 0, waiting: 3 },
      verdict: null,
      verdict_reason: 'pending',
    });
    expect(reportOf(outcome(), freshStatus(outcome(), false)).verdict_reason).toBe('off');
  });

  test('a verdict comes with its reason; without one the reason says why', () => {
    const said = (changes: Partial<MinuteStatus>) => {
      const { verdict, verdict_reason } = reportOf(outcome(), status(changes));
      return [verdict, verdict_reason];
    };
    expect(said(given('match', null))).toEqual(['match', null]);
    const [known, some] = [given('match', null), { canaries: 2, canaries_wrong: 1 }];
    expect(reportOf(outcome(), status(known)).canaries).toBeNull();
    const covered = { ...known, verdict: known.verdict == null ? null : { ...known.verdict, coverage: some } };
    expect(reportOf(outcome(), status(covered)).canaries).toEqual({ checked: 2, wrong: 1 });
    expect(said(given('mismatch', 'stale_batch'))).toEqual(['mismatch', 'stale_batch']);
    expect(said({ verification: 'missing' })).toEqual([null, 'missing']);
  });

  test('what is no match says who differs, with both values, and what shows it again', () => {
    const witness = { customer: '7', column: 'satisfaction', spark: '50.00', alternative: '60.00', detail: ['because'] };
    const { verdict } = given('mismatch', 'logic');
    if (verdict == null) throw new Error('no verdict');
    const differing = {
      ...verdict,
      stage: 'satisfaction',
      source: 'satisfaction.sql',
      variable: 'satisfaction',
      witnesses: [witness],
    } as const;
    const again = ({ manifest }: { manifest: string }) => [`show ${manifest}`];
    expect(reportOf(outcome(), status({ verification: 'given', verdict: differing }), again).cause).toEqual({
      ...{ stage: 'satisfaction', source: 'satisfaction.sql', variable: 'satisfaction' },
      ...{ witnesses: [witness], again: ['show m'] },
    });
    expect(reportOf(outcome(), status(given('match', null)), again).cause).toBeNull();
    expect(reportOf(outcome(), status({ verification: 'missing' }), again).cause).toBeNull();
  });

  test.each([
    ['a match', given('match', null), false],
    ['messages that were lost before either side read them', given('inconclusive', 'incomplete'), false],
    ['what was overwritten', given('inconclusive', 'overwritten'), false],
    ['messages from before the queue', given('inconclusive', 'before_queue'), false],
    ['an alternative that fails', given('inconclusive', 'alternative_failed'), true],
    ['a comparison that fails', given('inconclusive', 'comparison_failed'), true],
    ['a canary that fails', given('inconclusive', 'canary_failed'), true],
    ['a mismatch', given('mismatch', 'logic'), true],
    ['divergence', given('input_divergence', 'lost'), true],
    ['a missing verdict', { verification: 'missing' }, true],
    ['one that may come', { verification: 'pending' }, false],
    ['no alternative', { verification: 'off' }, false],
  ] as const)('%s is a bad answer or not', (_name, changes, bad) => {
    expect(isBad(status(changes))).toBe(bad);
  });
});

describe('what a view shows beside it', () => {
  test('totals run on over the minutes', () => {
    const reporter = new MinuteReporter();
    reporter.extras(live(), NO_FALLS);
    expect(reporter.extras(live({ outcome: outcome({ decided: [] }) }), NO_FALLS).totals).toEqual({ minutes: 2, events: 32, actions: 3 });
  });

  test('actions most taken first, then by name, with samples', () => {
    expect(new MinuteReporter().extras(live(), NO_FALLS).actions).toEqual([
      {
        action: 'call',
        taken: 2,
        held: 0,
        waiting: 0,
        dropped: 0,
        expired: 0,
        samples: [
          { customer: '1', reason: 'low' },
          { customer: '3', reason: 'low' },
        ],
      },
      { action: 'gift', taken: 1, held: 0, waiting: 0, dropped: 0, expired: 0, samples: [{ customer: '2', reason: null }] },
    ]);
    const decided = ['b', 'a'].flatMap((action) => Array.from({ length: 5 }, (_, i) => ({ customer: String(i), action, reason: null })));
    const actions = new MinuteReporter().extras(live({ outcome: outcome({ decided }) }), NO_FALLS).actions;
    expect(actions.map((a) => [a.action, a.taken, a.samples.length])).toEqual([
      ['a', 5, 3],
      ['b', 5, 3],
    ]);
  });

  test('while minutes are caught up there is progress and no lag; live there is a lag', () => {
    const reporter = new MinuteReporter();
    const late = (behind: number) => reporter.extras(live({ onTime: false, behind }), NO_FALLS);
    expect(late(2)).toMatchObject({ lagSeconds: null, catchingUp: { done: 1, of: 3 } });
    // A minute more has ended meanwhile.
    expect(late(2).catchingUp).toEqual({ done: 2, of: 4 });
    // The last one was sealed late, and there is none after it.
    expect(late(0)).toMatchObject({ lagSeconds: null, catchingUp: null });
    expect(reporter.extras(live(), NO_FALLS)).toMatchObject({ lagSeconds: 6.5, catchingUp: null });
    expect(late(1).catchingUp).toEqual({ done: 1, of: 2 });
  });
});
