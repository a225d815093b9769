import type { Project } from '@parallax/core';
import { compareUtf8 } from './compare-utf8.ts';
import type { Comparison } from './context.ts';
import { decimalText } from './decimal-text.ts';
import { CONTRIBUTIONS_KEPT } from './limits.ts';
import { findContributions, SUM_PLACES } from './spark-side/batch-rows.ts';
import { PackedFault } from './spark-side/bytes.ts';

/** What one scorecard column adds to one module of a customer, on both sides; decimals with 12 places. */
export interface SideContribution {
  /** `<source>.<table>.<column>` */
  readonly variable: string;
  readonly module: string;
  /** Null: not among those that the batch row keeps. */
  readonly spark: string | null;
  /** Null: the alternative has no such variable, or not the customer. */
  readonly alternative: string | null;
  readonly equal: boolean;
}

/**
 * The largest contributions of a customer, largest first, of equal ones the first by name (contract, section 7): those that Spark's batch row keeps, and the
 * alternative's own, computed anew from its own tables.
 */
export async function contributionSides(
  { project, spark, alternative, parquet }: Pick<Comparison, 'project' | 'spark' | 'alternative' | 'parquet'>,
  customer: string,
): Promise<readonly SideContribution[]> {
  if (project.scorecard.length === 0) return [];
  const batch = spark.batch === null ? null : { folders: spark.batch.rows, taken: spark.batch.taken };
  const packed = batch === null ? null : await findContributions(parquet, project, batch, customer);
  const names = variables(project);
  const ours = (packed ?? []).map(({ variable, value }) => {
    const named = names[variable];
    if (named === undefined) throw new PackedFault(`a contribution of variable ${variable}, of ${names.length}`);
    return { ...named, value };
  });
  const theirs = [...(await alternative.lookups.contributions(customer))].sort(compareContributions);
  const largest = theirs.filter(({ value }) => value !== 0n).slice(0, CONTRIBUTIONS_KEPT);
  const shown = new Map([...ours, ...largest].map((each) => [nameOf(each), each] as const));
  const [own, other] = [ours, theirs].map(
    (list) => new Map(list.map((each) => [nameOf(each), decimalText(each.value, SUM_PLACES)] as const)),
  );
  return [...shown.values()].sort(compareContributions).map((each) => {
    const [a, b] = [own?.get(nameOf(each)) ?? null, other?.get(nameOf(each)) ?? null];
    return { variable: each.variable, module: each.module, spark: a, alternative: b, equal: a === b };
  });
}

interface Named {
  readonly variable: string;
  readonly module: string;
}

function nameOf({ variable, module }: Named): string {
  return `${variable}\n${module}`;
}

function compareNames(a: Named, b: Named): number {
  return compareUtf8(a.variable, b.variable) || compareUtf8(a.module, b.module);
}

function compareContributions(a: Named & { readonly value: bigint }, b: Named & { readonly value: bigint }): number {
  const [x, y] = [a.value < 0n ? -a.value : a.value, b.value < 0n ? -b.value : b.value];
  return x > y ? -1 : x < y ? 1 : compareNames(a, b);
}

/** The scorecard's variables in the order in which batch rows number them. */
function variables(project: Pick<Project, 'scorecard'>): readonly Named[] {
  const named = project.scorecard.map(({ source, table, column, module }) => ({ variable: `${source}.${table}.${column}`, module }));
  return [...new Map(named.map((each) => [nameOf(each), each] as const)).values()].sort(compareNames);
}
