import { type BatchSource, type BatchTable, type Project, quoteIdentifier, quoteLiteral, type ScorecardEntry } from '@parallax/core';
import { scorecardModules, scoreSpec } from '../engine/specs.ts';

/**
 * The batch layer's reduction: each table is read once and becomes a compact row a customer, with the columns that SQL
 * may name and the table's part of the scorecard; the rows are joined by key into the batch view.
 */

/** How a source hands over one column: its text as in a file, or a value of an integer or decimal type. */
export type CellKind = 'text' | 'integer' | 'decimal';

/** One table of one day as the source gives it: a relation, and the kind of each of its columns by name. */
export interface TableCells {
  readonly relation: string;
  readonly cells: ReadonlyMap<string, CellKind>;
}

/** Columns `key`, `aside` (why a row is kept aside, or null), then the declared columns by their names in the view, then `score`. */
export function reduceTableSql(project: Project, source: BatchSource, table: BatchTable, cells: TableCells): string {
  const rawKey = quoteIdentifier(table.key);
  const key = project.key.type === 'text' ? `CAST(${rawKey} AS STRING)` : `prlx_int_key(CAST(${rawKey} AS STRING))`;
  const declared = table.columns.map((column) => {
    const cell = quoteIdentifier(column.name);
    const name = quoteIdentifier(viewColumn(table, column.name));
    if (column.type.kind === 'text') return { name, value: `CAST(${cell} AS STRING)`, bad: null };
    const value = roundedCell(cells, column.name, column.type.places);
    return { name, value, bad: `${cell} IS NOT NULL AND ${value} IS NULL` };
  });
  const entries = entriesOf(project, source, table);
  const score =
    entries.length === 0
      ? []
      : [`prlx_score(${valuesArray(table, cells, entries)}, ${quoteLiteral(scoreSpec(scorecardModules(project), entries))}) AS score`];
  const bad = [...declared.flatMap((d) => (d.bad === null ? [] : [`(${d.bad})`]))];
  const names = declared.map((d) => d.name);
  const selected = [...names, ...(score.length > 0 ? ['score'] : [])];
  return `WITH cells AS (
  SELECT ${key} AS key, ${bad.length === 0 ? 'false' : bad.join(' OR ')} AS bad${declared.map((d) => `, ${d.value} AS ${d.name}`).join('')}${score.map((s) => `, ${s}`).join('')}
  FROM ${cells.relation}
)
SELECT key, CASE WHEN key IS NULL THEN 'key' WHEN count(*) OVER (PARTITION BY key) > 1 THEN 'key_twice' WHEN bad${score.length > 0 ? ' OR score IS NULL' : ''} THEN 'type' END AS aside${selected.map((s) => `, ${s}`).join('')}
FROM cells`;
}

/**
 * The batch view: a row a base customer. A table without a row for it gives nulls; its scorecard variables are missing.
 *
 * @param reduced the relation of each table's reduced rows
 */
export function batchViewSql(project: Project, reduced: (source: BatchSource, table: BatchTable) => string): string {
  const tables = project.batch
    .flatMap((source) => source.tables.map((table) => ({ source, table })))
    .map((table, i) => ({ ...table, name: `t${i}` }));
  const base = tables.find((t) => t.source.name === project.base.source && t.table.name === project.base.table);
  if (base === undefined) throw new RangeError('the base table is not declared');
  const columns = tables.flatMap((t) =>
    t.table.columns.map((c) => `${quoteIdentifier(t.name)}.${quoteIdentifier(viewColumn(t.table, c.name))}`),
  );
  const modules = scorecardModules(project);
  const scored = tables.flatMap((t) => {
    const entries = entriesOf(project, t.source, t.table);
    if (entries.length === 0) return [];
    const missing = `prlx_score(array_repeat(CAST(NULL AS STRING), ${entries.length}), ${quoteLiteral(scoreSpec(modules, entries))})`;
    return [`COALESCE(${quoteIdentifier(t.name)}.score, ${missing})`];
  });
  const sums = modules.map((_, m) => exactSum(scored.map((s) => `${s}[${m}]`)));
  const moduleColumns = modules.map((module, m) => `${atScale6(sums[m] ?? exactSum([]))} AS ${quoteIdentifier(`scorecard_${module}`)}`);
  const total = modules.length === 0 ? [] : [`${atScale6(exactSum(sums))} AS scorecard`];
  const keys = `${quoteIdentifier(base.name)}.key`;
  const joins = tables
    .filter((t) => t !== base)
    .map(
      (t) =>
        `LEFT JOIN ${reduced(t.source, t.table)} ${quoteIdentifier(t.name)} ON ${quoteIdentifier(t.name)}.key = ${keys} AND ${quoteIdentifier(t.name)}.aside IS NULL`,
    );
  return `SELECT ${[`${keys} AS key`, ...columns, ...moduleColumns, ...total].join(', ')}
FROM ${reduced(base.source, base.table)} ${quoteIdentifier(base.name)}
${joins.join('\n')}
WHERE ${quoteIdentifier(base.name)}.aside IS NULL`;
}

