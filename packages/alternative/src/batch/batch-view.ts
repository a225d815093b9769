import { SCORECARD_PLACES, scorecardModules } from '@parallax/core/view-columns.ts';
import { PARTITION_SOURCE_BYTES, PARTITIONS_CACHED, PARTITIONS_MAX, SCORECARD_SCALE } from '../limits.ts';
import type { Project } from '../names.ts';
import { unscaledAt } from '../parse/decimal.ts';
import { compareUtf8 } from '../parse/text.ts';
import type { BatchSourceTables } from '../sources/source.ts';
import { Partitions, type StoredRow } from './partitions.ts';
import { type Cell, TableReader } from './table-reader.ts';

/** One base customer's values, as `batchViewColumns` names them. */
export type BatchRow = readonly Cell[];

/** Rows of a table that are kept aside: without a key (`key`), with one that stands twice (`key_twice`), or as `ReducedRow` says. */
export interface AsideRows {
  /** `<source>.<table>` */
  readonly table: string;
  readonly reason: string;
  readonly rows: number;
}

/** A customer's row as it would be without one of its tables. */
export interface RowWithout {
  /** `<source>.<table>` */
  readonly table: string;
  /** When the customer has no row there, and when nothing of the table is in the sums. */
  readonly rows: readonly BatchRow[];
}

/** The batch view of one day (contract, section 7): every customer of the base with its row. */
export class BatchView {
  readonly day: string;
  readonly #tables: readonly TableReader[];
  readonly #names: readonly string[];
  readonly #base: number;
  readonly #modules: number;
  readonly #partitions: Partitions;
  /** The partition used last is the last. */
  readonly #loaded = new Map<number, ReadonlyMap<string, BatchRow>>();
  /** Rows by table and reason, of the partitions that were joined once. */
  readonly #aside = new Map<string, number>();
  readonly #counted = new Set<number>();

  private constructor(
    day: string,
    tables: readonly TableReader[],
    names: readonly string[],
    base: number,
    modules: number,
    partitions: Partitions,
  ) {
    this.day = day;
    this.#tables = tables;
    this.#names = names;
    this.#base = base;
    this.#modules = modules;
    this.#partitions = partitions;
  }

  /** Reads each table of a complete day once. `folder` is this view's own; `close` removes it. */
  static async build(
    project: Project,
    sources: Pick<BatchSourceTables, 'table' | 'dayBytes'>,
    day: string,
    folder: string,
    signal?: AbortSignal,
  ): Promise<BatchView> {
    const modules = scorecardModules(project);
    const declared = project.batch.flatMap((source) => source.tables.map((table) => ({ source: source.name, table })));
    const readers = declared.map(({ source, table }) => new TableReader(project, source, table, modules));
    const base = declared.findIndex(({ source, table }) => source === project.base.source && table.name === project.base.table);
    const bytes = await sources.dayBytes(day);
    const partitions = new Partitions(folder, Math.min(PARTITIONS_MAX, Math.max(1, Math.ceil(bytes / PARTITION_SOURCE_BYTES))));
    await partitions.open();
    for (const [index, reader] of readers.entries()) {
      const { source, table } = declared[index] as (typeof declared)[number];
      for await (const row of reader.rows(await sources.table(day, source, table.name))) {
        signal?.throwIfAborted();
        await partitions.add(index, row);
      }
    }
    await partitions.finish();
    const names = declared.map(({ source, table }) => `${source}.${table.name}`);
    return new BatchView(day, readers, names, base, modules.length, partitions);
  }

  /** The rows of those keys that are in the base. */
  async rows(keys: Iterable<string>): Promise<Map<string, BatchRow>> {
    const byPartition = new Map<number, string[]>();
    for (const key of keys) {
      const partition = this.#partitions.of(key);
      const list = byPartition.get(partition);
      if (list === undefined) byPartition.set(partition, [key]);
      else list.push(key);
    }
    const found = new Map<string, BatchRow>();
    for (const [partition, list] of byPartition) {
      const rows = await this.#load(partition);
      for (const key of list) {
        const row = rows.get(key);
        if (row !== undefined) found.set(key, row);
      }
    }
    return found;
  }

