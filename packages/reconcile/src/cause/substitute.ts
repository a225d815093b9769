import { batchViewColumns, onlineViewColumns, streamViewColumns, type ViewColumn } from '@parallax/core/view-columns.ts';
import type { Comparison } from '../context.ts';
import { inputValues, type SideValue } from '../customer-sides.ts';
import { fieldsOf } from '../lines/canonical-line.ts';
import type { Substitution, ViewValue } from '../sides.ts';
import { Approximations } from '../stages/approximations.ts';
import { columnDifferences } from '../stages/results.ts';

/** The sources whose inputs of a customer differ, and those of them of which Spark's alone, put in for the alternative's, gives Spark's result. */
export interface Substituted {
  readonly customer: string;
  readonly differing: readonly string[];
  readonly decisive: readonly string[];
}

/** Whether the alternative's logic makes Spark's result line of a customer with some inputs replaced. */
export function gives({ project, alternative }: Comparison, customer: string, substitution: Substitution, spark: string): boolean {
  const other = alternative.lookups.rescore(customer, substitution);
  if (other === null) return false;
  const except = [project.key.name, 'minute'];
  return columnDifferences(fieldsOf(spark), fieldsOf(other.line), except, new Approximations(project)).length === 0;
}

/** Puts Spark's windows, batch row and answers of a customer in for the alternative's, a source at a time. Null when its result is the same on both sides. */
export async function substituteInputs(comparison: Comparison, customer: string): Promise<Substituted | null> {
  const lines = comparison.findings.linesOf(customer);
  if (lines === undefined || lines.spark === null || lines.alternative === null) return null;
  const types = columnsOf(comparison);
  const bySource = new Map<string, SideValue[]>();
  for (const value of await inputValues(comparison, customer)) {
    if (value.equal || value.group === 'result' || value.group === 'action') continue;
    const name = `${value.group}\n${value.source ?? ''}`;
    bySource.set(name, [...(bySource.get(name) ?? []), value]);
  }
  const differing: string[] = [];
  const decisive: string[] = [];
  for (const [name, values] of bySource) {
    const [group = '', source = ''] = name.split('\n');
    differing.push(source);
    const row = Object.fromEntries(values.map(({ column, spark }) => [column, viewValue(types.get(`${group}.${column}`), spark)]));
    if (gives(comparison, customer, { [group]: row }, lines.spark)) decisive.push(source);
  }
  return { customer, differing, decisive };
}

/** What a witness says of it. */
export function substitutedText({ differing, decisive }: Substituted): string {
  if (decisive.length > 0) return `Spark’s ${decisive.join(' or ')} in place of the alternative’s gives Spark’s result`;
  return `${differing.join(', ')}: none of them alone gives Spark’s result`;
}

function columnsOf({ project }: Comparison): ReadonlyMap<string, ViewColumn> {
  const of = (view: string, columns: readonly ViewColumn[]) => columns.map((column) => [`${view}.${column.name}`, column] as const);
  return new Map([
    ...of('stream', streamViewColumns(project)),
    ...of('batch', batchViewColumns(project)),
    ...of('online', onlineViewColumns(project)),
  ]);
}

/** A witness's text as the view has the value. */
function viewValue(column: ViewColumn | undefined, text: string | null): ViewValue {
  if (column === undefined || text === null) return null;
  switch (column.type.kind) {
    case 'text':
      return text;
    case 'decimal':
      return { unscaled: BigInt(text.replace('.', '')), places: column.type.places };
    case 'count':
    case 'age':
      return BigInt(text);
  }
}
