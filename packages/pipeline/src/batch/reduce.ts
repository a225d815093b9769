import { type BatchSource, type BatchTable, type Project, quoteIdentifier, quoteLiteral } from '@parallax/core';
import { decimalText, entrySpec, scorecardModules } from '../engine/specs.ts';
import type { ParquetLayout, RowGroup } from './parquet-tables.ts';
import type { Placement } from './place.ts';
import { baseNumber, moduleNumber, reducedColumns, type Table, tablesOf, variablesOf } from './variables.ts';

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
export function landedLayout(project: Project, table: Table): ParquetLayout {
  const columns = reducedColumns(project, table).map(({ declared }, i) => ({ path: [`c${i}`], text: declared?.type.kind === 'text' }));
  return { key: ['k'], keyPrefix: '', columns };
}

/** For `prlx_reduce`: what is made of a table's columns. */
export function reduceSpec(
  project: Project,
  table: Table,
  layout: ParquetLayout,
  { placement, taken }: { readonly placement: Placement; readonly taken: ReadonlySet<string> },
): string {
  const variables = variablesOf(project);
  const columns = reducedColumns(project, table).map(({ name, declared, variables: numbers }, i) => ({
    path: layout.columns[i]?.path,
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
    key: { path: layout.key, type: project.key.type, prefix: layout.keyPrefix },
    placement,
    modules: scorecardModules(project).length,
    rules: table.table.expect.length,
    columns,
  });
}

/** Reasons of the project's own come after those of the contract, in the order in which they are declared. */
export const FIRST_RULE = 2;

function checkSpec(table: BatchTable, column: string): object {
  const rule = table.expect.findIndex((e) => e.column === column);
  const expected = table.expect[rule];
  if (expected === undefined) return {};
  const bound = (value: typeof expected.min) => (value === null ? null : decimalText(value));
  return { check: { rule: FIRST_RULE + rule, not_null: expected.notNull, min: bound(expected.min), max: bound(expected.max) } };
}

/** The numbers of why a row without a key is kept aside, and one whose key stands twice. */
export const NO_KEY = -1;
export const KEY_TWICE = -2;

/** Why a row of a table is kept aside, by the number that the functions give: the contract's words, then `expected.<column>`. */
export function asideReason(table: BatchTable, reason: number): string {
  if (reason === NO_KEY) return 'key';
  if (reason === KEY_TWICE) return 'key_twice';
  return reason < FIRST_RULE ? 'type' : `expected.${table.expect[reason - FIRST_RULE]?.column ?? reason}`;
}

/** A value that is no number. */
const NO_NUMBER = 1;

/** The number of {@link asideReason}. */
export function reasonNumber(table: BatchTable, reason: string): number {
  const numbers = [NO_KEY, KEY_TWICE, NO_NUMBER, ...table.expect.map((_, i) => FIRST_RULE + i)];
  const found = numbers.find((number) => asideReason(table, number) === reason);
  if (found === undefined) throw new RangeError(`rows of ${table.name} are kept aside for ${reason}`);
  return found;
}

/** Columns of reduced tables, a row a row group: its table's number, its rows, and what `prlx_reduce` made of it. */
export const REDUCED_SCHEMA =
  'tbl INT, n BIGINT, runs ARRAY<STRUCT<bucket: INT, lane: INT, run: BINARY>>, aside ARRAY<STRUCT<key: STRING, reason: INT, col: INT, value: STRING>>, profile ARRAY<STRUCT<col: INT, n: BIGINT, nulls: BIGINT, bad: BIGINT, broken: BIGINT, low: DOUBLE, high: DOUBLE, total: DOUBLE, squares: DOUBLE>>';

/** A table for {@link reduceTablesSql}. */
export interface TableToReduce {
  /** Its place among the project's tables. */
  readonly number: number;
  readonly groups: readonly RowGroup[];
  /** Of {@link reduceSpec}. */
  readonly spec: string;
}

/**
 * Tables reduced: rows of {@link REDUCED_SCHEMA}. Each row group is a task, without a shuffle before it.
 *
 * @param tasksMax so many row groups are read at once; null: all
 */
export function reduceTablesSql(tables: readonly TableToReduce[], tasksMax: number | null): string {
  const groups = tables.flatMap((table, i) => table.groups.map(({ path, group }) => `struct(${i}, ${quoteLiteral(path)}, ${group})`));
  const tasks = Math.max(1, Math.min(groups.length, tasksMax ?? groups.length));
  const numbers = `array(${tables.map(({ number }) => number).join(', ')})`;
  const specs = `array(${tables.map(({ spec }) => quoteLiteral(spec)).join(', ')})`;
  return `SELECT ${numbers}[g.i] AS tbl, inline(array(prlx_reduce(g.path, g.grp, ${specs}[g.i]))) FROM (
  SELECT CAST(array(${groups.join(', ')}) AS ARRAY<STRUCT<i: INT, path: STRING, grp: INT>>)[CAST(id AS INT)] AS g FROM range(0, ${groups.length}, 1, ${tasks})
)`;
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
    base: baseNumber(project),
    tables: tables.map(({ table }, i) => ({
      kept: table.columns.filter((c) => taken.has(`${table.name}_${c.name}`)).length,
      missing: missing[i] ?? '',
    })),
  });
}

/** Columns of the batch view, a row a page. */
export const VIEW_SCHEMA = 'bucket INT, page INT, customers INT, run BINARY, aside ARRAY<STRUCT<tbl: INT, key: STRING, reason: INT>>';

/** The batch view, rows of {@link VIEW_SCHEMA}. @param reduced a relation of {@link REDUCED_SCHEMA}, of all tables */
export function joinTablesSql(reduced: string, spec: string): string {
  // All of a bucket goes to one file, in the order of its pages.
  return `SELECT bucket, page, customers, run, aside FROM (
  SELECT bucket, inline(pages) FROM (
    SELECT bucket, lane, prlx_batch_join(collect_list(struct(tbl, run)), ${quoteLiteral(spec)}) AS pages
    FROM (SELECT tbl, bucket, lane, run FROM (SELECT tbl, inline(runs) FROM ${reduced}) DISTRIBUTE BY bucket)
    GROUP BY bucket, lane
  )
) SORT BY page`;
}
