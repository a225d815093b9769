import type { Stage } from '@parallax/core';
import { batchViewColumns, LAST_HOUR_SUFFIX, onlineAgeColumn, onlineColumn, streamColumn } from '@parallax/core/view-columns.ts';
import type { Comparison } from '../context.ts';
import type { Difference } from '../findings.ts';
import { WITNESSES_MAX } from '../limits.ts';
import { fieldsOf } from '../lines/canonical-line.ts';
import type { Substitution, ViewValue } from '../sides.ts';
import { Approximations } from '../stages/approximations.ts';
import { columnDifferences } from '../stages/results.ts';
import type { Explained, Explanation } from './explanation.ts';
import { type Cause, textCause } from './reasons.ts';

/** One input of a customer replaced by what a fault would have put there. */
interface Hypothesis {
  readonly what: string;
  readonly stage: Stage;
  readonly cause: Cause;
  readonly source: string;
  readonly substitution: Substitution;
}

/**
 * Why results differ though all that they are made of is the same: one input after the other is replaced by what a fault would have put there, and
 * the alternative's logic asked whether that gives Spark's answer; else it is the logic, or its version, or it gives another answer each time.
 */
export async function explainResults(comparison: Comparison): Promise<readonly Explained[]> {
  const explained: Explained[] = [];
  for (const [index, difference] of comparison.findings.firsts('satisfaction').entries()) {
    const why = index < WITNESSES_MAX ? await explain(comparison, difference) : explained[0]?.why;
    if (why !== undefined) explained.push({ difference, why: { ...why, variable: difference.variable } });
  }
  return explained;
}

async function explain(comparison: Comparison, difference: Difference): Promise<Explanation> {
  const { project, spark, alternative, findings } = comparison;
  const { customer, variable, source } = difference;
  const place = { divergence: false, stage: 'satisfaction' as Stage, source, variable };
  const lines = customer === null ? undefined : findings.linesOf(customer);
  if (customer === null || lines === undefined) return { ...place, cause: logicCause(comparison, difference), detail: [] };
  const { lookups } = alternative;
  const again = [lookups.rescore(customer, {}), lookups.rescore(customer, {})].map((each) => each?.line ?? null);
  if (again.some((line) => line !== lines.alternative))
    return {
      ...place,
      source: 'alternative.ts',
      cause: 'not_deterministic',
      detail: ['alternative.ts gives another result when it is asked again'],
    };
  if (spark.projectHash !== project.hash)
    return {
      ...place,
      cause: 'rule_version',
      detail: [`Spark computed with the project ${spark.projectHash.slice(0, 12)}, this is ${project.hash.slice(0, 12)}`],
    };
  const tried: string[] = [];
  for (const hypothesis of await hypotheses(comparison, customer)) {
    tried.push(hypothesis.what);
    if (lines.spark !== null && gives(comparison, customer, hypothesis.substitution, lines.spark)) {
      const { stage, cause, what } = hypothesis;
      return { ...place, stage, cause, source: hypothesis.source, detail: [`${what} gives Spark’s result`] };
    }
  }
  if (lines.spark === null || lines.alternative === null) {
    const lost = comparison.findings.firsts('satisfaction').filter((each) => each.spark === null && each.alternative !== null);
    const common = absentOf(
      comparison,
      lost.map((each) => each.customer ?? ''),
    );
    return {
      ...place,
      source: common ?? source,
      cause: 'join_loss',
      detail: common === null ? [] : [`those without a row have nothing of ${common}`],
    };
  }
  return {
    ...place,
    cause: logicCause(comparison, difference),
    detail: tried.length === 0 ? [] : [`the inputs are the same; not explained by: ${tried.join(', ')}`],
  };
}

function logicCause({ spark, project }: Comparison, { spark: ours, alternative: theirs }: Difference): Cause {
  if (spark.projectHash !== project.hash) return 'rule_version';
  const cause = textCause(ours, theirs);
  return cause === 'value' ? 'logic' : cause;
}

/** Whether the alternative's logic makes Spark's result of a customer with some inputs replaced. */
function gives({ project, alternative }: Comparison, customer: string, substitution: Substitution, spark: string): boolean {
  const other = alternative.lookups.rescore(customer, substitution);
  if (other === null) return false;
  const except = [project.key.name, 'minute'];
  return columnDifferences(fieldsOf(spark), fieldsOf(other.line), except, new Approximations(project)).length === 0;
}

/** The faults that can be put in for a customer: only those that change one of its inputs. */
async function hypotheses(comparison: Comparison, customer: string): Promise<readonly Hypothesis[]> {
  const { project } = comparison;
  const found: Hypothesis[] = [];
  const before = await comparison.earlierRow(customer);
  if (before !== null) {
    const source = project.base.source;
    found.push({ what: 'the batch row of the day before', stage: 'batch', cause: 'stale_batch', source, substitution: { batch: before } });
  }
  for (const batch of project.batch) {
    for (const table of batch.tables) {
      const names = table.columns.map(({ name }) => `${table.name}_${name}`);
      if (names.length === 0) continue;
      const what = `${batch.name}.${table.name} without the customer`;
      found.push({ what, stage: 'batch', cause: 'half_batch', source: batch.name, substitution: { batch: nulls(names) } });
    }
  }
  for (const source of project.online) {
    const names = [...source.fields.map((field) => onlineColumn(source, field)), onlineAgeColumn(source)];
    found.push({
      what: `${source.name} without an answer`,
      stage: 'online',
      cause: 'partial_online',
      source: source.name,
      substitution: { online: nulls(names) },
    });
  }
  for (const stream of project.streams) {
    const columns = stream.variables.flatMap((variable) =>
      variable.aggregates.map((aggregate) => [streamColumn(stream, variable, aggregate), aggregate] as const),
    );
    const empty = columns.flatMap(([name, aggregate]): [string, ViewValue][] => {
      const nothing = aggregate === 'count' ? 0n : null;
      return [
        [name, nothing],
        [`${name}${LAST_HOUR_SUFFIX}`, nothing],
      ];
    });
    found.push({
      what: `${stream.name} without events`,
      stage: 'windows',
      cause: 'join_loss',
      source: stream.name,
      substitution: { stream: Object.fromEntries(empty) },
    });
  }
  return found;
}

function nulls(names: readonly string[]): Readonly<Record<string, ViewValue>> {
  return Object.fromEntries(names.map((name) => [name, null]));
}

/** The first source of which none of these customers has anything; null when there is none. */
function absentOf({ project, alternative }: Comparison, customers: readonly string[]): string | null {
  const { lookups } = alternative;
  if (customers.length === 0) return null;
  for (const [source, { name }] of project.online.entries())
    if (customers.every((key) => lookups.onlineAge(source, key) === null)) return name;
  const columns = batchViewColumns(project).map(({ name }) => name);
  for (const batch of project.batch) {
    for (const table of batch.tables) {
      const places = table.columns.map(({ name }) => columns.indexOf(`${table.name}_${name}`));
      if (places.length > 0 && customers.every((key) => places.every((at) => (lookups.batchRow(key)?.[at] ?? null) === null)))
        return batch.name;
    }
  }
  for (const [stream, { name, variables }] of project.streams.entries()) {
    const silent = (key: string) =>
      variables.every((_, variable) => lookups.window(lookups.slotOf(key), stream, variable, 'count', 'last_hour') === 0);
    if (customers.every(silent)) return name;
  }
  return null;
}
