import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBVector } from '@duckdb/node-api';
import { quoteStandardLiteral } from '@parallax/core';
import { PARQUET_MEMORY, PARQUET_THREADS } from '../limits.ts';

/** Some rows of a query, by columns. */
export interface Rows {
  readonly count: number;
  readonly columns: readonly DuckDBVector[];
}

/** Reads the Parquet files that Spark wrote, a chunk at a time, with bounded memory. */
export class ParquetReader {
  readonly #instance: DuckDBInstance;

  private constructor(instance: DuckDBInstance) {
    this.#instance = instance;
  }

  static async open(): Promise<ParquetReader> {
    return new ParquetReader(await DuckDBInstance.create(':memory:', { threads: String(PARQUET_THREADS), memory_limit: PARQUET_MEMORY }));
  }

  /**
   * The rows of a query over one folder, in no order; none when the folder has no files.
   *
   * @param sql makes the query from the table that stands for the folder
   */
  async *rows(folder: string, sql: (table: string) => string): AsyncIterable<Rows> {
    const table = await parquetTable(folder);
    if (table !== null) yield* this.query(sql(table));
  }

  /** Each query on a connection of its own: on one, the next would end what is still read of the one before, without a word. */
  async *query(sql: string): AsyncIterable<Rows> {
    const connection = await this.#instance.connect();
    try {
      const result = await connection.stream(sql);
      let next = result.fetchChunk();
      try {
        for (;;) {
          const chunk = await next;
          if (chunk === null || chunk.rowCount === 0) return;
          // Read while this one is looked at.
          next = result.fetchChunk();
          yield { count: chunk.rowCount, columns: Array.from({ length: chunk.columnCount }, (_, i) => chunk.getColumnVector(i)) };
        }
      } finally {
        await next;
      }
    } finally {
      connection.closeSync();
    }
  }

  close(): void {
    this.#instance.closeSync();
  }
}

/** The table that stands for a folder in a query, or for some of its files, by their numbers; null when there are none. */
export async function parquetTable(folder: string, some: (index: number) => boolean = () => true): Promise<string | null> {
  const files = (await parquetFiles(folder)).filter((_, index) => some(index));
  return files.length === 0 ? null : tableOf(files);
}

/** The table that stands for files in a query. */
export function tableOf(files: readonly string[]): string {
  return `read_parquet([${files.map((file) => quoteStandardLiteral(file)).join(', ')}])`;
}

/** A data file. */
export interface KeptFile {
  readonly path: string;
  /** Says which file it is: what stays the same where one is linked to, and does not where one is written again. */
  readonly id: string;
}

/** The data files of a folder, in order of their names; none when there is no such folder. */
export async function keptFiles(folder: string): Promise<readonly KeptFile[]> {
  return Promise.all(
    (await parquetFiles(folder)).map(async (path) => {
      const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
      return { path, id: `${dev} ${ino} ${size} ${mtimeNs}` };
    }),
  );
}

/** The data files of a folder, in order of their names; none when there is no such folder. */
export async function parquetFiles(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  return (await readdir(folder))
    .filter((name) => name.endsWith('.parquet') && !/^[._]/.test(name))
    .sort()
    .map((name) => join(folder, name));
}
