import { formatSecond, type Verdict } from '@parallax/core';
import type { BenchReport, ReportTable } from '../bench.ts';
import { type Figure, figure, median, percentile, rounded } from '../figures.ts';
import type { Chart } from '../report/chart.ts';

/** What a live minute cost either side, and when its verdict came. */
export interface VerifiedMinute {
  /** Microseconds since 1970. */
  readonly minute: bigint;
  readonly events: number;
  readonly population: number;
  /** CPU seconds since the commit before: of Spark and the coordinator without the verifier, and of the verifier. */
  readonly sparkSide: number;
  readonly verifier: number;
  /** Null: it has none. */
  readonly verdict: Verdict | null;
  /** From the seal's instant to the verdict, s. */
  readonly lagSeconds: number | null;
  /** From the seal's instant until the results were committed, s: no verdict can come before. */
  readonly commitSeconds: number;
}

export interface VerifyRuns {
  readonly rate: number;
  readonly slowRate: number;
  readonly full: readonly VerifiedMinute[];
  readonly slow: readonly VerifiedMinute[];
  /** The most resident memory of the verifier, MiB. */
  readonly peakMib: number;
}

const P95 = 0.95;

export function verifyReport(runs: VerifyRuns): BenchReport {
  return { figures: figures(runs), tables: tables(runs), charts: charts(runs) };
}

function figures({ rate, slowRate, full, slow, peakMib }: VerifyRuns): Figure[] {
  const all = [...full, ...slow];
  const mean = (of: (minute: VerifiedMinute) => number) =>
    full.length === 0 ? null : rounded(full.reduce((sum, minute) => sum + of(minute), 0) / full.length, 1);
  const [ours, spark] = [mean((m) => m.verifier), mean((m) => m.sparkSide)];
  return [
    figure(`CPU of alternative and comparison, a minute at ${rate} events/s`, ours, 'CPU s', '<= 25'),
    figure('CPU of Spark and coordinator in the same minutes, each', spark, 'CPU s'),
    figure(
      'the verifier’s CPU, of the Spark side’s',
      ours === null || spark === null || spark === 0 ? null : rounded(ours / spark, 2),
      '×',
    ),
    figure('peak RSS of the verifier', peakMib === 0 ? null : Math.round(peakMib), 'MiB', '<= 4096'),
    figure(`seal to verdict, p95, at ${rate} events/s`, lagOf(full), 's', '<= 15'),
    figure(`seal to verdict, p95, at ${slowRate} events/s`, lagOf(slow), 's', '<= 6'),
    figure(`of that after the Spark side's commit, p95, at ${rate} events/s`, waitOf(full), 's'),
    figure(`of that after the Spark side's commit, p95, at ${slowRate} events/s`, waitOf(slow), 's'),
    figure(
      `minutes of ${all.length} without a verdict`,
      all.length === 0 ? null : all.filter((m) => m.verdict === null).length,
      'minutes',
      '= 0',
    ),
    figure(
      'minutes whose verdict is no match',
      all.length === 0 ? null : all.filter((m) => m.verdict !== null && m.verdict !== 'match').length,
      'minutes',
      '= 0',
    ),
  ];
}

const lagOf = (minutes: readonly VerifiedMinute[]) => p95Of(minutes, (lag) => lag);
const waitOf = (minutes: readonly VerifiedMinute[]) => p95Of(minutes, (lag, { commitSeconds }) => Math.max(0, lag - commitSeconds));

/** Null when no minute has a verdict: then there is nothing to be quick. */
function p95Of(minutes: readonly VerifiedMinute[], of: (lagSeconds: number, minute: VerifiedMinute) => number): number | null {
  const values = minutes.flatMap((minute) => (minute.lagSeconds === null ? [] : [of(minute.lagSeconds, minute)]));
  return values.length === 0 ? null : rounded(percentile(values, P95), 2);
}

function tables({ full, slow, rate, slowRate }: VerifyRuns): ReportTable[] {
  const parts = [
    [rate, full],
    [slowRate, slow],
  ] as const;
  return parts
    .filter(([, minutes]) => minutes.length > 0)
    .map(([of, minutes]) => ({
      title: `Each minute at ${of} events/s`,
      text: `CPU is what was used since the commit before. The Spark side is Spark and the coordinator with its bridge; the verifier is the alternative method and the comparison, in one process. Medians: ${median(minutes.map((m) => m.verifier)).toFixed(1)} CPU s beside ${median(minutes.map((m) => m.sparkSide)).toFixed(1)}.`,
      columns: ['Minute', 'Events', 'Population', 'Spark side CPU s', 'Verifier CPU s', 'Seal to commit s', 'Seal to verdict s', 'Verdict'],
      rows: minutes.map((m) => [
        formatSecond(m.minute).slice(11, 16),
        String(m.events),
        String(m.population),
        m.sparkSide.toFixed(1),
        m.verifier.toFixed(1),
        m.commitSeconds.toFixed(1),
        m.lagSeconds === null ? '' : m.lagSeconds.toFixed(1),
        m.verdict ?? 'none',
      ]),
    }));
}

function charts({ full, rate }: VerifyRuns): Chart[] {
  if (full.length < 2) return [];
  const points = (of: (minute: VerifiedMinute) => number | null): [number, number][] =>
    full.flatMap((minute, i) => {
      const value = of(minute);
      return value === null ? [] : [[i + 1, rounded(value, 3)] as [number, number]];
    });
  return [
    {
      kind: 'lines',
      title: `CPU a minute at ${rate} events/s`,
      unit: 'CPU s',
      xLabel: 'live minute',
      lines: [
        { label: 'verifier', points: points((m) => m.verifier) },
        { label: 'Spark side', points: points((m) => m.sparkSide) },
      ],
      goal: 25,
    },
    {
      kind: 'lines',
      title: 'Seal to verdict',
      unit: 's',
      xLabel: 'live minute',
      lines: [{ label: `${rate} events/s`, points: points((m) => m.lagSeconds) }],
      goal: 15,
    },
  ];
}
