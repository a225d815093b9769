import { type Project, quoteIdentifier } from '@parallax/core';
import { scorecardModules } from '../engine/specs.ts';
import type { KeptCell } from './variables.ts';

/** The declared columns of the view `batch` and their types, in its order. */
export function batchColumnTypes(project: Project): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  for (const source of project.batch) {
    for (const table of source.tables) {
      for (const { name, type } of table.columns)
        types.set(`${table.name}_${name}`, type.kind === 'text' ? 'STRING' : `DECIMAL(20,${type.places})`);
    }
  }
  return types;
}

/** The columns of the scorecard in the view `batch`: each module, then the total. */
export function scorecardColumns(project: Project): readonly string[] {
  const modules = scorecardModules(project).map((m) => `scorecard_${m}`);
  return modules.length === 0 ? [] : [...modules, 'scorecard'];
}

/** The view's columns, in order, without the key. */
export function batchViewColumns(project: Project): readonly string[] {
  return [...batchColumnTypes(project).keys(), ...scorecardColumns(project)];
}

/** One column of the view `batch`. */
export interface BatchViewColumn {
  readonly name: string;
  readonly type: string;
}

/** The view's columns with their types, in order, without the key. */
export function batchViewTypes(project: Project): readonly BatchViewColumn[] {
  return [
    ...[...batchColumnTypes(project)].map(([name, type]) => ({ name, type })),
    ...scorecardColumns(project).map((name) => ({ name, type: 'DECIMAL(20,6)' })),
  ];
}

/** The columns of the view as DDL, behind `key STRING`. */
export function batchViewSchema(project: Project): string {
  return ['key STRING', ...batchViewTypes(project).map(({ name, type }) => `${quoteIdentifier(name)} ${type}`)].join(', ');
}

/** For functions of class `BatchRows`. */
export function batchRowsSpec(project: Project, cells: readonly KeptCell[], top = false): string {
  return JSON.stringify({
    cells: cells.map(({ column }) => ({ places: column.type.kind === 'text' ? null : column.type.places })),
    modules: scorecardModules(project).length,
    ...(top ? { top } : {}),
  });
}

/** The result type of a function of class `BatchRows`. */
export function batchRowsType(project: Project, cells: readonly KeptCell[], top = false): string {
  const types = batchColumnTypes(project);
  const fields = [
    'key: STRING',
    ...cells.map(({ name }) => `${quoteIdentifier(name)}: ${types.get(name) ?? 'STRING'}`),
    ...scorecardColumns(project).map((name) => `${quoteIdentifier(name)}: DECIMAL(20,6)`),
    ...(top ? ['top: ARRAY<STRUCT<variable: INT, contribution: DECIMAL(38,12)>>'] : []),
  ];
  return `ARRAY<STRUCT<${fields.join(', ')}>>`;
}