/** The view's columns, in order, without the key. */
export function batchViewColumns(project: Project): readonly string[] {
  const declared = project.batch.flatMap((s) => s.tables.flatMap((t) => t.columns.map((c) => viewColumn(t, c.name))));
  const modules = scorecardModules(project);
  return [...declared, ...modules.map((m) => `scorecard_${m}`), ...(modules.length > 0 ? ['scorecard'] : [])];
}

function entriesOf(project: Project, source: BatchSource, table: BatchTable): readonly ScorecardEntry[] {
  return project.scorecard.filter((e) => e.source === source.name && e.table === table.name);
}

/** Names of the columns that a table must have: the key, the declared ones and the scorecard's. */
export function neededColumns(project: Project, source: BatchSource, table: BatchTable): readonly string[] {
  return [...new Set([table.key, ...table.columns.map((c) => c.name), ...entriesOf(project, source, table).map((e) => e.column)])];
}

function viewColumn(table: BatchTable, column: string): string {
  return `${table.name}_${column}`;
}

function kindOf(cells: TableCells, column: string): CellKind {
  const kind = cells.cells.get(column);
  if (kind === undefined) throw new RangeError(`no column ${column}`);
  return kind;
}

/** A declared number is its rounded self from here on (contract, section 5). */
function roundedCell(cells: TableCells, column: string, places: number): string {
  const cell = quoteIdentifier(column);
  const rounded =
    kindOf(cells, column) === 'text' ? `prlx_decimal(${cell}, ${places})` : `ROUND(CAST(${cell} AS DECIMAL(38,12)), ${places})`;
  return `TRY_CAST(${rounded} AS DECIMAL(20,${places}))`;
}

/** One array of one type: integers where all are, else decimals where none is text, else text. */
function valuesArray(table: BatchTable, cells: TableCells, entries: readonly ScorecardEntry[]): string {
  const values = entries.map((entry) => {
    const declared = table.columns.find((c) => c.name === entry.column);
    const kind = kindOf(cells, entry.column);
    return declared?.type.kind === 'decimal' && kind !== 'integer'
      ? { kind: 'decimal' as const, sql: roundedCell(cells, entry.column, declared.type.places) }
      : { kind, sql: quoteIdentifier(entry.column) };
  });
  const kinds = new Set(values.map((v) => v.kind));
  const type = kinds.has('text') ? 'STRING' : kinds.has('decimal') ? 'DECIMAL(38,12)' : 'BIGINT';
  return `array(${values.map((v) => `CAST(${v.sql} AS ${type})`).join(', ')})`;
}

/** Spark takes places from a sum of two DECIMAL(38,12); of narrower ones it takes none, so each step is brought back to 32 digits. */
function exactSum(terms: readonly string[]): string {
  return terms.reduce((sum, term) => `CAST(${sum} + CAST(${term} AS DECIMAL(32,12)) AS DECIMAL(32,12))`, 'CAST(0 AS DECIMAL(32,12))');
}

function atScale6(sum: string): string {
  return `CAST(ROUND(${sum}, 6) AS DECIMAL(20,6))`;
}
