import { scorecardModules } from '@parallax/core/view-columns.ts';
import type { Project, ScorecardEntry } from '../names.ts';
import { keyOfText } from '../parse/key.ts';
import type { BatchSourceTables, TableRows } from '../sources/source.ts';
import { type ReducedRow, TableReader } from './table-reader.ts';

/** What one column of the scorecard adds to one module for a customer. */
export interface Contribution {
  /** `<source>.<table>.<column>` */
  readonly variable: string;
  readonly module: string;
  /** At scale 12. */
  readonly value: bigint;
}

/**
 * All contributions of one customer of the base, in the order of the scorecard. Minutes keep none of them: the day's tables are read anew, and the scorecard
 * is computed with each variable as a module of its own. For a person who asks, not for a minute.
 */
export async function contributionsOf(
  project: Project,
  sources: Pick<BatchSourceTables, 'table'>,
  day: string,
  customer: string,
): Promise<readonly Contribution[]> {
  const variables = [...new Map(project.scorecard.map((entry) => [variableName(entry), entry] as const))];
  const scorecard = project.scorecard.map((entry) => ({ ...entry, module: variableName(entry) }));
  const modules = scorecardModules({ scorecard });
  const totals = new Map<string, bigint>(modules.map((name) => [name, 0n]));
  for (const source of project.batch) {
    for (const table of source.tables) {
      if (!project.scorecard.some((entry) => entry.source === source.name && entry.table === table.name)) continue;
      const reader = new TableReader({ ...project, scorecard }, source.name, table, modules);
      const rows = await sources.table(day, source.name, table.name);
      const found: ReducedRow[] = [];
      for await (const row of reader.rows(only(customer, project.key.type, table.key, rows))) found.push(row);
      const [row] = found;
      const sums = found.length === 1 && row?.aside === null ? row.sums : reader.missing.sums;
      for (const [i, name] of modules.entries()) totals.set(name, (totals.get(name) ?? 0n) + (sums[i] ?? 0n));
    }
  }
  return variables.map(([name, { source, table, column, module }]) => ({
    ...{ variable: `${source}.${table}.${column}`, module },
    value: totals.get(name) ?? 0n,
  }));
}

function variableName({ source, table, column, module }: ScorecardEntry): string {
  return JSON.stringify([source, table, column, module]);
}

/** The rows of one customer. */
function only(customer: string, type: Project['key']['type'], key: string, { columns, rows, place }: TableRows): TableRows {
  const at = columns.indexOf(key);
  const own = async function* (): AsyncIterable<readonly (string | null)[]> {
    for await (const row of rows) {
      const text = row[at] ?? null;
      if (text !== null && keyOfText(text, type) === customer) yield row;
    }
  };
  return { columns, rows: own(), place };
}
