import { COMPARED_ROWS_MAX } from '../limits.ts';
import type { AlternativeLookups } from '../sides.ts';

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
