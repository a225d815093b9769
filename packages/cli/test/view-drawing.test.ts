import type { MinuteExtras, MinuteReport, MinuteVerdict } from '@parallax/core';
import { describe, expect, test } from 'vitest';
import { bar, shares, sparkline } from '../src/view/bars.ts';
import type { Frame } from '../src/view/frame.ts';
import { plainLine } from '../src/view/plain-line.ts';
import { renderProgress } from '../src/view/progress.ts';
import { renderMinute } from '../src/view/render-minute.ts';
import { inColour, plain } from '../src/view/style.ts';
import { bytes, cut, cutColoured, harmless, padEnd, widthOf } from '../src/view/text.ts';
import { sampleMinute } from './sample-minutes.ts';

const minutes = Array.from({ length: 9 }, (_, i) => sampleMinute(i));
const frame = (i: number, changes: Partial<Frame> = {}): Frame => ({
  ...sampleMinute(i),
  project: 'telecom',
  means: minutes.slice(0, i + 1).map(({ report }) => report.satisfaction.mean),
  ...changes,
});

describe('text', () => {
  test('widths count columns, not characters or colours', () => {
    expect(widthOf('abc')).toBe(3);
    expect(widthOf('日本')).toBe(4);
    expect(widthOf('é')).toBe(1);
    expect(widthOf(inColour('abc', 'red', 'bold'))).toBe(3);
  });

  test('what is cut says so and fits', () => {
    expect(cut('abcdef', 4)).toBe('abc…');
    expect(cut('abcd', 4)).toBe('abcd');
    expect(widthOf(cut('日本日本', 4))).toBeLessThanOrEqual(4);
    const coloured = `${inColour('abc', 'red')} ${inColour('defgh', 'green')}`;
    expect(widthOf(cutColoured(coloured, 6))).toBe(6);
    expect(cutColoured(coloured, 6).endsWith('…\x1b[0m')).toBe(true);
    expect(cutColoured(coloured, 9)).toBe(coloured);
    expect(padEnd('日', 4)).toBe('日  ');
  });

  test('data cannot move the cursor, end a line or turn the writing around', () => {
    expect(harmless('a\x1b[2Jb\nc\u202ed\u0007')).toBe('a·[2Jb·c·d·');
  });
});

test('sizes have three digits at the most, and a unit', () => {
  expect([0, 999, 1000, 34_000_013, 120_400_000_000, 5e15].map(bytes)).toEqual(['0 B', '999 B', '1.0 kB', '34.0 MB', '120 GB', '5000 TB']);
});

describe('bars', () => {
  test('a bar is in proportion to an eighth of a column, and visible above zero', () => {
    expect(bar(50, 100, 10)).toBe('█████');
    expect(bar(1, 1_000_000, 10)).toBe('▏');
    expect(bar(0, 100, 10)).toBe('');
    expect(bar(200, 100, 10)).toBe('█'.repeat(10));
    expect(bar(1, 0, 10)).toBe('');
  });

  test('a sparkline spans its range, with a blank for nothing', () => {
    expect(sparkline([0, 50, null, 100], 0, 100)).toBe('▁▅ █');
    expect(sparkline([-5, 500], 0, 100)).toBe('▁█');
  });

  test('shares fill exactly the width', () => {
    expect(shares([1, 1, 1], 10)).toEqual([4, 3, 3]);
    expect(shares([0, 5], 10)).toEqual([0, 10]);
    expect(shares([0, 0], 10)).toEqual([0, 0]);
    expect(shares([310, 120, 3120, 7], 57).reduce((a, b) => a + b, 0)).toBe(57);
  });
});

