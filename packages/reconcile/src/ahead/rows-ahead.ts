import type { AlternativeLookups } from '../sides.ts';
import { type BatchLayout, BatchRun, batchRunsOf } from '../spark-side/batch-rows.ts';
import { PackedKeys } from '../spark-side/packed-keys.ts';
import { type ParquetReader, tableOf } from '../spark-side/parquet.ts';
import { differingCells } from '../stages/batch-cells.ts';
import type { ComparedRows } from '../stages/compared-rows.ts';
import type { OwnSide } from '../stages/own-side.ts';

type BatchCells = ReturnType<AlternativeLookups['batchRow']>;

/** What is asked of the alternative. */
export interface RowLookups {
  readonly batchRow: (key: string) => BatchCells;
}

/** The batch rows of a file, as they were compared before a minute had it. */
export class RowsAhead {
  /** Of those in the base. */
  readonly keys = new PackedKeys();
  /** Rows that were unpacked and said the same. */
  unpacked = 0;
  /** By key: the alternative's row, the very one that it keeps, that says the same; null: none did. */
  readonly #equal: BatchCells[] = [];
  /** By key: Spark's record, a run by itself, where none did. */
  readonly #left = new Map<number, Uint8Array>();
  #held: { readonly of: OwnSide; readonly holds: Uint8Array } | null = null;

  addEqual(run: BatchRun, cells: NonNullable<BatchCells>): void {
    this.keys.add(run.bytes, run.keyStart, run.keyEnd);
    this.#equal.push(cells);
  }

  addLeft(run: BatchRun): void {
    this.#left.set(this.keys.size, run.bytes.slice(run.recordStart, run.bodyEnd));
    this.keys.add(run.bytes, run.keyStart, run.keyEnd);
    this.#equal.push(null);
  }

  /** By key: 1 where the alternative still has the row that said the same. It is looked up once, however often it is asked for the same minute. */
  holds(own: OwnSide, { batchRow }: RowLookups): Uint8Array {
    if (this.#held?.of === own) return this.#held.holds;
    const holds = new Uint8Array(this.keys.size);
    const numbers = this.keys.numbersIn(own.scored);
    for (let i = 0; i < holds.length; i++) {
      const [number, cells] = [numbers[i] as number, this.#equal[i] ?? null];
      if (number >= 0 && cells !== null && cells === batchRow(own.scored.keys[number] as string)) holds[i] = 1;
    }
    this.#held = { of: own, holds };
    return holds;
  }

  /** A customer's row that was not found equal, as a run of it alone. */
  left(index: number): BatchRun | null {
    const record = this.#left.get(index);
    if (record === undefined) return null;
    const run = new BatchRun(record);
    run.next();
    return run;
  }
}

/** Compares the batch rows of a file with those that the alternative has by now. */
export async function rowsAhead(
  parquet: ParquetReader,
  file: string,
  layout: BatchLayout,
  compared: ComparedRows,
  { batchRow }: RowLookups,
): Promise<RowsAhead> {
  const ahead = new RowsAhead();
  for await (const run of batchRunsOf(parquet, tableOf([file]))) {
    while (run.next()) {
      if (!run.inBase) continue;
      const { key, checksum } = run;
      const cells = batchRow(key);
      if (cells === null) ahead.addLeft(run);
      else if (compared.has(key, checksum, cells)) ahead.addEqual(run, cells);
      else if (differingCells(layout, run, cells).length > 0) ahead.addLeft(run);
      else {
        ahead.unpacked++;
        compared.add(key, checksum, cells);
        ahead.addEqual(run, cells);
      }
    }
  }
  return ahead;
}
