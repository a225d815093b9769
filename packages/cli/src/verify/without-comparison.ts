import type { CommittedMinute } from '@parallax/alternative';
import { type MinuteVerdict, ParallaxError } from '@parallax/core';

/** Why a minute has not been compared: the files are others, this side could not compute it, or the comparison failed. */
export type NotCompared = 'overwritten' | 'alternative_failed' | 'comparison_failed';

/**
 * The verdict on a minute that was not compared: everyone waits for a person.
 * @param column what the reason is about, such as an error's code
 */
export function withoutComparison(committed: CommittedMinute, reason: NotCompared, column: string, detail: string): MinuteVerdict {
  const { minute, manifest, digest } = committed;
  const witness = { customer: '', column, spark: null, alternative: null, detail: [detail] };
  return {
    minute,
    manifest,
    digest,
    verdict: 'inconclusive',
    reason,
    stage: null,
    source: null,
    variable: null,
    witnesses: [witness],
    coverage: {},
    blocks: { kind: 'all' },
  };
}

/** A minute that the alternative could not compute. */
export function notComputed(committed: CommittedMinute, error: ParallaxError): MinuteVerdict {
  const reason = error.code === 'PRLX_ALTERNATIVE_OVERWRITTEN' ? 'overwritten' : 'alternative_failed';
  return withoutComparison(committed, reason, error.code, error.message);
}

/** A minute whose comparison ended in an error, whatever it is. */
export function comparisonFailed(committed: CommittedMinute, error: unknown): MinuteVerdict {
  const name = error instanceof ParallaxError ? error.code : error instanceof Error ? error.name : typeof error;
  return withoutComparison(committed, 'comparison_failed', name, error instanceof Error ? error.message : String(error));
}
