import { type MinuteVerdict, STAGES, type Stage } from '@parallax/core';
import type { Comparison } from '../context.ts';
import { type Difference, witnessOf } from '../findings.ts';
import { BLOCKED_CUSTOMERS_MAX, WITNESSES_MAX } from '../limits.ts';
import type { Explained, Explanation } from './explanation.ts';
import type { Memory } from './memory.ts';
import { explainActions } from './of-actions.ts';
import { type EarlierView, explainBatch } from './of-batch.ts';
import { explainOnline } from './of-online.ts';
import { explainResults } from './of-results.ts';
import { explainWindows } from './of-windows.ts';
import { type Substituted, substitutedText, substituteInputs } from './substitute.ts';

/** What a verdict says of where and why the sides differ. */
export type Cause = Pick<MinuteVerdict, 'verdict' | 'reason' | 'stage' | 'source' | 'variable' | 'witnesses'>;

/** Differences of no customer at these stages may be the reason for those of any customer at a later one. */
const REACH_ALL: Readonly<Record<Stage, readonly Stage[]>> = {
  inputs: [],
  panes: ['inputs'],
  windows: ['inputs', 'panes'],
  batch: [],
  online: [],
  // Windows, rows and answers of the customer are the same; the day stands in the view `iteration`.
  satisfaction: ['batch'],
  actions: ['batch'],
};

/**
 * Names the cause of what was found: of the first stage that differs, each customer is explained by itself. A difference that no differing input
 * explains comes before those that one does; where inputs explain all of that stage, customers who differ at a later one only are looked at, too:
 * another's input is not why they do.
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
  const stages: StageCause[] = [];
  for (const stage of STAGES) {
    if (findings.count(stage) === 0) continue;
    const found = await causeOfStage(comparison, memory, stage, stages.length === 0, inputs, earlier);
    if (found !== null) stages.push(found);
    if (found?.lead.why.divergence === false) break;
  }
  const [first] = stages;
  if (first === undefined) return { verdict: 'match', reason: null, stage: null, source: null, variable: null, witnesses: [] };
  const last = stages.at(-1) as StageCause;
  const told = last.lead.why.divergence ? first : last;
  const { lead, explained, substituted } = told;
  const { divergence, cause, stage, source, variable } = lead.why;
  rememberDecisions(
    comparison,
    memory,
    stages.flatMap((each) => each.explained),
    lead.why,
  );
  const alike = explained.filter((each) => each !== lead && isAlike(each.why, lead.why));
  const witnesses = [lead, ...alike].slice(0, WITNESSES_MAX).map(({ difference, why }) => {
    const isOf = substituted !== null && substituted.customer === difference.customer;
    return witnessOf(difference, isOf ? [...why.detail, substitutedText(substituted)] : why.detail);
  });
  // Inputs that differ beside a mismatch are told by the last witness.
  const given = first.explained.find(({ why }) => why.divergence);
  if (!divergence && given !== undefined) witnesses.splice(WITNESSES_MAX - 1, 1, besides(given));
  return { verdict: divergence ? 'input_divergence' : 'mismatch', reason: cause, stage, source, variable, witnesses };
}

/** What explains a stage, and which of it the verdict would name. */
interface StageCause {
  readonly explained: readonly Explained[];
  readonly lead: Explained;
  readonly substituted: Substituted | null;
}

/** Null when no customer differs at a later stage by itself. */
async function causeOfStage(
  comparison: Comparison,
  memory: Memory,
  stage: Stage,
  isFirst: boolean,
  inputs: readonly Explained[],
  earlier: EarlierView | null,
): Promise<StageCause | null> {
  const { findings } = comparison;
  const differences = isFirst ? findings.firsts(stage) : ownOf(comparison, stage);
  if (differences.length === 0) return null;
  const substituted = await substitutedOf(comparison, stage, differences);
  const explained =
    stage === 'inputs'
      ? inputs
      : await explainStage(comparison, memory, stage, ofDecisive(comparison, stage, differences, substituted), earlier);
  const wrong = explained.filter(({ why }) => !why.divergence);
  const named = wrong.length > 0 ? wrong : explained;
  // Who is scored by one side only may say nothing of the source.
  const lead = named.find((each) => isDecisive(each, substituted)) ?? named.find(({ why }) => why.source !== null) ?? named[0];
  if (lead !== undefined) return { explained, lead, substituted };
  if (isFirst) throw new Error(`nothing explains what differs at ${stage}`);
  return null;
}

