import { appendFile, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eachLine } from '../sources/recording/lines.ts';
import { hashKey } from '../store/bucket.ts';
import type { ReducedRow } from './table-reader.ts';

/** Characters that wait for a partition before they are written. */
const PENDING_CHARS = 256 * 1024;

/** A row of one table as it stands in a partition. */
export interface StoredRow {
  readonly table: number;
  readonly key: string;
  /** As `ReducedRow` has it. */
  readonly aside: string | null;
  /** Scaled integers as text. */
  readonly cells: readonly (string | null)[];
  readonly sums: readonly string[];
}

/** The reduced rows of a day's tables on disk, all rows of a customer in one partition, by the hash of its key. */
export class Partitions {
  readonly count: number;
  readonly #folder: string;
  readonly #pending: string[];

  constructor(folder: string, count: number) {
    this.#folder = folder;
    this.count = count;
    this.#pending = Array.from({ length: count }, () => '');
  }

  async open(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#folder, { recursive: true });
    for (let partition = 0; partition < this.count; partition++) await (await open(this.#file(partition), 'w')).close();
  }

  of(key: string): number {
    return hashKey(key) % this.count;
  }

  async add(table: number, { key, aside, cells, sums }: ReducedRow): Promise<void> {
    const partition = this.of(key);
    const texts = [cells, sums].map((list) => list.map((value) => (typeof value === 'bigint' ? value.toString() : value)));
    this.#pending[partition] += `${JSON.stringify([table, key, aside, ...texts])}\n`;
    if ((this.#pending[partition] as string).length >= PENDING_CHARS) await this.#write(partition);
  }

  async finish(): Promise<void> {
    for (let partition = 0; partition < this.count; partition++) await this.#write(partition);
  }

  async #write(partition: number): Promise<void> {
    await appendFile(this.#file(partition), this.#pending[partition] as string);
    this.#pending[partition] = '';
  }

  async each(partition: number, take: (row: StoredRow) => void): Promise<void> {
    await eachLine(this.#file(partition), (bytes, start, end) => {
      const [table, key, aside, cells, sums] = JSON.parse(bytes.toString('utf8', start, end)) as [
        number,
        string,
        string | null,
        (string | null)[],
        string[],
      ];
      take({ table, key, aside, cells, sums });
    });
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  #file(partition: number): string {
    return join(this.#folder, `${partition}.ndjson`);
  }
}
