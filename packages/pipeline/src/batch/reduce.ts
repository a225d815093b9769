import { type BatchSource, type BatchTable, type Project, quoteIdentifier, quoteLiteral } from '@parallax/core';
import { decimalText, entrySpec, scorecardModules } from '../engine/specs.ts';
import { fileTable } from '../engine/sql.ts';
import type { Placement } from './place.ts';
import { moduleNumber, reducedColumns, type Table, tablesOf, variablesOf } from './variables.ts';

/**
 * The batch layer's reduction: each table is read once, a row group at a time, and becomes a compact row a customer, with the columns that
 * the SQL takes and the table's part of the scorecard; the rows are joined by key into the batch view.
 */

/** How a source hands over one column: its text as in a file, or a value of an integer or decimal type. */
export type CellKind = 'text' | 'integer' | 'decimal';

/** One table of one day as a relation, and the kind of each of its columns by name. */
export interface TableCells {
  readonly relation: string;
  readonly cells: ReadonlyMap<string, CellKind>;
}

/** Files of Parquet, and where in a row the key and each column stand. */
export interface ParquetTable {
  readonly paths: readonly string[];
  readonly key: readonly string[];
  /** What keys begin with that is not of the customer key. */
  readonly keyPrefix: string;
  readonly columns: ReadonlyMap<string, readonly string[]>;
}

/** One row group of a Parquet file. */
export interface RowGroup {
  readonly path: string;
  readonly group: number;
  readonly rows: number;
}

/** Names of the columns that a table must have: the key, the declared ones and the scorecard's. */
export function neededColumns(project: Project, source: BatchSource, table: BatchTable): readonly string[] {
  const scored = project.scorecard.filter((e) => e.source === source.name && e.table === table.name).map((e) => e.column);
  const expected = table.expect.map((e) => e.column);
  return [...new Set([table.key, ...table.columns.map((c) => c.name), ...scored, ...expected])];
}

/** A table's rows as plain columns of files of our own: the key `k`, then `c0`, `c1`, … in the order of {@link reducedColumns}. */
export function landSql(project: Project, table: Table, cells: TableCells): string {
  const columns = reducedColumns(project, table).map(({ name, declared }, i) => {
    const cell = quoteIdentifier(name);
    const kind = declared?.type.kind === 'text' ? 'text' : cells.cells.get(name);
    const value = kind === 'integer' ? `CAST(${cell} AS BIGINT)` : kind === 'decimal' ? cell : `CAST(${cell} AS STRING)`;
    return `${value} AS c${i}`;
  });
  return `SELECT ${[`CAST(${quoteIdentifier(table.table.key)} AS STRING) AS k`, ...columns].join(', ')} FROM ${cells.relation}`;
}

/** Where {@link landSql}'s files hold the table. */
export function landedTable(project: Project, table: Table, paths: readonly string[]): ParquetTable {
  return { paths, key: ['k'], keyPrefix: '', columns: new Map(reducedColumns(project, table).map(({ name }, i) => [name, [`c${i}`]])) };
}

/** For `prlx_reduce`: what is made of a table's columns. */
export function reduceSpec(
  project: Project,
  table: Table,
  files: ParquetTable,
  { placement, taken }: { readonly placement: Placement; readonly taken: ReadonlySet<string> },
): string {
  const variables = variablesOf(project);
  const columns = reducedColumns(project, table).map(({ name, declared, variables: numbers }) => ({
    path: files.columns.get(name) ?? [name],
    places: declared === null || declared.type.kind === 'text' ? null : declared.type.places,
    text: declared?.type.kind === 'text',
    kept: declared !== null && taken.has(`${table.table.name}_${name}`),
    ...checkSpec(table.table, name),
    groups: numbers.map((number) => {
      const variable = variables[number];
      if (variable === undefined) throw new RangeError(`no variable ${number}`);
      const module = moduleNumber(project, variable.module);
      return { module, variable: number, entries: variable.entries.map((entry) => entrySpec(entry, module)) };
    }),
  }));
  return JSON.stringify({
    key: { path: files.key, type: project.key.type, prefix: files.keyPrefix },
    placement,
    modules: scorecardModules(project).length,
    rules: table.table.expect.length,
    columns,
  });
}

