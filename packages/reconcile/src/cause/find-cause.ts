import { type MinuteVerdict, STAGES, type Stage } from '@parallax/core';
import type { Comparison } from '../context.ts';
import { witnessOf } from '../findings.ts';
import { WITNESSES_MAX } from '../limits.ts';
import type { Explained, Explanation } from './explanation.ts';
import type { Memory } from './memory.ts';
import { explainActions } from './of-actions.ts';
import { type EarlierView, explainBatch } from './of-batch.ts';
import { explainOnline } from './of-online.ts';
import { explainResults } from './of-results.ts';
import { explainWindows } from './of-windows.ts';

/** What a verdict says of where and why the sides differ. */
export type Cause = Pick<MinuteVerdict, 'verdict' | 'reason' | 'stage' | 'source' | 'variable' | 'witnesses'>;

/**
 * Names the cause of what was found: of the first stage that differs, each customer is explained by itself. A difference that no differing input
 * explains comes before those that one does.
 *
 * @param inputs what was found of the messages themselves
 */
export async function findCause(
  comparison: Comparison,
  memory: Memory,
  inputs: readonly Explained[],
  earlier: EarlierView | null,
): Promise<Cause> {
  const { findings } = comparison;
  const stage = STAGES.find((each) => findings.count(each) > 0) ?? null;
  if (stage === null) return { verdict: 'match', reason: null, stage: null, source: null, variable: null, witnesses: [] };
  const explained = await explainStage(comparison, memory, stage, inputs, earlier);
  const lead = explained.find(({ why }) => !why.divergence) ?? explained[0];
  if (lead === undefined) throw new Error(`nothing explains what differs at ${stage}`);
  rememberDecisions(comparison, memory, explained, lead.why);
  const { divergence, cause, source, variable } = lead.why;
  const others = explained.filter((each) => each !== lead && isAlike(each.why, lead.why));
  return {
    verdict: divergence ? 'input_divergence' : 'mismatch',
    reason: cause,
    stage: lead.why.stage,
    source,
    variable,
    witnesses: [lead, ...others].slice(0, WITNESSES_MAX).map(({ difference, why }) => witnessOf(difference, why.detail)),
  };
}

function isAlike(a: Explanation, b: Explanation): boolean {
  return a.divergence === b.divergence && a.cause === b.cause && a.source === b.source;
}

/** A decision that differs keeps the next ones of its customer and action apart until its cool-down is over. */
function rememberDecisions({ spark, findings }: Comparison, memory: Memory, explained: readonly Explained[], lead: Explanation): void {
  for (const { customer, variable: action } of findings.firsts('actions')) {
    if (customer === null || action === null || memory.decisionCause(customer, action) !== null) continue;
    const { divergence, cause, stage, source } = explained.find((each) => each.difference.customer === customer)?.why ?? lead;
    memory.decision(customer, action, { minute: spark.minute, divergence, cause, stage, source });
  }
}

async function explainStage(
  comparison: Comparison,
  memory: Memory,
  stage: Stage,
  inputs: readonly Explained[],
  earlier: EarlierView | null,
): Promise<readonly Explained[]> {
  switch (stage) {
    case 'inputs':
      return inputs;
    case 'panes':
    case 'windows':
      return explainWindows(comparison, memory);
    case 'batch':
      return explainBatch(comparison, memory, earlier);
    case 'online':
      return explainOnline(comparison, memory);
    case 'satisfaction':
      return explainResults(comparison);
    case 'actions':
      return explainActions(comparison, memory);
  }
}
