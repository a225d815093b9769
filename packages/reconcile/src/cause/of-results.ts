import type { Stage } from '@parallax/core';
import { batchViewColumns, LAST_HOUR_SUFFIX, onlineAgeColumn, onlineColumn, streamColumn } from '@parallax/core/view-columns.ts';
import type { Comparison } from '../context.ts';
import type { Difference } from '../findings.ts';
import { SUBSTITUTED_CUSTOMERS_MAX, WITNESSES_MAX } from '../limits.ts';
import type { Substitution, ViewValue } from '../sides.ts';
import type { Explained, Explanation } from './explanation.ts';
import { type Cause, textCause } from './reasons.ts';
import { gives } from './substitute.ts';

/** One input of a customer replaced by what a fault would have put there. */
interface Hypothesis {
  readonly what: string;
  readonly stage: Stage;
  readonly cause: Cause;
  readonly source: string;
  readonly substitution: Substitution;
  /** Whether that input was compared in this minute: then it is the same, and cannot be the cause. */
  readonly compared: boolean;
}

/**
 * Why results differ though all that they are made of is the same: one input after the other is replaced by what a fault would have put there, and
 * the alternative's logic asked whether that gives Spark's answer, of every customer that differs; else it is the logic, or its version, or it
 * gives another answer each time. Windows and answers were compared in this very minute: of them it is only said what would explain it.
 */
export async function explainResults(comparison: Comparison, firsts: readonly Difference[]): Promise<readonly Explained[]> {
  const explained: Explained[] = [];
  const shared = await sharedHypotheses(comparison, firsts);
  for (const [index, difference] of firsts.entries()) {
    const why = index < WITNESSES_MAX ? await explain(comparison, firsts, difference, shared) : explained[0]?.why;
    if (why !== undefined) explained.push({ difference, why: { ...why, variable: difference.variable } });
  }
  return explained;
}

async function explain(
  comparison: Comparison,
  firsts: readonly Difference[],
  difference: Difference,
  shared: ReadonlySet<string>,
): Promise<Explanation> {
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
  const all = await hypotheses(comparison, customer);
  const found = all.find(({ what }) => shared.has(what));
  if (found !== undefined) {
    const { stage, cause, what, compared } = found;
    if (compared)
      return {
        ...place,
        cause: logicCause(comparison, difference),
        detail: [`${what} gives Spark’s result, but what is kept of it is the same`],
      };
    return { ...place, stage, cause, source: found.source, detail: [`${what} gives Spark’s result`] };
  }
  if (lines.spark === null || lines.alternative === null) {
    const lost = firsts.filter((each) => each.spark === null && each.alternative !== null);
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
    detail: all.length === 0 ? [] : [`the inputs are the same; not explained by: ${all.map(({ what }) => what).join(', ')}`],
  };
}

function logicCause({ spark, project }: Comparison, { spark: ours, alternative: theirs }: Difference): Cause {
  if (spark.projectHash !== project.hash) return 'rule_version';
  const cause = textCause(ours, theirs);
  return cause === 'value' ? 'logic' : cause;
}

/** The hypotheses, by their words, that give Spark's result of every customer that differs, as far as they are examined. */
async function sharedHypotheses(comparison: Comparison, firsts: readonly Difference[]): Promise<ReadonlySet<string>> {
  let shared: Set<string> | null = null;
  for (const { customer } of firsts.slice(0, SUBSTITUTED_CUSTOMERS_MAX)) {
    const spark = customer === null ? null : (comparison.findings.linesOf(customer)?.spark ?? null);
    if (customer === null || spark === null) continue;
    const giving = (await hypotheses(comparison, customer)).filter(({ substitution }) => gives(comparison, customer, substitution, spark));
    const names = new Set(giving.map(({ what }) => what));
    shared = new Set([...names].filter((name) => shared?.has(name) ?? true));
    if (shared.size === 0) break;
  }
  return shared ?? new Set();
}

/** The faults that can be put in for a customer: only those that change one of its inputs. */
async function hypotheses(comparison: Comparison, customer: string): Promise<readonly Hypothesis[]> {
  const { project } = comparison;
  const found: Hypothesis[] = [];
  const before = await comparison.earlierRow(customer);
  if (before !== null) {
    const source = project.base.source;
    found.push({
      what: 'the batch row of the day before',
      stage: 'batch',
      cause: 'stale_batch',
      source,
      substitution: { batch: before },
      compared: false,
    });
  }
  for (const batch of project.batch) {
    for (const table of batch.tables) {
      const names = table.columns.map(({ name }) => `${table.name}_${name}`);
      if (names.length === 0) continue;
      const what = `${batch.name}.${table.name} without the customer`;
      found.push({ what, stage: 'batch', cause: 'half_batch', source: batch.name, substitution: { batch: nulls(names) }, compared: false });
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
      compared: true,
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
      compared: true,
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
