import type { MessageClass } from '@parallax/core';

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
  /** CPU seconds of coordinator and Spark since the commit before it, by phase; `ahead` and `draft` are before the seal. */
  readonly cpuByPhase: ReadonlyMap<string, number>;
}

/** The ledger's report of a committed minute, as far as the bench reads it. */
export interface CommittedReport {
  readonly missed: boolean;
  readonly counts: readonly { readonly class: MessageClass; readonly n: number }[];
  readonly population: number;
  readonly phasesMs: Readonly<Record<string, number>>;
  /** When customers were scored before the seal, ms since 1970. */
  readonly scoredAheadMs?: readonly [from: number, to: number] | null;
}

/** The CPU account of the pipeline's processes at one time. */
export interface Sample {
  readonly atMs: number;
  readonly seconds: number;
}

/** What comes before the first phase of a minute: reading ahead, and what follows the commit before. */
export const AHEAD = 'ahead';

/** What of that went into scoring customers before the seal. */
export const DRAFT = 'draft';

/**
 * Shares the CPU of the time since the last commit out to the phases of a minute. Phases follow each other and end with the commit, so their
 * times are counted back from `committedMs`; what is before the first of them is `ahead`.
 *
 * @param samples by time, from the last commit on
 * @param scoredAheadMs when customers were scored before the seal
 */
export function cpuOfPhases(
  samples: readonly Sample[],
  committedMs: number,
  phasesMs: Readonly<Record<string, number>>,
  scoredAheadMs: readonly [from: number, to: number] | null = null,
): Map<string, number> {
  const result = new Map<string, number>();
  const first = samples[0];
  if (first === undefined) return result;
  const total = Object.values(phasesMs).reduce((a, b) => a + b, 0);
  let from = Math.max(first.atMs, committedMs - total);
  const [draftFrom, draftTo] = (scoredAheadMs ?? [from, from]).map((at) =>
    secondsAt(samples, Math.min(from, Math.max(first.atMs, at))),
  ) as [number, number];
  const draft = draftTo - draftFrom;
  result.set(AHEAD, secondsAt(samples, from) - first.seconds - draft);
  if (scoredAheadMs !== null) result.set(DRAFT, draft);
  let end = committedMs - total;
  for (const [phase, ms] of Object.entries(phasesMs)) {
    end += ms;
    const to = Math.max(from, end);
    result.set(phase, secondsAt(samples, to) - secondsAt(samples, from));
    from = to;
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
