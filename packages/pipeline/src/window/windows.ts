import { join } from 'node:path';
import { MICROS_PER_MINUTE, type Micros, type Project, quoteLiteral } from '@parallax/core';
import { committedParts, committedTurns } from '../committed.ts';
import { parquetView } from '../engine/relations.ts';
import { windowSpec } from '../engine/specs.ts';
import { writeState } from '../engine/sql.ts';
import type { Attempt } from '../pipeline.ts';
import { hourStart, lastHourStart } from './hours.ts';
import { ensureTurn, TURN_SCHEMA, turningBuckets, turnPeriod } from './turns.ts';

/** Columns of `windows`, a row a bucket of customers: `hour_to_date`, the front stack, `last_hour`, and who was touched. */
export const WINDOWS_SCHEMA = 'bucket INT, hour BINARY, front BINARY, last BINARY, touched BINARY';

/**
 * Adds the minute's panes to both windows of every customer: the folder `windows`, the view `prlx_windows`. No event or pane of an earlier minute is read again.
 *
 * @returns the turn that later minutes look suffixes up in
 */
export async function mergeWindows(attempt: Attempt): Promise<string | null> {
  const { pipeline, engine, session, minute, folder } = attempt;
  const { project } = pipeline;
  const turn = await ensureTurn(pipeline, engine, minute, folder);
  const before = minute - BigInt(turnPeriod(project) - 1) * MICROS_PER_MINUTE;
  await parquetView(
    session,
    'prlx_windows_before',
    WINDOWS_SCHEMA,
    committedParts(pipeline, 'windows', minute - MICROS_PER_MINUTE, minute),
  );
  await parquetView(session, 'prlx_turn_now', TURN_SCHEMA, turn === null ? [] : [turn]);
  const turns = committedTurns(pipeline, before, minute);
  await parquetView(session, 'prlx_turns', TURN_SCHEMA, turn === null ? turns : [...turns, turn]);
  const windows = join(folder, 'windows');
  await session.command(writeState(windows, windowsSql(project, minute, turningBuckets(project, minute, pipeline.buckets))));
  await parquetView(session, 'prlx_windows', WINDOWS_SCHEMA, [windows]);
  return turn;
}

/**
 * Adds more of the minute's panes to windows that were merged before its seal: customers without any are copied as they are. The folder `windows`, the view
 * `prlx_windows`.
 *
 * @param before folder of `WINDOWS_SCHEMA` of the same minute
 * @param more relation of `PANES_SCHEMA`
 */
export async function mergeMore({ pipeline, session, minute, folder }: Attempt, before: string, more: string): Promise<void> {
  await parquetView(session, 'prlx_windows_before', WINDOWS_SCHEMA, [before]);
  const windows = join(folder, 'windows');
  const items = [
    ...['hour', 'front', 'last'].map(
      (kind) => `SELECT bucket, '${kind}' AS kind, 0L AS minute, ${kind} AS blob FROM prlx_windows_before WHERE ${kind} IS NOT NULL`,
    ),
    "SELECT bucket, 'touched', 0L, touched FROM prlx_windows_before WHERE touched IS NOT NULL",
    ...addedItems(more),
  ];
  await session.command(writeState(windows, mergeSql(pipeline.project, minute, items)));
  await parquetView(session, 'prlx_windows', WINDOWS_SCHEMA, [windows]);
}

/** One merge a customer and window: what was, what this iteration adds, and for `last_hour` the suffix that begins where the hour does. */
export function windowsSql(project: Project, minute: Micros, turning: readonly number[]): string {
  const start = lastHourStart(minute);
  const items = [
    // A clock hour begins with nothing.
    ...(hourStart(minute) === minute
      ? []
      : ["SELECT bucket, 'hour' AS kind, 0L AS minute, hour AS blob FROM prlx_windows_before WHERE hour IS NOT NULL"]),
    `SELECT bucket, 'front' AS kind, 0L AS minute, front AS blob FROM prlx_windows_before WHERE front IS NOT NULL${turning.length === 0 ? '' : ` AND bucket NOT IN (${turning.join(', ')})`}`,
    "SELECT bucket, 'front', 0L, run FROM prlx_turn_now WHERE from_minute IS NULL",
    `SELECT bucket, 'suffix', 0L, run FROM prlx_turns WHERE from_minute <= ${start} AND to_minute >= ${start}`,
    ...addedItems('prlx_panes'),
  ];
  return mergeSql(project, minute, items);
}

/** What an iteration's panes add. */
function addedItems(panes: string): readonly string[] {
  return [
    `SELECT bucket, 'pane', minute, run FROM (SELECT bucket, inline(panes) FROM ${panes})`,
    `SELECT bucket, 'touched', 0L, touched FROM ${panes} WHERE touched IS NOT NULL`,
  ];
}

function mergeSql(project: Project, minute: Micros, items: readonly string[]): string {
  const start = lastHourStart(minute);
  return `SELECT bucket, w.* FROM (
  SELECT bucket, prlx_windows(collect_list(struct(kind, minute, blob)), ${hourStart(minute)}L, ${start}L, ${quoteLiteral(windowSpec(project))}) AS w FROM (
    ${items.join('\n    UNION ALL\n    ')}
  ) GROUP BY bucket
)`;
}
