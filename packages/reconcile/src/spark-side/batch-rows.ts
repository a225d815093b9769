import { crc32 } from 'node:zlib';
import type { Project } from '@parallax/core';
import { batchColumn, SCORECARD_COLUMN, SCORECARD_PLACES } from '@parallax/core/view-columns.ts';
import { type BatchViewColumn, batchColumns } from '../columns.ts';
import { compareUtf8 } from '../compare-utf8.ts';
import { decimalText } from '../decimal-text.ts';
import type { SparkBatch } from '../sides.ts';
import { ByteCursor, PackedFault, textOf } from './bytes.ts';
import { type ParquetReader, parquetTable } from './parquet.ts';

/** Places of the scorecard's sums, and of contributions, in batch rows. */
export const SUM_PLACES = 12;
const SHOWN_UNIT = 10n ** BigInt(SUM_PLACES - SCORECARD_PLACES);

/** What Spark's packed batch rows hold, and where in the view `batch` each of it stands. */
export interface BatchLayout {
  /** Cells in their order: the place of the column in the view, and its places; null: text. */
  readonly cells: readonly { readonly column: number; readonly places: number | null }[];
  /** The places in the view of the modules' columns, in their order, and of the total; null: there is no scorecard. */
  readonly modules: readonly number[];
  readonly total: number | null;
  /** The columns of the view `batch`, those that rows do not hold too. */
  readonly columns: readonly BatchViewColumn[];
  /** By column: whether rows hold it. */
  readonly held: readonly boolean[];
}

/** The layout of rows that hold the declared columns `taken`: tables as declared, the columns of each by name (UTF-8). */
export function batchLayout(project: Project, taken: readonly string[]): BatchLayout {
  const columns = batchColumns(project);
  const at = new Map(columns.map(({ name }, index) => [name, index] as const));
  const wanted = new Set(taken);
  const cells = project.batch.flatMap(({ tables }) =>
    tables.flatMap((table) =>
      [...table.columns]
        .sort((a, b) => compareUtf8(a.name, b.name))
        .map((column) => batchColumn(table, column))
        .filter((name) => wanted.has(name))
        .map((name) => {
          const column = at.get(name) as number;
          return { column, places: columns[column]?.places ?? null };
        }),
    ),
  );
  const declared = project.batch.reduce((n, { tables }) => n + tables.reduce((m, table) => m + table.columns.length, 0), 0);
  const total = columns[columns.length - 1]?.name === SCORECARD_COLUMN && columns.length > declared ? columns.length - 1 : null;
  const modules = total === null ? [] : Array.from({ length: total - declared }, (_, i) => declared + i);
  const held = columns.map((_, index) => index >= declared || cells.some(({ column }) => column === index));
  return { cells, modules, total, columns, held };
}

/** One of the contributions that a batch row keeps. */
export interface PackedContribution {
  /** The number of the scorecard's variable: its place by name (`<source>.<table>.<column>`), then module, as UTF-8 bytes. */
  readonly variable: number;
  /** At scale {@link SUM_PLACES}. */
  readonly value: bigint;
}

