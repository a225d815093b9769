import { type Project, quoteIdentifier } from '@parallax/core';
import {
  batchViewColumns,
  LAST_HOUR_SUFFIX,
  onlineViewColumns,
  streamColumn,
  streamViewColumns,
  type ViewColumn,
} from '@parallax/core/view-columns.ts';
import type { SqlMutation, SqlView } from './edit.ts';

/** What a mutant can know of the columns that a project's SQL may name. */
export interface ColumnsOf {
  /** For a column of the view `stream`, in both windows: the other aggregates of its variable. */
  readonly aggregates: ReadonlyMap<string, readonly string[]>;
  /** For a column of the view `stream`: the same in the other window. */
  readonly windows: ReadonlyMap<string, string>;
  /** Columns that can stand for each other: of one view and one kind, by name. */
  readonly alike: ReadonlyMap<string, string>;
}

export function columnsOf(project: Project): ColumnsOf {
  const aggregates = new Map<string, readonly string[]>();
  for (const stream of project.streams) {
    for (const variable of stream.variables) {
      const names = variable.aggregates.map((aggregate) => streamColumn(stream, variable, aggregate));
      for (const suffix of ['', LAST_HOUR_SUFFIX]) {
        for (const name of names)
          aggregates.set(
            `${name}${suffix}`,
            names.filter((other) => other !== name).map((other) => `${other}${suffix}`),
          );
      }
    }
  }
  const windows = new Map<string, string>();
  const alike = new Map<string, string>();
  for (const { name } of streamViewColumns(project)) {
    windows.set(name, name.endsWith(LAST_HOUR_SUFFIX) ? name.slice(0, -LAST_HOUR_SUFFIX.length) : `${name}${LAST_HOUR_SUFFIX}`);
  }
  for (const [view, columns] of [
    ['stream', streamViewColumns(project)],
    ['batch', batchViewColumns(project)],
    ['online', onlineViewColumns(project)],
  ] as const) {
    for (const column of columns) alike.set(column.name, `${view} ${kindOf(column)} ${column.name.endsWith(LAST_HOUR_SUFFIX)}`);
  }
  return { aggregates, windows, alike };
}

function kindOf({ type }: ViewColumn): string {
  return type.kind === 'decimal' ? 'number' : type.kind;
}

/** Another aggregate of the same variable, the other window, or another column of the same kind that the query names too. */
export function columnMutations(view: SqlView, columns: ColumnsOf): SqlMutation[] {
  const names = view.tokens.map((token) => (token.kind === 'quoted' ? token.text.slice(1, -1) : token.text));
  const used = [...new Set(names.filter((name) => columns.alike.has(name)))];
  const found: SqlMutation[] = [];
  for (const [i, name] of names.entries()) {
    const kind = columns.alike.get(name);
    if (kind === undefined || !['identifier', 'quoted'].includes(view.tokens[i]?.kind ?? '')) continue;
    for (const other of columns.aggregates.get(name) ?? [])
      found.push(view.replace('aggregate', i, i, quoted(other), `${name} became ${other}`));
    const other = columns.windows.get(name);
    if (other !== undefined) found.push(view.replace('window', i, i, quoted(other), `${name} became ${other}`));
    const same = used.filter((each) => columns.alike.get(each) === kind);
    const next = same[(same.indexOf(name) + 1) % same.length];
    if (next !== undefined && next !== name) found.push(view.replace('column', i, i, quoted(next), `${name} became ${next}`));
  }
  return found;
}

/** Names that the query gives its own columns (`… AS name`), each used in the place of the next. */
export function aliasMutations(view: SqlView, columns: ColumnsOf): SqlMutation[] {
  const defined = view.tokens.flatMap((token, i) => {
    const isAlias =
      token.kind === 'identifier' &&
      view.word(i - 1) === 'as' &&
      !columns.alike.has(token.text) &&
      [',', 'from', ''].includes(view.word(i + 1));
    return isAlias ? [token.text] : [];
  });
  const names = [...new Set(defined)];
  return view.tokens.flatMap((token, i) => {
    const at = token.kind === 'identifier' ? names.indexOf(token.text) : -1;
    const next = names[(at + 1) % names.length];
    if (at < 0 || next === undefined || next === token.text || view.word(i - 1) === 'as') return [];
    return [view.replace('column', i, i, next, `${token.text} became ${next}`)];
  });
}

function quoted(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : quoteIdentifier(name);
}
