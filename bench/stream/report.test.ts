/** Goal: a figure says what was measured, and fails when that is beyond its goal: memory of the processes that it names, an hour that gets dearer. */
import { expect, test } from 'vitest';
import type { GrowthRun } from './growth.ts';
import type { LiveRun } from './live.ts';
import type { MinuteRecord } from './minutes.ts';
import { type StreamRuns, streamReport } from './report.ts';
import { sizeOf } from './sizes.ts';

function minuteOf(i: number, cpu: { readonly pipeline: number; readonly window: number }): MinuteRecord {
  return {
    minute: BigInt(i) * 60_000_000n,
    missed: true,
    latencyMs: 1_000,
    sinceLastMs: 5_000,
    events: 60_000,
    population: 40_000,
    phasesMs: { window: 500 },
    cpu: new Map([
      ['spark', cpu.pipeline - 1],
      ['coordinator', 1],
      ['verifier', 50],
    ]),
    cpuByPhase: new Map([['window', cpu.window]]),
  };
}

const FLAT_MINUTE = { pipeline: 6, window: 1 };
const WARM = Array.from({ length: 10 }, (_, i) => minuteOf(i, i === 0 ? { pipeline: 70, window: 1 } : FLAT_MINUTE));

/** An hour whose first minute does what is done once, and whose last three cost so much. */
function growthTo(last: { readonly pipeline: number; readonly window: number }, warm = WARM): GrowthRun {
  const minutes = Array.from({ length: 62 }, (_, i) => minuteOf(i, i === 0 ? { pipeline: 40, window: 1 } : i < 57 ? FLAT_MINUTE : last));
  return { warm, minutes };
}

function liveWith(peaksMib: Readonly<Record<string, number>>): LiveRun {
  const full = [{ ...minuteOf(0, FLAT_MINUTE), missed: false }];
  return { rate: 5_000, full, slow: [], beside: null, burst: null, peaksMib: new Map(Object.entries(peaksMib)), sent: null, counted: null };
}

const NO_VERDICTS = { full: [], slow: [] };

function figuresOf(runs: Partial<StreamRuns>) {
  const size = sizeOf({ size: 'quick', settings: new Map() });
  const { figures } = streamReport({ size, growth: null, past: null, live: null, verdicts: NO_VERDICTS, state: null, ...runs });
  return (name: string) => {
    const found = figures.find((figure) => figure.name.startsWith(name));
    if (found === undefined) throw new Error(`no figure begins with ${name}`);
    return { value: found.value, goal: found.goal, holds: found.holds };
  };
}

test('verdicts: the lag of those that were given, and how many minutes have none or another than a match', () => {
  const at = (lagSeconds: number, verdict: 'match' | 'mismatch' = 'match') => ({ verdict, lagSeconds });
  const figure = figuresOf({ live: liveWith({}), verdicts: { full: [at(7), null, at(16)], slow: [at(5.5), at(5, 'mismatch')] } });
  expect(figure('seal to verdict, p95, at 5000')).toEqual({ value: 16, goal: '<= 15', holds: false });
  expect(figure('seal to verdict, p95, at 1000')).toEqual({ value: 5.5, goal: '<= 6', holds: true });
  expect(figure('minutes of those without')).toEqual({ value: 2, goal: '= 0', holds: false });
  expect(figuresOf({})('minutes of those without').value).toBeNull();
});

const NODE = 'peak RSS of coordinator with bridge, generator with online API, and bench';

test('the memory of Node processes: those that are named, and the verifier by its own bound', () => {
  const figure = figuresOf({
    live: liveWith({ spark: 3_900, coordinator: 481.2, generator: 374, bench: 388, verifier: 5_117, kafka: 700 }),
  });
  expect(figure(NODE)).toEqual({ value: 481, goal: '<= 512', holds: true });
  expect(figure('peak RSS of the verifier')).toEqual({ value: 5_117, goal: '<= 4096', holds: false });
});

