import { formatSecond } from '@parallax/core';
import type { MinuteOutcome } from '@parallax/pipeline';

/** Counts of one stream's messages by class. */
export interface StreamCounts {
  accepted: number;
  duplicate: number;
  late: number;
  ahead: number;
  invalid: number;
}

/** What `--json` prints of one minute (design, section 8). */
export interface MinuteLine {
  readonly minute: string;
  readonly manifest: string;
  readonly digest: string;
  readonly counts: Readonly<Record<string, StreamCounts>>;
  readonly population: number;
  readonly satisfaction: {
    readonly mean: number | null;
    readonly p10: number | null;
    readonly p50: number | null;
    readonly p90: number | null;
  };
  readonly actions: { readonly taken: number; readonly held: number };
  readonly verdict: string | null;
  readonly phases_ms: Readonly<Record<string, number>>;
  readonly on_time: boolean;
}

/** The line of a committed minute. In a replay a minute is on time unless it was missed. */
export function minuteLine(outcome: MinuteOutcome, live: { taken: number; held: number; onTime: boolean } | null = null): MinuteLine {
  const counts: Record<string, StreamCounts> = {};
  for (const { stream, class: name, n } of outcome.counts) {
    counts[stream] ??= { accepted: 0, duplicate: 0, late: 0, ahead: 0, invalid: 0 };
    counts[stream][name] += n;
  }
  const { mean, p10, p50, p90 } = outcome.satisfaction;
  const number = (text: string | null) => (text === null ? null : Number(text));
  return {
    minute: formatSecond(outcome.minute),
    manifest: outcome.manifest,
    digest: outcome.digest,
    counts,
    population: outcome.population,
    satisfaction: { mean: number(mean), p10: number(p10), p50: number(p50), p90: number(p90) },
    actions: { taken: live?.taken ?? outcome.decided.length, held: live?.held ?? 0 },
    verdict: null,
    phases_ms: outcome.phasesMs,
    on_time: live?.onTime ?? !outcome.missed,
  };
}