/** Walks a run of batch rows customer by customer, by ascending key, without copying. */
export class BatchRun {
  readonly bytes: Uint8Array;
  /** The customer's record is bytes[recordStart, bodyEnd): a run by itself. */
  recordStart = 0;
  bodyStart = 0;
  bodyEnd = 0;
  /** The key is bytes[keyStart, keyEnd), in UTF-8. */
  keyStart = 0;
  keyEnd = 0;
  readonly #in = new ByteCursor();
  readonly #row = new ByteCursor();

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#in.open(bytes);
  }

  /** Steps to the next customer; false after the last. Throws PackedFault when the bytes are no run. */
  next(): boolean {
    const cursor = this.#in;
    if (!cursor.hasMore) return false;
    this.recordStart = cursor.at;
    const key = cursor.length();
    this.keyStart = cursor.at;
    this.keyEnd = cursor.at + key;
    cursor.skip(key);
    const body = cursor.length();
    this.bodyStart = cursor.at;
    this.bodyEnd = cursor.at + body;
    cursor.skip(body);
    return true;
  }

  get key(): string {
    return textOf(this.bytes, this.keyStart, this.keyEnd);
  }

  /** A customer with a window that Spark did not find in the base has an empty row. */
  get inBase(): boolean {
    return this.bodyEnd > this.bodyStart;
  }

  /** Of the row's bytes. */
  get checksum(): number {
    return crc32(this.bytes.subarray(this.bodyStart, this.bodyEnd));
  }

  /** The customer's row as text, a value a column of the view `batch`; null too where rows hold none. */
  row(layout: BatchLayout): (string | null)[] {
    const values: (string | null)[] = layout.columns.map(() => null);
    const cursor = this.#row;
    cursor.open(this.bytes, this.bodyStart, this.bodyEnd);
    for (const { column, places } of layout.cells) values[column] = this.#cell(places);
    let total = 0n;
    for (const column of layout.modules) {
      const sum = this.#integer(cursor.length());
      total += sum;
      values[column] = shown(sum);
    }
    if (layout.total !== null) values[layout.total] = shown(total);
    // The largest contributions explain a score (`contributions`); no SQL reads them.
    for (let left = cursor.index(); left > 0; left--) {
      cursor.index();
      cursor.skip(cursor.length());
    }
    if (cursor.hasMore) throw new PackedFault('a batch row that is longer than it says');
    return values;
  }

  /** The customer's largest contributions, as the row has them. Throws PackedFault when the bytes are no batch row. */
  contributions({ cells, modules }: BatchLayout): readonly PackedContribution[] {
    const cursor = this.#row;
    cursor.open(this.bytes, this.bodyStart, this.bodyEnd);
    for (let i = 0; i < cells.length; i++) cursor.skip(Math.max(0, cursor.index() - 1));
    for (let i = 0; i < modules.length; i++) cursor.skip(cursor.length());
    const found: PackedContribution[] = [];
    for (let left = cursor.index(); left > 0; left--) found.push({ variable: cursor.index(), value: this.#integer(cursor.length()) });
    if (cursor.hasMore) throw new PackedFault('a batch row that is longer than it says');
    return found;
  }

  #cell(places: number | null): string | null {
    const cursor = this.#row;
    const length = cursor.index() - 1;
    if (length < 0) return null;
    if (places !== null) return decimalText(this.#integer(length), places);
    const start = cursor.at;
    cursor.skip(length);
    return textOf(this.bytes, start, cursor.at);
  }

  /** Big-endian, in two's complement; nothing is 0. */
  #integer(length: number): bigint {
    const start = this.#row.at;
    this.#row.skip(length);
    let value = 0n;
    for (let i = start; i < start + length; i++) value = (value << 8n) | BigInt(this.bytes[i] as number);
    return length === 0 ? 0n : BigInt.asIntN(8 * length, value);
  }
}

/** Half away from zero, to the places that the view shows. */
function shown(sum: bigint): string {
  const half = SHOWN_UNIT / 2n;
  const rounded = sum < 0n ? -((-sum + half) / SHOWN_UNIT) : (sum + half) / SHOWN_UNIT;
  return decimalText(rounded, SCORECARD_PLACES);
}

/** The runs of batch rows in folders. */
export async function* batchRuns(parquet: ParquetReader, folders: readonly string[]): AsyncIterable<BatchRun> {
  for (const folder of folders) {
    const table = await parquetTable(folder);
    if (table !== null) yield* batchRunsOf(parquet, table);
  }
}

/** The runs of batch rows in files. @param table stands for the files */
export async function* batchRunsOf(parquet: ParquetReader, table: string): AsyncIterable<BatchRun> {
  for await (const { count, columns } of parquet.query(`SELECT run FROM ${table} WHERE run IS NOT NULL`)) {
    for (let row = 0; row < count; row++) {
      const blob = columns[0]?.getItem(row) as { readonly bytes: Uint8Array } | undefined;
      if (blob !== undefined) yield new BatchRun(blob.bytes);
    }
  }
}

/** The rows of some customers in folders, as text by column; a customer that is not there, or not in the base, is left out. */
export async function findBatchRows(
  parquet: ParquetReader,
  project: Project,
  batch: KeptBatch,
  customers: ReadonlySet<string>,
): Promise<ReadonlyMap<string, ReadonlyMap<string, string | null>>> {
  const layout = batchLayout(project, batch.taken);
  return find(parquet, batch, customers, (run) => {
    const values = run.row(layout);
    return new Map(layout.columns.flatMap(({ name }, i) => (layout.held[i] ? [[name, values[i] ?? null] as const] : [])));
  });
}

/** The largest contributions of one customer; null when it is not there, or not in the base, or there is no scorecard. */
export async function findContributions(
  parquet: ParquetReader,
  project: Project,
  batch: KeptBatch,
  customer: string,
): Promise<readonly PackedContribution[] | null> {
  const layout = batchLayout(project, batch.taken);
  if (layout.total === null) return null;
  return (await find(parquet, batch, new Set([customer]), (run) => run.contributions(layout))).get(customer) ?? null;
}

/** Folders of batch rows, and the declared columns that they hold. */
interface KeptBatch extends Pick<SparkBatch, 'taken'> {
  readonly folders: readonly string[];
}

async function find<T>(
  parquet: ParquetReader,
  { folders }: KeptBatch,
  customers: ReadonlySet<string>,
  read: (run: BatchRun) => T,
): Promise<ReadonlyMap<string, T>> {
  const rows = new Map<string, T>();
  if (customers.size === 0) return rows;
  for await (const run of batchRuns(parquet, folders)) {
    while (run.next()) {
      const { key } = run;
      if (run.inBase && customers.has(key)) rows.set(key, read(run));
    }
  }
  return rows;
}
