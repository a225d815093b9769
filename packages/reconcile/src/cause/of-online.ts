import type { Difference } from '../findings.ts';
import type { Explained } from './explanation.ts';
import type { Memory } from './memory.ts';
import { textCause } from './reasons.ts';

/** Why answers of the bulk API differ: one side lacks this minute's, or has one that says something else. */
export function explainOnline(firsts: readonly Difference[], memory: Memory): readonly Explained[] {
  return firsts.map((difference) => {
    const { source, variable, spark, alternative } = difference;
    const divergence = memory.input('online', source) !== null;
    const kind = textCause(spark, alternative);
    const cause = variable === null ? 'partial_online' : divergence || kind === 'value' ? 'online_skew' : kind;
    const detail = variable === null ? ['age in minutes of the answer that counts'] : [];
    return { difference, why: { divergence, cause, stage: 'online', source, variable, detail } };
  });
}
