import type { Project } from '@parallax/core';
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
 * The columns that the project's SQL reads or refers to, as Spark's own plans say, once a session; all of them when they are few. The first call replaces the user's
 * views in the session, so it comes before they are made.
 *
 * @param folder an empty folder, made when it is not there
 */
export async function wantedColumns(engine: Engine, project: Project, folder: string): Promise<Wanted> {
  const all = { stream: streamColumns(project), batch: batchViewTypes(project) };
  if (all.stream.length + all.batch.length <= UNPACKED_ANYWAY) return all;
  const used = await engine.usedColumns(project.hash, () => usedColumns(engine, project, offeredViews(project), folder));
  const wants = (view: string, name: string) => used.get(view)?.has(name) === true;
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