  /** A base customer's row without each of the tables that have one of it, one table at a time. Reads a partition. */
  async without(key: string): Promise<readonly RowWithout[]> {
    const own = this.#tables.map((): Standing | undefined => undefined);
    await this.#partitions.each(this.#partitions.of(key), (row) => {
      if (row.key === key) own[row.table] = { row, times: (own[row.table]?.times ?? 0) + 1 };
    });
    const rows = own.map(rowOf);
    return rows.flatMap((row, table) => {
      if (row === null || table === this.#base) return [];
      const others = rows.with(table, null);
      return [{ table: this.#names[table] as string, rows: [this.#valuesOf(others), this.#valuesOf(others, table)] }];
    });
  }

  /** All customers of the base. */
  async *base(): AsyncIterable<string> {
    for (let partition = 0; partition < this.#partitions.count; partition++) yield* (await this.#load(partition)).keys();
  }

  /** What was kept aside, by table and reason. */
  async aside(): Promise<readonly AsideRows[]> {
    for (let partition = 0; partition < this.#partitions.count; partition++) if (!this.#counted.has(partition)) await this.#load(partition);
    const keyless = this.#tables.flatMap(({ keyless }, index) => (keyless === 0 ? [] : [[`${index} key`, keyless] as const]));
    return [...keyless, ...this.#aside]
      .map(([name, rows]) => {
        const [index = '', reason = ''] = name.split(' ');
        return { table: this.#names[Number(index)] as string, reason, rows };
      })
      .sort((a, b) => compareUtf8(a.table, b.table) || compareUtf8(a.reason, b.reason));
  }

  async close(): Promise<void> {
    this.#loaded.clear();
    await this.#partitions.remove();
  }

  async #load(partition: number): Promise<ReadonlyMap<string, BatchRow>> {
    const have = this.#loaded.get(partition);
    if (have !== undefined) {
      this.#loaded.delete(partition);
      this.#loaded.set(partition, have);
      return have;
    }
    const rows = await this.#join(partition);
    this.#loaded.set(partition, rows);
    const [oldest] = this.#loaded.keys();
    if (this.#loaded.size > PARTITIONS_CACHED && oldest !== undefined) this.#loaded.delete(oldest);
    return rows;
  }

  async #join(partition: number): Promise<ReadonlyMap<string, BatchRow>> {
    const byTable = this.#tables.map(() => new Map<string, Standing>());
    await this.#partitions.each(partition, (row) => {
      const table = byTable[row.table] as Map<string, Standing>;
      const before = table.get(row.key);
      table.set(row.key, before === undefined ? { row, times: 1 } : { row, times: before.times + 1 });
    });
    if (!this.#counted.has(partition)) {
      this.#counted.add(partition);
      for (const [index, table] of byTable.entries()) for (const standing of table.values()) this.#count(index, standing);
    }
    const joined = new Map<string, BatchRow>();
    for (const [key, standing] of byTable[this.#base] as Map<string, Standing>) {
      if (rowOf(standing) !== null) joined.set(key, this.#valuesOf(byTable.map((table) => rowOf(table.get(key)))));
    }
    return joined;
  }

  /** A key that stands twice is the reason of all its rows, whatever else is wrong with them. */
  #count(table: number, { row, times }: Standing): void {
    const reason = times > 1 ? 'key_twice' : row.aside;
    if (reason === null) return;
    const name = `${table} ${reason}`;
    this.#aside.set(name, (this.#aside.get(name) ?? 0) + times);
  }

  /** `rows` by table; null where the customer has none. @param apart a table that has no part in the sums; −1: none */
  #valuesOf(rows: readonly (StoredRow | null)[], apart = -1): BatchRow {
    const values: Cell[] = [];
    const sums = Array.from({ length: this.#modules }, () => 0n);
    for (const [index, { table, missing }] of this.#tables.entries()) {
      const row = rows[index] ?? null;
      for (const [i, { type }] of table.columns.entries()) {
        const text = row?.cells[i] ?? null;
        values.push(text === null || type.kind === 'text' ? text : BigInt(text));
      }
      if (index === apart) continue;
      const added = row?.sums ?? missing.sums;
      for (let module = 0; module < sums.length; module++)
        sums[module] = (sums[module] as bigint) + BigInt(added[module] as string | bigint);
    }
    if (sums.length === 0) return values;
    const total = sums.reduce((sum, each) => sum + each, 0n);
    for (const sum of [...sums, total]) values.push(unscaledAt({ unscaled: sum, places: SCORECARD_SCALE }, SCORECARD_PLACES));
    return values;
  }
}

/** The last row of a key in one table, and how many it has there. */
interface Standing {
  readonly row: StoredRow;
  readonly times: number;
}

/** The row that counts; null when there is none, or none that is as it should be. */
function rowOf(standing: Standing | undefined): StoredRow | null {
  return standing === undefined || standing.times > 1 || standing.row.aside !== null ? null : standing.row;
}
