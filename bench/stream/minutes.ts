import type { MessageClass } from '@parallax/core';
import type { PhaseSpan } from '@parallax/pipeline';

/** What an account of a minute says, as the bench saw it from outside. */
export interface MinuteRecord {
  /** Microseconds since 1970. */
  readonly minute: bigint;
  /** Whether the minute was caught up rather than run as it ended. */
  readonly missed: boolean;
  /** From the instant of the seal (end of the minute and grace) until another process sees the commit, ms. */
  readonly latencyMs: number;
  /** Since the commit before it, ms. */
  readonly sinceLastMs: number;
  /** Messages of the minute, whatever became of them. */
  readonly events: number;
  readonly population: number;
  /** As the coordinator reports them, in order. */
  readonly phasesMs: Readonly<Record<string, number>>;
  /** CPU seconds since the commit before it, by role. */
  readonly cpu: ReadonlyMap<string, number>;
  /** CPU seconds of coordinator and Spark since the commit before it, by phase, with `ahead`, `draft` and `next`. */
  readonly cpuByPhase: ReadonlyMap<string, number>;
}

/** The ledger's report of a committed minute, as far as the bench reads it. */
export interface CommittedReport {
  readonly missed: boolean;
  readonly counts: readonly { readonly class: MessageClass; readonly n: number }[];
  readonly population: number;
  readonly phasesMs: Readonly<Record<string, number>>;
  /** When each phase ran, ms since 1970, some of them beside others. */
  readonly phaseSpans: readonly PhaseSpan[];
}

/** The CPU account of the pipeline's processes at one time. */
export interface Sample {
  readonly atMs: number;
  readonly seconds: number;
}

/** When no phase ran: what follows the commit before, bulk calls, and the queue's bridge all along. */
export const AHEAD = 'ahead';

/** What went into reading, parsing and summing messages, and into merging windows, before the seal. */
export const READ_AHEAD = 'read ahead';

/** What went into scoring customers before the seal. */
export const DRAFT = 'draft';

/** What went into reading the next minute beside this one. */
export const NEXT = 'next';

/** All CPU of coordinator (with the bridge) and Spark. */
export function pipelineCpu({ cpu }: MinuteRecord): number {
  return (cpu.get('coordinator') ?? 0) + (cpu.get('spark') ?? 0);
}

/**
 * Shares the CPU of the time since the last commit out to the phases of a minute: while several ran, each gets the same part.
 *
 * @param samples by time, from the last commit on
 */
export function cpuOfPhases(samples: readonly Sample[], committedMs: number, spans: readonly PhaseSpan[]): Map<string, number> {
  const result = new Map<string, number>();
  const first = samples[0];
  if (first === undefined) return result;
  const within = (at: number) => Math.min(committedMs, Math.max(first.atMs, at));
  const seen = spans.map(({ phase, from, to }) => ({ phase, from: within(from), to: within(to) }));
  const times = [first.atMs, ...seen.flatMap(({ from, to }) => [from, to]), committedMs].sort((a, b) => a - b);
  result.set(AHEAD, 0);
  for (const { phase } of seen) result.set(phase, 0);
  for (const [i, from] of times.entries()) {
    const to = times[i + 1];
    if (to === undefined || to === from) continue;
    const open = seen.filter((span) => span.from <= from && span.to >= to);
    const seconds = secondsAt(samples, to) - secondsAt(samples, from);
    const share = seconds / Math.max(1, open.length);
    for (const phase of open.length === 0 ? [AHEAD] : open.map((span) => span.phase)) result.set(phase, (result.get(phase) ?? 0) + share);
  }
  return result;
}

/** The account at a time, between two samples in proportion. */
function secondsAt(samples: readonly Sample[], atMs: number): number {
  let low = 0;
  let high = samples.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((samples[middle] as Sample).atMs < atMs) low = middle + 1;
    else high = middle;
  }
  const next = samples[low];
  const before = samples[low - 1];
  if (next === undefined) return 0;
  if (before === undefined || next.atMs <= atMs) return next.seconds;
  return before.seconds + ((next.seconds - before.seconds) * (atMs - before.atMs)) / (next.atMs - before.atMs);
}
