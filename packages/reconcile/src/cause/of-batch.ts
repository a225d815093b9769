import type { Project } from '@parallax/core';
import { batchColumn, SCORECARD_COLUMN } from '@parallax/core/view-columns.ts';
import { batchColumns } from '../columns.ts';
import type { Comparison } from '../context.ts';
import { scaledText } from '../decimal-text.ts';
import type { Difference } from '../findings.ts';
import { WITNESSES_MAX } from '../limits.ts';
import type { SparkBatch, ViewValue } from '../sides.ts';
import { batchLayout, findBatchRows } from '../spark-side/batch-rows.ts';
import { BATCH_DAY_COLUMN } from '../stages/batch.ts';
import type { Explained, Explanation } from './explanation.ts';
import type { Memory } from './memory.ts';
import { type Cause, textCause } from './reasons.ts';

/** A batch view that was in use before: rows that Spark still has from it are stale. */
export type EarlierView = Pick<SparkBatch, 'day' | 'folder' | 'taken'>;

/** Why batch rows differ: another day, a row or table that one side lacks, the row of an earlier day, or a value. */
export async function explainBatch(
  comparison: Comparison,
  firsts: readonly Difference[],
  memory: Memory,
  earlier: EarlierView | null,
): Promise<readonly Explained[]> {
  const { project } = comparison;
  const otherDay = firsts.find(({ column }) => column === BATCH_DAY_COLUMN);
  if (otherDay !== undefined) return explainDay(firsts, otherDay, memory);
  const stale =
    earlier === null
      ? new Map<string, ReadonlyMap<string, string | null>>()
      : await findBatchRows(
          comparison.parquet,
          project,
          { folders: [earlier.folder], taken: earlier.taken },
          new Set(firsts.flatMap(({ customer }) => (customer === null ? [] : [customer]))),
        );
  const others = firsts
    .filter(({ column }) => isMembership(project, column))
    .map(({ spark, alternative }) => [spark, alternative] as const);
  const explained: Explained[] = [];
  for (const difference of firsts) {
    const { source, variable } = difference;
    const divergence = memory.input('batch', source) !== null;
    const reason = causeOf(comparison, difference, stale, others);
    const gone = reason.cause === 'value' && explained.length < WITNESSES_MAX ? await goneTable(comparison, difference) : null;
    const { cause, detail } = gone ?? reason;
    explained.push({ difference, why: { divergence, cause, stage: 'batch', source, variable, detail } });
  }
  return explained;
}

/** The table without which the alternative's scorecard of the customer is Spark's, in every column; null when there is none. */
async function goneTable({ project, findings, alternative, spark }: Comparison, { customer, column }: Difference): Promise<Reason | null> {
  if (customer === null || !column.startsWith(SCORECARD_COLUMN)) return null;
  const columns = batchColumns(project);
  const differing = new Map(findings.all('batch', customer).map((each) => [each.column, each.spark]));
  const held = batchLayout(project, spark.batch?.taken ?? []).held;
  const own = alternative.lookups.batchRow(customer);
  for (const { table, rows } of await alternative.lookups.batchWithout(customer)) {
    const isSpark = rows.some((row) =>
      columns.every(({ name, places }, index) => {
        if (held[index] !== true) return true;
        const expected = differing.has(name) ? differing.get(name) : textOf(own?.[index] ?? null, places);
        return textOf(row[index] ?? null, places) === expected;
      }),
    );
    if (isSpark) return { cause: 'half_batch', detail: [`without ${table} the alternative’s scorecard is Spark’s`] };
  }
  return null;
}

function textOf(cell: bigint | string | null, places: number | null): string | null {
  return typeof cell === 'bigint' ? scaledText(cell, places) : cell;
}

/** The sides use different days: that explains all their rows. */
function explainDay(firsts: readonly Difference[], day: Difference, memory: Memory): readonly Explained[] {
  const { source, spark, alternative } = day;
  const divergence = memory.input('batch', null) !== null;
  const detail = [`Spark uses the day ${spark ?? '(none)'}, the alternative ${alternative ?? '(none)'}`];
  const why: Explanation = { divergence, cause: 'stale_batch', stage: 'batch', source, variable: null, detail };
  return [day, ...firsts.filter((each) => each !== day)].map((difference) => ({ difference, why }));
}

function isMembership({ base }: Project, column: string): boolean {
  return column === `${base.source}.${base.table}`;
}

type Reason = { readonly cause: Cause; readonly detail: readonly string[] };

function causeOf(
  comparison: Comparison,
  difference: Difference,
  stale: ReadonlyMap<string, ReadonlyMap<string, string | null>>,
  memberships: readonly (readonly [string | null, string | null])[],
): Reason {
  const { project, spark } = comparison;
  const { column, customer } = difference;
  if (customer === null) return { cause: 'value', detail: [] };
  if (isMembership(project, column)) {
    const key = difference.spark ?? difference.alternative ?? '';
    const [from, to] = difference.spark === null ? [1, 0] : [0, 1];
    const twin = memberships.find((pair) => pair[from] === null && pair[to] !== null && folded(pair[to] ?? '') === folded(key));
    if (twin !== undefined) return { cause: 'key_mismatch', detail: [`the other side has ${JSON.stringify(twin[to])}`] };
    return { cause: 'half_batch', detail: ['the base table has the customer on one side only'] };
  }
  if (lacksTable(comparison, customer, column, difference))
    return { cause: 'half_batch', detail: ['the table has the customer on one side only'] };
  const before = stale.get(customer);
  if (before !== undefined && before.get(column) === difference.spark)
    return { cause: 'stale_batch', detail: ['Spark has the value of the day before'] };
  const cause = textCause(difference.spark, difference.alternative);
  if (cause !== 'value') return { cause, detail: [] };
  return { cause: spark.projectHash === project.hash ? 'value' : 'rule_version', detail: [] };
}

/** Whether one side has null in every column of the table that a column belongs to. */
function lacksTable({ project, findings, spark }: Comparison, customer: string, column: string, difference: Difference): boolean {
  if ((difference.spark === null) === (difference.alternative === null)) return false;
  const held = new Set(spark.batch?.taken ?? []);
  const names = project.batch
    .flatMap(({ tables }) => tables)
    .map((table) => table.columns.map((each) => batchColumn(table, each)).filter((name) => held.has(name)));
  const table = names.find((each) => each.includes(column)) ?? [];
  const differing = findings.columns('batch', customer);
  return table.length > 1 && table.every((name) => differing.has(name));
}

/** An earlier view's row as the view `batch` has it, to be put in for a customer's own; null when the view has none. */
export async function earlierValues(
  { project, parquet }: Pick<Comparison, 'project' | 'parquet'>,
  view: EarlierView,
  customer: string,
): Promise<Readonly<Record<string, ViewValue>> | null> {
  const row = (await findBatchRows(parquet, project, { folders: [view.folder], taken: view.taken }, new Set([customer]))).get(customer);
  if (row === undefined) return null;
  return Object.fromEntries(
    batchColumns(project).flatMap(({ name, places }) => {
      const text = row.get(name);
      if (text === undefined) return [];
      return [[name, text === null || places === null ? text : { unscaled: BigInt(text.replace('.', '')), places }] as const];
    }),
  );
}

/** A key without what people take for the same: case, blanks around it, leading zeros, composition. */
function folded(key: string): string {
  return key
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/^0+(?=.)/, '');
}
