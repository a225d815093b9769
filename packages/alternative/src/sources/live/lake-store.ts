import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { ParallaxError } from '@parallax/core';
import type { LakeFiles } from './lake-files.ts';
import { LAKE_MEMORY, LAKE_THREADS } from './limits.ts';
import type { StoreSettings } from './settings.ts';
import { type FieldPath, fieldError, type Marker, type Store, type StoredKind, storeError, type TableOfDay } from './store.ts';

const DAY = '{day}';
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * `path`: the folder of a table's day, with `{table}` and `{day}` (YYYY-MM-DD); `marker`: the file there that says that the day is complete.
 * DuckDB reads the Parquet files: a reader that shares nothing with Spark's, nor with the pipeline's own.
 */
export class LakeStore implements Store {
  readonly #settings: StoreSettings;
  readonly #tables: readonly string[];
  readonly #files: LakeFiles;
  #instance: DuckDBInstance | null = null;

  /** @param tables of the source, whose days are looked for */
  constructor(settings: StoreSettings, tables: readonly string[], files: LakeFiles) {
    this.#settings = settings;
    this.#tables = tables;
    this.#files = files;
  }

  async markers(): Promise<readonly Marker[]> {
    const marker = this.#settings.optional('marker', '_SUCCESS');
    const markers: Marker[] = [];
    try {
      for (const table of this.#tables) {
        for (const day of await this.#days(table)) {
          const completed = await this.#files.modified(`${this.#folder(table, day)}/${marker}`);
          if (completed !== null) markers.push({ day, table, completed });
        }
      }
    } catch (cause) {
      throw storeError('the lake could not be listed', cause);
    }
    return markers;
  }

  async *rows(wanted: TableOfDay): AsyncIterable<readonly (string | null)[]> {
    const files = await this.#parquetOf(wanted);
    const cells = wanted.fields.map((path) => `CAST(${valueSql(path)} AS VARCHAR)`);
    const connection = await this.#connect();
    try {
      yield* this.#files.local(files, (paths) => textRows(connection, `SELECT ${cells.join(', ')} FROM ${tableSql(paths)}`));
    } catch (cause) {
      throw lakeError(wanted, cause);
    } finally {
      connection.closeSync();
    }
  }

  async kinds(wanted: TableOfDay): Promise<readonly StoredKind[]> {
    const files = await this.#parquetOf(wanted);
    const connection = await this.#connect();
    const values = wanted.fields.map((path, at) => `${valueSql(path)} AS f${at}`);
    const kinds: StoredKind[] = [];
    try {
      const sql = (paths: readonly string[]): string =>
        `SELECT column_type FROM (DESCRIBE SELECT ${values.join(', ')} FROM ${tableSql(paths)})`;
      for await (const [type] of this.#files.local(files, (paths) => textRows(connection, sql(paths)))) kinds.push(kindOf(type ?? ''));
    } catch (cause) {
      throw lakeError(wanted, cause);
    } finally {
      connection.closeSync();
    }
    return kinds;
  }

  async close(): Promise<void> {
    this.#instance?.closeSync();
    this.#instance = null;
  }

  /** The days that there are folders of. */
  async #days(table: string): Promise<readonly string[]> {
    const parts = this.#pattern(table).split('/');
    const at = parts.findIndex((part) => part.includes(DAY));
    const [before = '', after = ''] = parts[at]?.split(DAY) ?? [];
    const names = at < 0 ? [] : await this.#files.names(parts.slice(0, at).join('/'));
    return names
      .filter((name) => name.startsWith(before) && name.endsWith(after))
      .map((name) => name.slice(before.length, name.length - after.length))
      .filter((day) => DATE.test(day));
  }

  async #parquetOf({ table, day }: TableOfDay): Promise<readonly string[]> {
    const folder = this.#folder(table, day);
    const names = await this.#files.names(folder);
    const files = names.filter((name) => name.endsWith('.parquet') && !/^[._]/.test(name)).sort();
    if (files.length === 0) throw storeError(`the table ${table} of ${day} could not be read`, `there is no Parquet file in ${folder}`);
    return files.map((name) => `${folder}/${name}`);
  }

  #folder(table: string, day: string): string {
    return this.#pattern(table).replaceAll(DAY, day);
  }

  #pattern(table: string): string {
    return this.#settings.address('path').replaceAll('{table}', table);
  }

  async #connect(): Promise<DuckDBConnection> {
    this.#instance ??= await DuckDBInstance.create(':memory:', { threads: String(LAKE_THREADS), memory_limit: LAKE_MEMORY });
    return this.#instance.connect();
  }
}

/** A chunk at a time, each cell a text. */
async function* textRows(connection: DuckDBConnection, sql: string): AsyncIterable<readonly (string | null)[]> {
  const result = await connection.stream(sql);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const columns = Array.from({ length: chunk.columnCount }, (_, i) => chunk.getColumnVector(i));
    for (let row = 0; row < chunk.rowCount; row++) yield columns.map((column) => column.getItem(row) as string | null);
  }
}

/** Columns are taken by name, so that files may differ in their order; a text may lack its annotation, as Spark's own older writers leave it. */
function tableSql(paths: readonly string[]): string {
  const files = paths.map(literal).join(', ');
  return `read_parquet([${files}], hive_partitioning = false, union_by_name = true, binary_as_string = true) AS stored`;
}

/** A bracket leads into a struct's field and a map's value alike. */
function valueSql([column, ...fields]: FieldPath): string {
  return `stored.${quoted(column ?? '')}${fields.map((name) => `[${literal(name)}]`).join('')}`;
}

function kindOf(type: string): StoredKind {
  if (/^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$|^DECIMAL/.test(type)) return 'exact';
  return type === 'DOUBLE' || type === 'FLOAT' ? 'double' : 'other';
}

function lakeError({ table, day, fields }: TableOfDay, cause: unknown): ParallaxError {
  if (cause instanceof ParallaxError) return cause;
  const message = cause instanceof Error ? cause.message : '';
  const [, column, key] = /column named "([^"]+)"|find key "([^"]+)"/.exec(message) ?? [];
  const missing = fields.find((path) => path[0] === column || (key !== undefined && path.slice(1).includes(key)));
  return missing === undefined ? storeError(`the table ${table} of ${day} could not be read`, cause) : fieldError(table, missing);
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
