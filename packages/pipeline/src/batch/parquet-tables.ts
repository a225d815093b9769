import { quoteLiteral } from '@parallax/core';
import type { SparkSession } from '@parallax/spark-connect';

/** A column where files of Parquet hold it. */
export interface StoredColumn {
  readonly path: readonly string[];
  /** It is declared as text: numbers will not do. */
  readonly text: boolean;
}

/** Where in a row of Parquet the key and each column of a table stand. */
export interface ParquetLayout {
  readonly key: readonly string[];
  /** What keys begin with that is not of the customer key. */
  readonly keyPrefix: string;
  /** In the order of `reducedColumns`. */
  readonly columns: readonly StoredColumn[];
}

/** One row group of a Parquet file. */
export interface RowGroup {
  readonly path: string;
  readonly group: number;
  readonly rows: number;
  /** Compressed, of all columns. */
  readonly bytes: number;
}

/** A table that the reduction reads as it lies. */
export interface ParquetTable {
  readonly layout: ParquetLayout;
  /** Those that hold rows, by path and place. */
  readonly groups: readonly RowGroup[];
}

/** What the footers of a table's files say. */
export type Footers =
  | { readonly kind: 'readable'; readonly table: ParquetTable }
  /** A column has to be cast before it is reduced, or there is no file. */
  | { readonly kind: 'not readable' }
  | { readonly kind: 'no column'; readonly column: string };

export interface FoundFile {
  readonly path: string;
  /** Microseconds since 1970. */
  readonly modified: bigint;
}

/** The files that each path with wildcards names, by path: one statement, whatever their number. */
export async function findFiles(session: SparkSession, globs: readonly string[]): Promise<readonly (readonly FoundFile[])[]> {
  if (globs.length === 0) return [];
  const rows = await session.collect(
    `SELECT i, prlx_files(glob) AS files FROM VALUES ${globs.map((glob, i) => `(${i}, ${quoteLiteral(glob)})`).join(', ')} AS t(i, glob)`,
  );
  const found = new Map(rows.map((row) => [Number(row.i), row.files as unknown as readonly FoundFile[]]));
  return globs.map((_, i) => found.get(i) ?? []);
}

/** What the footers of each table's files say: one statement, whatever their number. */
export async function readFooters(
  session: SparkSession,
  tables: readonly { readonly layout: ParquetLayout; readonly paths: readonly string[] }[],
): Promise<readonly Footers[]> {
  const paths = tables.flatMap((table, i) => table.paths.map((path) => `(${i}, ${quoteLiteral(path)})`));
  const rows =
    paths.length === 0
      ? []
      : await session.collect(
          footersSql(
            paths,
            tables.map(({ layout }) => storedSpec(layout)),
          ),
        );
  return tables.map(({ layout }, i): Footers => {
    const files = rows.filter((row) => Number(row.tbl) === i);
    const missing = files.find((row) => row.missing !== null);
    if (missing !== undefined) return { kind: 'no column', column: String(missing.missing) };
    if (files.length === 0 || files.some((row) => row.groups === null)) return { kind: 'not readable' };
    const groups = files.flatMap((row) =>
      (row.groups as unknown as readonly { grp: number; n: bigint; bytes: bigint }[]).map(({ grp, n, bytes }) => ({
        ...{ path: String(row.path), group: grp, rows: Number(n), bytes: Number(bytes) },
      })),
    );
    groups.sort((a, b) => (a.path === b.path ? a.group - b.group : a.path < b.path ? -1 : 1));
    return { kind: 'readable', table: { layout, groups } };
  });
}

/** @param files (table, path) as SQL. A generator, since the planner would call a plain function itself, for one file after the other. */
function footersSql(files: readonly string[], specs: readonly string[]): string {
  const spec = `array(${specs.map(quoteLiteral).join(', ')})[tbl]`;
  return `SELECT tbl, path, inline(array(prlx_row_groups(path, ${spec}))) FROM VALUES ${files.join(', ')} AS t(tbl, path)`;
}

/** For `prlx_row_groups`: the key has no declared type. */
function storedSpec({ key, columns }: ParquetLayout): string {
  return JSON.stringify({ columns: [{ path: key, text: false }, ...columns] });
}
