import { quoteIdentifier } from '@parallax/core';
import { batchColumns } from '../columns.ts';
import type { Comparison } from '../context.ts';
import { scaledText } from '../decimal-text.ts';
import { BATCH_KEYS_MAX, COMPARED_ROWS_MAX } from '../limits.ts';

/** What a difference of the day itself is called. */
export const BATCH_DAY_COLUMN = 'batch_day';

/** Batch rows that were found equal: a view never changes, so each is compared once. */
export class ComparedRows {
  #view: string | null = null;
  readonly #keys = new Set<string>();

  /** Forgets the rows of another view. */
  use(view: string): void {
    if (view === this.#view) return;
    this.#view = view;
    this.#keys.clear();
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  add(key: string): void {
    if (this.#keys.size >= COMPARED_ROWS_MAX) this.#keys.clear();
    this.#keys.add(key);
  }
}

/** Compares the day that both sides use, and the batch row of each customer of the population. */
export async function compareBatch(comparison: Comparison, common: readonly string[], compared: ComparedRows): Promise<void> {
  const { project, spark, alternative, findings } = comparison;
  const [ours, theirs] = [spark.batch?.day ?? null, alternative.lookups.facts.batchDay];
  if (ours !== theirs) {
    const { source } = project.base;
    findings.add({ stage: 'batch', customer: null, source, variable: null, column: BATCH_DAY_COLUMN, spark: ours, alternative: theirs });
    findings.holdAll();
  }
  if (spark.batch === null) return;
  compared.use(spark.batch.folder);
  const fresh = common.filter((key) => !compared.has(key));
  for (let from = 0; from < fresh.length; from += BATCH_KEYS_MAX)
    await compareRows(comparison, spark.batch.folder, fresh.slice(from, from + BATCH_KEYS_MAX), compared);
  findings.covered('batch', common.length);
  findings.covered('batch_read', fresh.length);
}

async function compareRows(
  { project, alternative, parquet, findings }: Comparison,
  view: string,
  keys: readonly string[],
  compared: ComparedRows,
): Promise<void> {
  const declared = batchColumns(project);
  const selected = declared.map(({ name }) => `, CAST(v.${quoteForDuckDb(name)} AS VARCHAR)`).join('');
  await parquet.keys('prlx_fresh', keys);
  for await (const { count, columns } of parquet.rows(
    view,
    (t) => `SELECT v.key${selected} FROM ${t} v JOIN prlx_fresh f ON f.key = v.key`,
  )) {
    for (let row = 0; row < count; row++) {
      const customer = columns[0]?.getItem(row) as string;
      const cells = alternative.lookups.batchRow(customer);
      let equal = true;
      for (const [index, { name, places, source, variable }] of declared.entries()) {
        const ours = columns[index + 1]?.getItem(row) as string | null;
        const cell = cells?.[index] ?? null;
        const theirs = typeof cell === 'bigint' ? scaledText(cell, places) : cell;
        if (ours === theirs) continue;
        equal = false;
        findings.add({ stage: 'batch', customer, source, variable, column: name, spark: ours, alternative: theirs });
      }
      if (equal) compared.add(customer);
    }
  }
}

/** Double quotes, doubled inside. */
export function quoteForDuckDb(name: string): string {
  return `"${quoteIdentifier(name).slice(1, -1).replaceAll('``', '`').replaceAll('"', '""')}"`;
}