/** Reasons of the project's own come after those of the contract, in the order in which they are declared. */
const FIRST_RULE = 2;

function checkSpec(table: BatchTable, column: string): object {
  const rule = table.expect.findIndex((e) => e.column === column);
  const expected = table.expect[rule];
  if (expected === undefined) return {};
  const bound = (value: typeof expected.min) => (value === null ? null : decimalText(value));
  return { check: { rule: FIRST_RULE + rule, not_null: expected.notNull, min: bound(expected.min), max: bound(expected.max) } };
}

/** The number of why a row without a key is kept aside. */
export const NO_KEY = -1;

/** Why a row of a table is kept aside, by the number that the functions give: the contract's words, then `expected.<column>`. */
export function asideReason(table: BatchTable, reason: number): string {
  if (reason === NO_KEY) return 'key';
  if (reason === -2) return 'key_twice';
  return reason < FIRST_RULE ? 'type' : `expected.${table.expect[reason - FIRST_RULE]?.column ?? reason}`;
}

/** The row groups of files. */
export function rowGroupsSql(paths: readonly string[]): string {
  return `SELECT path, inline(prlx_row_groups(path)) FROM VALUES ${paths.map((path) => `(${quoteLiteral(path)})`).join(', ')} AS t(path)`;
}

/** A table reduced, a row a row group: n, runs, aside, profile. @param tasksMax so many row groups are read at once; null: all */
export function reduceTableSql(groups: readonly RowGroup[], spec: string, tasksMax: number | null): string {
  const rows = groups.map(({ path, group }) => `(${quoteLiteral(path)}, ${group})`);
  const from = rows.length === 0 ? "VALUES ('', 0) AS t(path, grp) WHERE false" : `VALUES ${rows.join(', ')} AS t(path, grp)`;
  return `SELECT inline(array(prlx_reduce(path, grp, ${quoteLiteral(spec)}))) FROM (SELECT /*+ REPARTITION(${Math.max(1, Math.min(groups.length, tasksMax ?? groups.length))}) */ path, grp FROM ${from})`;
}

/** For `prlx_batch_join`. @param missing what a table without a row for a customer adds, by table: hex of `prlx_batch_missing` */
export function joinSpec(
  project: Project,
  {
    placement,
    taken,
    missing,
  }: { readonly placement: Placement; readonly taken: ReadonlySet<string>; readonly missing: readonly string[] },
): string {
  const tables = tablesOf(project);
  return JSON.stringify({
    placement,
    modules: scorecardModules(project).length,
    base: tables.findIndex(({ source, table }) => source.name === project.base.source && table.name === project.base.table),
    tables: tables.map(({ table }, i) => ({
      kept: table.columns.filter((c) => taken.has(`${table.name}_${c.name}`)).length,
      missing: missing[i] ?? '',
    })),
  });
}

/** The batch view, a row a page: bucket, page, customers, run, aside. @param reduced each table's reduced folder */
export function joinTablesSql(reduced: readonly string[], spec: string): string {
  const runs = reduced.map((folder, i) => `SELECT ${i} AS tbl, inline(runs) FROM ${fileTable('parquet', folder)}`);
  // All of a bucket goes to one file, in the order of its pages.
  return `SELECT bucket, page, customers, run, aside FROM (
  SELECT bucket, inline(pages) FROM (
    SELECT bucket, lane, prlx_batch_join(collect_list(struct(tbl, run)), ${quoteLiteral(spec)}) AS pages
    FROM (SELECT tbl, bucket, lane, run FROM (${runs.join(' UNION ALL ')}) DISTRIBUTE BY bucket)
    GROUP BY bucket, lane
  )
) SORT BY page`;
}
