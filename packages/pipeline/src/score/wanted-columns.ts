import { type Project, tokenize } from '@parallax/core';
import { type BatchViewColumn, batchViewTypes } from '../batch/columns.ts';
import type { Engine } from '../engine/engine.ts';
import { UNPACKED_ANYWAY } from '../limits.ts';
import { onlineColumnTypes } from '../online/answers.ts';
import { columnType, type StreamColumn, streamColumns } from '../window/columns.ts';
import { type OfferedView, usedColumns } from './used-columns.ts';

/** What the user's SQL reads of the views `stream` and `batch`: only this is unpacked and looked up. */
export interface Wanted {
  readonly stream: readonly StreamColumn[];
  readonly batch: readonly BatchViewColumn[];
}

/**
 * The columns that the project's SQL reads, as Spark's optimiser finds them, once a session, and those that it names; all of them when they are few. The first call replaces
 * the user's views in the session, so it comes before they are made.
 *
 * @param folder an empty folder, made when it is not there
 */
export async function wantedColumns(engine: Engine, project: Project, folder: string): Promise<Wanted> {
  const all = { stream: streamColumns(project), batch: batchViewTypes(project) };
  if (all.stream.length + all.batch.length <= UNPACKED_ANYWAY) return all;
  const used = await engine.usedColumns(project.hash, () => usedColumns(engine, project, offeredViews(project), folder));
  // What the SQL names has to be there, also where its value comes to nothing.
  const named = namesIn(`${project.satisfactionSql}\n${project.actionsSql}`);
  const wants = (view: string, name: string) => used.get(view)?.has(name) === true || named.has(name.toLowerCase());
  return {
    stream: all.stream.filter(({ name }) => wants('stream', name)),
    batch: all.batch.filter(({ name }) => wants('batch', name)),
  };
}

/** The views of the user's SQL with all that they could have. */
export function offeredViews(project: Project): readonly OfferedView[] {
  return [
    { name: 'stream', columns: streamColumns(project).map((c) => ({ name: c.name, type: columnType(c) })) },
    { name: 'batch', columns: batchViewTypes(project) },
    { name: 'online', columns: onlineColumnTypes(project) },
  ];
}

/** Every word and every quoted name of a SQL text, in lower case: more than its column names, never fewer. */
export function namesIn(sql: string): ReadonlySet<string> {
  const names = tokenize(sql).flatMap(({ kind, text }) =>
    kind === 'quoted' ? text.slice(1, -1).replaceAll('``', '`') : (text.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? []),
  );
  return new Set(names.map((name) => name.toLowerCase()));
}