describe('a minute on the terminal', () => {
  test.each([60, 80, 119, 120, 130, 200])('fits %d columns, in full and in short', (width) => {
    for (const detail of ['full', 'compact'] as const) {
      for (const i of [0, 3, 8]) {
        const widest = Math.max(...renderMinute(frame(i), width, inColour, detail).split('\n').map(widthOf));
        expect(widest).toBeLessThanOrEqual(width);
      }
    }
  });

  test('the short one fits a terminal of 24 lines', () => {
    expect(renderMinute(frame(8), 80, plain, 'compact').trimEnd().split('\n').length).toBeLessThan(24);
    expect(renderMinute(frame(8), 80, plain, 'full').trimEnd().split('\n').length).toBeGreaterThan(24);
  });

  test('says what the minute was', () => {
    const text = renderMinute(frame(8), 130);
    expect(text).toContain('telecom  10:08 UTC   ● live, ready 9.4 s after its end');
    expect(text).toContain('not verified yet');
    expect(text).toContain('manifest 8f3a12b4c5d6');
    expect(renderMinute(frame(8), 160)).toContain('state 1.2 GB, ledger 34.0 MB');
    expect(text).toMatch(/mean 68\.27 {2}▼ 2\.31/);
    expect(text).toMatch(/p10 44\.27 {3}median 70\.77 {3}p90 85\.27 {3}4,320 customers/);
    expect(text).toMatch(/network +15,782 +260 +88 +21 +40/);
    expect(text).toMatch(/together +28,952 +481 +143 +35 +73/);
    expect(text).toMatch(/70–80 +█+ +980/);
    expect(text).toMatch(/region north, tier gold \(204\) +78\.20 → +61\.04 +▼ 17\.16/);
    expect(text).toContain('outage of cell site N-17 since 10:05');
    expect(text).toMatch(/customer 10293 +91\.02 → +33\.50 +▼ 57\.52/);
    expect(text).toContain('61 taken, 2 held');
    expect(text).toMatch(/retention_call +13 taken, 2 held/);
    expect(text).toContain('10293: network score 21.40');
    expect(text).toContain('8.9 s for this minute');
    expect(text).toContain('accept 3.1 s');
  });

  test('says when it catches up, and when nothing happened', () => {
    const text = renderMinute(frame(0), 130);
    expect(text).toContain('catching up: minute 1 of 2, 1 minute behind');
    expect(text).toContain('nobody fell noticeably');
    const { report, extras } = sampleMinute(3);
    const empty: Frame = {
      project: 'p',
      means: [null],
      report: {
        ...report,
        counts: {},
        population: 0,
        satisfaction: { mean: null, p10: null, p50: null, p90: null },
        actions: { taken: 0, held: 0, waiting: 0, dropped: 0, expired: 0 },
        phases_ms: {},
      },
      extras: { ...extras, scored: 0, histogram: Array(10).fill(0), actions: [] },
    };
    const nothing = renderMinute(empty, 80);
    expect(nothing).toContain('mean –');
    expect(nothing).toContain('none in this minute');
    expect(nothing).not.toMatch(/NaN|Infinity|undefined/);
  });

  test.each([
    ['match', '✓ both methods agree'],
    ['mismatch', '✗ mismatch'],
    ['input_divergence', '✗ input divergence'],
    ['inconclusive', '✗ inconclusive'],
  ] as const)('shows the verdict %s', (verdict, text) => {
    const { report } = sampleMinute(8);
    expect(renderMinute(frame(8, { report: { ...report, verdict } }), 130)).toContain(text);
  });

  test('says how many customers were held against their raw events', () => {
    const { report, extras } = sampleMinute(8);
    const given = { ...extras.verdict, coverage: { raw_customers: 3_412 } } as MinuteVerdict;
    const drawn = renderMinute(frame(8, { report: { ...report, verdict: 'match' }, extras: { ...extras, verdict: given } }), 130);
    expect(drawn).toContain('✓ both methods agree, 3,412 customers by raw events too');
  });

  test.each([
    ['off', 'not verified: no second method'],
    ['pending', 'not verified yet'],
    ['missing', '✗ no verdict in time'],
  ] as const)('without a verdict says why: %s', (verdict_reason, text) => {
    const { report } = sampleMinute(8);
    expect(renderMinute(frame(8, { report: { ...report, verdict_reason } }), 130)).toContain(text);
  });

  test('says where a mismatch lies', () => {
    const { report, extras } = sampleMinute(8);
    const verdict: MinuteVerdict = {
      minute: 0n,
      manifest: report.manifest,
      digest: report.digest,
      verdict: 'mismatch',
      reason: 'stale_batch',
      stage: 'batch',
      source: 'dwh',
      variable: 'profile_tier',
      witnesses: [],
      coverage: {},
      blocks: { kind: 'all' },
    };
    const shown = frame(8, { report: { ...report, verdict: 'mismatch', verdict_reason: 'stale_batch' }, extras: { ...extras, verdict } });
    expect(renderMinute(shown, 130)).toContain('✗ mismatch: stale batch in batch, dwh.profile_tier');
  });

  test('shows what else became of actions', () => {
    const { report } = sampleMinute(8);
    const actions = { taken: 1, held: 2, waiting: 3, dropped: 4, expired: 5 };
    expect(renderMinute(frame(8, { report: { ...report, actions } }), 130)).toContain('1 taken, 2 held, 3 waiting, 4 dropped, 5 expired');
  });

  test('text of the data is made harmless', () => {
    const { extras } = sampleMinute(8);
    const evil = '\x1b[2J\nowned';
    const text = renderMinute(
      frame(8, {
        project: evil,
        extras: {
          ...extras,
          fallenGroups: [{ name: evil, customers: 1, before: 2, now: 1, why: evil }],
          fallenCustomers: [{ name: evil, customers: 1, before: 2, now: 1, why: null }],
          actions: [{ action: evil, taken: 1, held: 0, waiting: 0, dropped: 0, expired: 0, samples: [{ customer: evil, reason: evil }] }],
        },
      }),
      130,
    );
    expect(text).not.toContain('\x1b');
    expect(text).not.toMatch(/^owned/m);
  });
});

