import type { Comparison } from '../context.ts';
import { scaledText } from '../decimal-text.ts';
import { COMPARED_ROWS_MAX } from '../limits.ts';
import type { AlternativeLookups } from '../sides.ts';
import { type BatchLayout, type BatchRun, batchLayout, batchRuns } from '../spark-side/batch-rows.ts';
import type { SomeCustomers } from './scored-customers.ts';

/** What a difference of the day itself is called. */
export const BATCH_DAY_COLUMN = 'batch_day';

/** What a batch row that was found equal was on either side. */
interface ComparedRow {
  readonly checksum: number;
  readonly theirs: BatchCells;
}

type BatchCells = ReturnType<AlternativeLookups['batchRow']>;

/**
 * Batch rows that were found equal: while Spark's bytes have the same checksum and the alternative has not read its row again, they are, and need not be
 * unpacked.
 */
export class ComparedRows {
  #view: string | null = null;
  readonly #rows = new Map<string, ComparedRow>();

  /** Forgets the rows of another view. */
  use(view: string): void {
    if (view === this.#view) return;
    this.#view = view;
    this.#rows.clear();
  }

  /** @param theirs the alternative's row, the very one that it keeps */
  has(key: string, checksum: number, theirs: BatchCells): boolean {
    const row = this.#rows.get(key);
    return row !== undefined && row.checksum === checksum && row.theirs === theirs;
  }

  add(key: string, checksum: number, theirs: BatchCells): void {
    if (this.#rows.size >= COMPARED_ROWS_MAX) this.#rows.clear();
    this.#rows.set(key, { checksum, theirs });
  }
}

/** Compares the day that both sides use, and the batch row of each customer of the population that the minute used. */
export async function compareBatch(comparison: Comparison, common: SomeCustomers, compared: ComparedRows): Promise<void> {
  const { project, spark, alternative, parquet, findings } = comparison;
  const [ours, theirs] = [spark.batch?.day ?? null, alternative.lookups.facts.batchDay];
  const { source } = project.base;
  if (ours !== theirs) {
    findings.add({ stage: 'batch', customer: null, source, variable: null, column: BATCH_DAY_COLUMN, spark: ours, alternative: theirs });
    findings.holdAll();
  }
  if (spark.batch === null) return;
  compared.use(spark.batch.folder);
  const layout = batchLayout(project, spark.batch.taken);
  const missing = common.copy();
  let unpacked = 0;
  for await (const run of batchRuns(parquet, spark.batch.rows)) {
    while (run.next()) {
      if (!run.inBase) continue;
      const key = missing.take(run.bytes, run.keyStart, run.keyEnd);
      if (key === null) continue;
      const { checksum } = run;
      const cells = alternative.lookups.batchRow(key);
      if (compared.has(key, checksum, cells)) continue;
      unpacked += 1;
      if (isEqualRow(comparison, layout, key, run, cells)) compared.add(key, checksum, cells);
    }
  }
  for (const customer of missing.keys()) {
    const column = `${source}.${project.base.table}`;
    findings.add({ stage: 'batch', customer, source, variable: null, column, spark: null, alternative: customer });
  }
  findings.covered('batch', common.size);
  findings.covered('batch_read', unpacked);
}

function isEqualRow({ findings }: Comparison, layout: BatchLayout, customer: string, run: BatchRun, cells: BatchCells): boolean {
  const row = run.row(layout);
  let equal = true;
  for (const [index, { name, places, source, variable }] of layout.columns.entries()) {
    if (layout.held[index] !== true) continue;
    const ours = row[index] ?? null;
    const cell = cells?.[index] ?? null;
    const theirs = typeof cell === 'bigint' ? scaledText(cell, places) : cell;
    if (ours === theirs) continue;
    equal = false;
    findings.add({ stage: 'batch', customer, source, variable, column: name, spark: ours, alternative: theirs });
  }
  return equal;
}
