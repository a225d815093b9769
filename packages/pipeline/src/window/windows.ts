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
  await session.command(writeState(windows, moreSql(pipeline.project, minute, more)));
  await parquetView(session, 'prlx_windows', WINDOWS_SCHEMA, [windows]);
}

/** What is added is little: it is brought to the windows, which stay where they are read. */
function moreSql(project: Project, minute: Micros, more: string): string {
  const added = `(SELECT bucket, collect_list(struct(kind, minute, blob)) AS items FROM (${addedItems(more).join(' UNION ALL ')}) GROUP BY bucket)`;
  const kept = ['hour', 'front', 'last', 'touched'].map((kind) => `struct('${kind}' AS kind, 0L AS minute, w.${kind} AS blob)`);
  return `SELECT bucket, inline(array(merged)) FROM (
  SELECT bucket, ${mergeCall('items', project, minute)} AS merged FROM (
    SELECT w.bucket, concat(array(${kept.join(', ')}), COALESCE(m.items, array())) AS items FROM prlx_windows_before w LEFT JOIN ${added} m ON m.bucket = w.bucket
    UNION ALL SELECT m.bucket, m.items FROM ${added} m LEFT ANTI JOIN prlx_windows_before w ON w.bucket = m.bucket
  )
)`;
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
  return `SELECT bucket, w.* FROM (
  SELECT bucket, ${mergeCall('collect_list(struct(kind, minute, blob))', project, minute)} AS w FROM (
    ${items.join('\n    UNION ALL\n    ')}
  ) GROUP BY bucket
)`;
}

/** What an iteration's panes add. */
function addedItems(panes: string): readonly string[] {
  return [
    `SELECT bucket, 'pane' AS kind, minute, run AS blob FROM (SELECT bucket, inline(panes) FROM ${panes})`,
    `SELECT bucket, 'touched', 0L, touched FROM ${panes} WHERE touched IS NOT NULL`,
  ];
}

function mergeCall(items: string, project: Project, minute: Micros): string {
  return `prlx_windows(${items}, ${hourStart(minute)}L, ${lastHourStart(minute)}L, ${quoteLiteral(windowSpec(project))})`;
}