/** The first customer of a stage of inputs whose result differs, with Spark's inputs put in a source at a time. */
async function substitutedOf(comparison: Comparison, stage: Stage, differences: readonly Difference[]): Promise<Substituted | null> {
  if (stage === 'satisfaction' || stage === 'actions') return null;
  for (const { customer } of differences) {
    const lines = customer === null ? undefined : comparison.findings.linesOf(customer);
    if (customer !== null && lines !== undefined && lines.spark !== null && lines.alternative !== null)
      return substituteInputs(comparison, customer);
  }
  return null;
}

function isDecisive({ difference: { customer }, why: { source } }: Explained, substituted: Substituted | null): boolean {
  return substituted?.customer === customer && source !== null && substituted.decisive.includes(source);
}

/** The differences of a stage, of the customer with substituted inputs that of a source which gives Spark's result. */
function ofDecisive(
  { findings }: Comparison,
  stage: Stage,
  differences: readonly Difference[],
  substituted: Substituted | null,
): readonly Difference[] {
  if (substituted === null) return differences;
  const { customer, decisive } = substituted;
  const other = findings.all(stage, customer).find(({ source }) => source !== null && decisive.includes(source));
  return differences.map((each) => (each.customer === customer ? (other ?? each) : each));
}

/** The first differences of a stage that are of a customer who differs at no earlier one, as far as none of them can be another's consequence. */
function ownOf({ findings }: Comparison, stage: Stage): readonly Difference[] {
  const earlier = STAGES.slice(0, STAGES.indexOf(stage));
  if (earlier.some((each) => findings.differing(each) >= BLOCKED_CUSTOMERS_MAX)) return [];
  if (REACH_ALL[stage].some((each) => findings.isCommon(each))) return [];
  return findings.firsts(stage).filter(({ customer }) => customer !== null && !earlier.some((each) => findings.differs(each, customer)));
}

function besides({ difference, why }: Explained): Cause['witnesses'][number] {
  const { stage, source, cause, detail } = why;
  return witnessOf(difference, [
    `given differently besides: ${[stage, source].filter((part) => part !== null).join(' · ')} (${cause})`,
    ...detail,
  ]);
}

function isAlike(a: Explanation, b: Explanation): boolean {
  return a.divergence === b.divergence && a.cause === b.cause && a.source === b.source;
}

/** A decision that differs keeps the next ones of its customer and action apart until its cool-down is over. */
function rememberDecisions({ spark, findings }: Comparison, memory: Memory, explained: readonly Explained[], lead: Explanation): void {
  const why = new Map<string | null, Explanation>();
  for (const each of explained) if (!why.has(each.difference.customer)) why.set(each.difference.customer, each.why);
  for (const { customer, variable: action } of findings.firsts('actions')) {
    if (customer === null || action === null) continue;
    // One that an earlier one is the reason for has a cool-down of its own.
    const { divergence, cause, stage, source } = memory.decisionCause(customer, action) ?? why.get(customer) ?? lead;
    memory.decision(customer, action, { minute: spark.minute, divergence, cause, stage, source });
  }
}

async function explainStage(
  comparison: Comparison,
  memory: Memory,
  stage: Exclude<Stage, 'inputs'>,
  differences: readonly Difference[],
  earlier: EarlierView | null,
): Promise<readonly Explained[]> {
  switch (stage) {
    case 'panes':
    case 'windows':
      return explainWindows(comparison, differences, memory);
    case 'batch':
      return explainBatch(comparison, differences, memory, earlier);
    case 'online':
      return explainOnline(differences, memory);
    case 'satisfaction':
      return explainResults(comparison, differences);
    case 'actions':
      return explainActions(comparison, differences, memory);
  }
}
