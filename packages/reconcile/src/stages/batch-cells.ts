import type { BatchViewColumn } from '../columns.ts';
import { scaledText } from '../decimal-text.ts';
import type { AlternativeLookups } from '../sides.ts';
import type { BatchLayout, BatchRun } from '../spark-side/batch-rows.ts';

/** A cell of a batch row that is not the same on both sides; null is null. */
export interface DifferingCell {
  readonly column: BatchViewColumn;
  readonly spark: string | null;
  readonly alternative: string | null;
}

/** The cells of a customer's batch row that differ, of those that Spark's rows hold. @param cells null: the alternative has no row */
export function differingCells(
  layout: BatchLayout,
  run: BatchRun,
  cells: ReturnType<AlternativeLookups['batchRow']>,
): readonly DifferingCell[] {
  const row = run.row(layout);
  const differing: DifferingCell[] = [];
  for (const [index, column] of layout.columns.entries()) {
    if (layout.held[index] !== true) continue;
    const spark = row[index] ?? null;
    const cell = cells?.[index] ?? null;
    const alternative = typeof cell === 'bigint' ? scaledText(cell, column.places) : cell;
    if (spark !== alternative) differing.push({ column, spark, alternative });
  }
  return differing;
}