test.each(['coordinator', 'generator', 'bench'])('each of them is under the bound: %s', (role) => {
  const peaks = { coordinator: 300, generator: 300, bench: 300, verifier: 2_000 };
  expect(figuresOf({ live: liveWith({ ...peaks, [role]: 600 }) })(NODE)).toMatchObject({ value: 600, holds: false });
});

test('without live minutes, and without a verifier, nothing was measured', () => {
  expect(figuresOf({})(NODE).value).toBeNull();
  expect(figuresOf({})('peak RSS of the verifier').value).toBeNull();
  expect(figuresOf({ live: liveWith({ coordinator: 300, verifier: 0 }) })('peak RSS of the verifier').value).toBeNull();
});

test('an hour that gets dearer is seen: all of the minute, and its windows alone', () => {
  const flat = figuresOf({ growth: growthTo(FLAT_MINUTE) });
  expect(flat('minute 60, of the CPU')).toMatchObject({ value: 1, holds: true });
  const grown = figuresOf({ growth: growthTo({ pipeline: 7.5, window: 2 }) });
  expect(grown('minute 60, of the CPU')).toMatchObject({ value: 1.25, holds: false });
  expect(grown('the same, of the phase `window`')).toMatchObject({ value: 2 });
});

test('an engine that was not warm when the hour began is seen', () => {
  const spread = 'how far apart the medians';
  expect(figuresOf({ growth: growthTo(FLAT_MINUTE) })(spread)).toEqual({ value: 0, goal: '<= 10', holds: true });
  const falling = WARM.map((_, i) => minuteOf(i, { pipeline: 12 - i, window: 1 }));
  expect(figuresOf({ growth: growthTo(FLAT_MINUTE, falling) })(spread)).toMatchObject({ holds: false });
  expect(figuresOf({ growth: growthTo(FLAT_MINUTE, WARM.slice(0, 5)) })(spread).value).toBeNull();
});

test('the table says how the engine was warmed', () => {
  const size = sizeOf({ size: 'quick', settings: new Map() });
  const { tables } = streamReport({ size, growth: growthTo(FLAT_MINUTE), past: null, live: null, verdicts: NO_VERDICTS, state: null });
  const table = tables.find(({ title }) => title === 'As the hour fills');
  expect(table?.text).toContain(
    'warmed on another state by 10 of the same minutes, whose last three medians, of three minutes each, lie 0.0 % apart',
  );
  expect(table?.rows.map(([minute]) => minute)).toEqual(['2', '3', '4', '10', '20', '30', '40', '50', '58', '59', '60', '61', '62']);
});

test('what stood beside live minutes is held against those minutes, by what each took for a message', () => {
  const minutes = [1, 2].map((i) => ({ ...minuteOf(i, { pipeline: 6, window: 3 }), missed: false }));
  const streaming = { events: 100_000, cpuSeconds: 10, wallMs: 1, peakRssMib: 1 };
  const duckdbMinute = { minuteUs: 0, events: 50_000, cpuSeconds: 2, readSeconds: 1, wallMs: 1, customers: 1 };
  const beside = { minutes, streaming, duckdb: { minutes: [duckdbMinute, duckdbMinute], peakRssMib: 1 } };
  const figure = figuresOf({ live: { ...liveWith({}), beside } });
  const name = 'CPU, Kafka to committed windows, of that of';
  // 6 s for 120,000 messages are 50 a million; 100 and 40 the others'.
  expect(figure(`${name} Structured Streaming: the same minutes, both live`)).toEqual({ value: 0.5, goal: '<= 0.35', holds: false });
  expect(figure(`${name} DuckDB in memory: the same minutes, each live`)).toEqual({ value: 1.25, goal: '<= 1.6', holds: true });
  expect(figuresOf({ live: liveWith({}) })(`${name} Structured Streaming: the same minutes, both live`).value).toBeNull();
});