test('a minute on one line', () => {
  expect(plainLine(sampleMinute(8))).toBe(
    '2026-01-05T10:08:00Z on time: accepted 28,952, duplicate 481, late 143, ahead 35, invalid 73; 4,320 customers, mean 68.27 (p10 44.27, p90 85.27); actions: 61 taken, 2 held; batch 2026-01-04, 1 day old, its end 10 h ago; not verified yet; 8.9 s; state 1.2 GB, ledger 34.0 MB; manifest 8f3a12b4c5d6; fell: region north, tier gold 78.20 → 61.04',
  );
  expect(plainLine(sampleMinute(0))).toContain('catching up 1/2, 1 minute behind: ');
  expect(plainLine(sampleMinute(0))).toMatch(/ s; ledger 34\.0 MB; manifest/);
  const { report, extras } = sampleMinute(8);
  expect(plainLine({ report: { ...report, state: null }, extras })).toContain('; 8.9 s; manifest');
});

describe('how far behind the run is', () => {
  const { report, extras } = sampleMinute(8);
  const shown = (changes: Partial<MinuteReport>, more: Partial<MinuteExtras> = {}) => {
    const minute = { report: { ...report, ...changes }, extras: { ...extras, ...more } };
    return [renderMinute({ ...minute, project: 'p', means: [1] }, 130), plainLine(minute)] as const;
  };

  test.each([
    ['on time', shown({}), 'live, ready 9.4 s after its end ', ' on time: '],
    [
      'on time, but long',
      shown({ behind: 1 }, { lagSeconds: 75 }),
      'ready 75.0 s after its end, 1 minute behind',
      ' on time, 1 minute behind: ',
    ],
    ['late, the last one', shown({ on_time: false }, { lagSeconds: null }), 'caught up late ', ' late: '],
    [
      'late, and more to come',
      shown({ on_time: false, behind: 14 }, { lagSeconds: null, catchingUp: { done: 3, of: 17 } }),
      'minute 3 of 17, 14 minutes behind',
      ' catching up 3/17, 14 minutes behind: ',
    ],
    ['where nothing runs', shown({ behind: null }, { lagSeconds: null }), 'on time ', ' on time: '],
  ])('a minute %s', (_, [drawn, line], inView, inLine) => {
    expect(drawn).toContain(inView);
    expect(line).toContain(inLine);
  });
});

describe('progress', () => {
  test.each([
    [{ kind: 'service', name: 'Kafka', state: 'starting' }, '  ◌ Kafka'],
    [
      { kind: 'service', name: 'Kafka', state: 'ready', seconds: 6.04, detail: '127.0.0.1:9092' },
      '  ● Kafka                      6.0 s  127.0.0.1:9092',
    ],
    [
      { kind: 'step', name: 'load', state: 'running', done: 25, of: 100, unit: 'tables' },
      '  ◌ load                    ██████                    25 %  25 of 100 tables',
    ],
    [{ kind: 'step', name: 'load', state: 'done', seconds: 12, done: 100, of: 100 }, '  ● load                      12.0 s  100 of 100'],
    [{ kind: 'step', name: 'events', state: 'running', done: 1234 }, '  ◌ events                  1,234'],
    [{ kind: 'step', name: 'none', state: 'running', done: 0, of: 0 }, '  ◌ none                    0'],
    [{ kind: 'service', name: 'Spark', state: 'failed', detail: 'no\nport' }, '  ✗ Spark                   no·port'],
  ] as const)('%j', (event, line) => {
    expect(renderProgress(event, 100, plain).trimEnd()).toBe(line);
  });
});
