import type { Verdict } from '@parallax/core';

/**
 * Why a minute can be inconclusive although both methods work: messages or a day were gone before they could be read, or were sent before there was a
 * queue to hold them. Nobody can judge such a minute. Any other reason is a method, or their comparison, that fails, and may do so minute after minute.
 */
const BEYOND_JUDGING: ReadonlySet<string | null> = new Set(['before_queue', 'incomplete', 'overwritten']);

/** Whether a verdict says that the answer is bad, or that nobody verifies it. */
export function isBadVerdict(verdict: Verdict, reason: string | null): boolean {
  return verdict === 'inconclusive' ? !BEYOND_JUDGING.has(reason) : verdict !== 'match';
}
