import type { Stage } from '@parallax/core';
import type { Comparison } from '../context.ts';
import type { Difference } from '../findings.ts';
import type { Explained, Explanation } from './explanation.ts';
import type { Memory } from './memory.ts';
import { textCause } from './reasons.ts';

/** Why decisions differ though the results do not: an earlier decision that differed, the version of the logic, or the logic. */
export function explainActions(comparison: Comparison, firsts: readonly Difference[], memory: Memory): readonly Explained[] {
  return firsts.map((difference) => ({ difference, why: explain(comparison, difference, memory) }));
}

function explain({ project, spark, alternative }: Comparison, difference: Difference, memory: Memory): Explanation {
  const { customer, variable, source } = difference;
  const place = { divergence: false, stage: 'actions' as Stage, source, variable };
  const earlier = customer === null || variable === null ? null : memory.decisionCause(customer, variable);
  if (earlier !== null) {
    const { divergence, cause, stage } = earlier;
    const detail = ['an earlier decision differed, and its cool-down is not over'];
    return { ...place, divergence, cause, stage, source: earlier.source, detail };
  }
  if (spark.projectHash !== project.hash) return { ...place, cause: 'rule_version', detail: [] };
  const wanted = customer === null ? [] : (alternative.lookups.rescore(customer, {})?.actions ?? []);
  if (difference.alternative !== null && !wanted.some(({ action }) => action === variable))
    return {
      ...place,
      source: 'alternative.ts',
      cause: 'not_deterministic',
      detail: ['alternative.ts asks for other actions when it is asked again'],
    };
  const kind =
    difference.column === 'reason' && difference.spark !== null && difference.alternative !== null
      ? textCause(difference.spark, difference.alternative)
      : 'logic';
  return { ...place, cause: kind === 'value' ? 'logic' : kind, detail: [] };
}
