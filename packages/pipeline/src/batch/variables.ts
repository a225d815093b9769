import type { BatchColumn, BatchSource, BatchTable, Project, ScorecardEntry } from '@parallax/core';
import { scorecardModules } from '../engine/specs.ts';

/** A column of the scorecard in one module: what a contribution is of. Its place in the list is its number in batch rows. */
export interface Variable {
  /** `<source>.<table>.<column>` */
  readonly name: string;
  readonly module: string;
  readonly entries: readonly ScorecardEntry[];
}

/** All variables by name, then module (UTF-8 bytes): of equal contributions the first is the larger (contract, section 7). */
export function variablesOf(project: Project): readonly Variable[] {
  const found = new Map<string, { name: string; module: string; entries: ScorecardEntry[] }>();
  for (const entry of project.scorecard) {
    const name = `${entry.source}.${entry.table}.${entry.column}`;
    const key = `${name}\n${entry.module}`;
    const variable = found.get(key) ?? { name, module: entry.module, entries: [] };
    variable.entries.push(entry);
    found.set(key, variable);
  }
  return [...found.values()].sort((a, b) => compareBytes(a.name, b.name) || compareBytes(a.module, b.module));
}

/** A batch table with its source, in the order of the files and of what they declare. */
export interface Table {
  readonly source: BatchSource;
  readonly table: BatchTable;
}

export function tablesOf(project: Project): readonly Table[] {
  return project.batch.flatMap((source) => source.tables.map((table) => ({ source, table })));
}

export function tableName({ source, table }: Table): string {
  return `${source.name}.${table.name}`;
}

/** The place of a table among {@link tablesOf}, as functions are told it. */
export function tableNumber(project: Project, table: Table): number {
  return tablesOf(project).findIndex((each) => tableName(each) === tableName(table));
}

/** The place of the base table. */
export function baseNumber(project: Project): number {
  return tablesOf(project).findIndex(({ source, table }) => source.name === project.base.source && table.name === project.base.table);
}

/** One column that the reduction of a table reads, and what it makes of it. */
export interface ReducedColumn {
  readonly name: string;
  /** Null: it is a variable of the scorecard only. */
  readonly declared: BatchColumn | null;
  /** Numbers in {@link variablesOf}. */
  readonly variables: readonly number[];
}

/** The columns of a table that are read, by name. */
export function reducedColumns(project: Project, { source, table }: Table): readonly ReducedColumn[] {
  const variables = variablesOf(project);
  const prefix = `${source.name}.${table.name}.`;
  const scored = new Map<string, number[]>();
  for (const [number, { name }] of variables.entries()) {
    if (!name.startsWith(prefix)) continue;
    const column = name.slice(prefix.length);
    scored.set(column, [...(scored.get(column) ?? []), number]);
  }
  const names = [...new Set([...table.columns.map((c) => c.name), ...scored.keys(), ...table.expect.map((e) => e.column)])].sort(
    compareBytes,
  );
  return names.map((name) => ({
    name,
    declared: table.columns.find((c) => c.name === name) ?? null,
    variables: scored.get(name) ?? [],
  }));
}

/** A cell of the batch row, as the view `batch` names it. */
export interface KeptCell {
  readonly table: Table;
  readonly column: BatchColumn;
  /** `<table>_<column>` */
  readonly name: string;
}

/** The cells of a batch row in its order: tables as declared, their columns by name; only those that the project's SQL takes. */
export function keptCells(project: Project, taken: ReadonlySet<string>): readonly KeptCell[] {
  return tablesOf(project).flatMap((table) =>
    reducedColumns(project, table).flatMap(({ declared }) => {
      if (declared === null) return [];
      const name = `${table.table.name}_${declared.name}`;
      return taken.has(name) ? [{ table, column: declared, name }] : [];
    }),
  );
}

/** The number of a module in batch rows. */
export function moduleNumber(project: Project, module: string): number {
  return scorecardModules(project).indexOf(module);
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
