import { join } from 'node:path';
import { MICROS_PER_MINUTE, type Micros, type Project, quoteLiteral } from '@parallax/core';
import { committedTurns, committedWindows } from '../committed.ts';
import { amendedPart } from '../draft/whole.ts';
import { parquetRelation, parquetView } from '../engine/relations.ts';
import { windowSpec } from '../engine/specs.ts';
import { writeState } from '../engine/sql.ts';
import type { Attempt } from '../pipeline.ts';
import { hourStart, lastHourStart } from './hours.ts';
import { PANES_SCHEMA } from './panes.ts';
import { ensureTurn, TURN_SCHEMA, turningBuckets, turnPeriod } from './turns.ts';

/** Columns of `windows`, a row a bucket of customers: `hour_to_date`, the front stack, `last_hour`, and who was touched. */
export const WINDOWS_SCHEMA = 'bucket INT, hour BINARY, front BINARY, last BINARY, touched BINARY';

/**
 * Adds the minute's panes to both windows of every customer: the folder `windows`, the view `prlx_windows`. No event or pane of an earlier minute is read again.
 *
 * @param panes folders of the minute's panes
 * @returns the turn that later minutes look suffixes up in
 */
export async function mergeWindows(attempt: Attempt, panes: readonly string[]): Promise<string | null> {
  const { pipeline, engine, session, minute, folder } = attempt;
  const { project } = pipeline;
  const turn = await ensureTurn(pipeline, engine, minute, folder);
  const before = committedWindows(pipeline, minute - MICROS_PER_MINUTE);
  const turns = committedTurns(pipeline, minute - BigInt(turnPeriod(project) - 1) * MICROS_PER_MINUTE, minute);
  const windows = join(folder, 'windows');
  await session.command(writeState(windows, windowsSql(project, minute, turningBuckets(project, minute, pipeline.buckets))), {
    relations: {
      prlx_windows_before: parquetRelation(WINDOWS_SCHEMA, before.whole),
      prlx_windows_amended_before: parquetRelation(WINDOWS_SCHEMA, before.amended),
      prlx_turn_now: parquetRelation(TURN_SCHEMA, turn === null ? [] : [turn]),
      prlx_turns: parquetRelation(TURN_SCHEMA, turn === null ? turns : [...turns, turn]),
      prlx_panes: parquetRelation(PANES_SCHEMA, panes),
    },
  });
  await parquetView(session, 'prlx_windows', WINDOWS_SCHEMA, [windows]);
  return turn;
}

/**
 * Adds more of the minute's panes to windows that were merged before its seal: the folder `windows-amended` and the view `prlx_windows`, of the customers alone
 * that are touched, with all that these have; of the front with what is to be added to it.
 *
 * @param before folder of `WINDOWS_SCHEMA` of the same minute
 * @param more folders of `PANES_SCHEMA`
 */
export async function amendWindows({ pipeline, session, minute, folder }: Attempt, before: string, more: readonly string[]): Promise<void> {
  const windows = join(folder, amendedPart('windows'));
  await session.command(writeState(windows, amendedSql(pipeline.project, minute)), {
    relations: {
      prlx_windows_drafted: parquetRelation(WINDOWS_SCHEMA, [before]),
      prlx_panes_more: parquetRelation(PANES_SCHEMA, more),
    },
  });
  await parquetView(session, 'prlx_windows', WINDOWS_SCHEMA, [windows]);
}

/** What is added is little: it is brought to the windows, which stay where they are read. */
function amendedSql(project: Project, minute: Micros): string {
  const added = `(SELECT bucket, collect_list(struct(kind, minute, blob)) AS items FROM (${addedItems('prlx_panes_more').join(' UNION ALL ')}) GROUP BY bucket)`;
  const call = (hour: string, last: string) =>
    `prlx_windows_amended(${hour}, ${last}, m.items, ${hourStart(minute)}L, ${lastHourStart(minute)}L, ${quoteLiteral(windowSpec(project))})`;
  const nothing = 'CAST(NULL AS BINARY)';
  return `SELECT bucket, inline(array(amended)) FROM (
  SELECT /*+ BROADCAST(m) */ w.bucket, ${call('w.hour', 'w.last')} AS amended FROM prlx_windows_drafted w JOIN ${added} m ON m.bucket = w.bucket
  UNION ALL SELECT m.bucket, ${call(nothing, nothing)} FROM ${added} m LEFT ANTI JOIN prlx_windows_drafted w ON w.bucket = m.bucket
)`;
}

/** One merge a customer and window: what was, what this iteration adds, and for `last_hour` the suffix that begins where the hour does. */
export function windowsSql(project: Project, minute: Micros, turning: readonly number[]): string {
  const start = lastHourStart(minute);
  const stays = turning.length === 0 ? '' : ` AND bucket NOT IN (${turning.join(', ')})`;
  const items = [
    // A clock hour begins with nothing.
    ...(hourStart(minute) === minute
      ? []
      : [
          "SELECT bucket, 'hour' AS kind, 0L AS minute, hour AS blob FROM prlx_windows_before WHERE hour IS NOT NULL",
          "SELECT bucket, 'hour_amended' AS kind, 0L AS minute, hour AS blob FROM prlx_windows_amended_before WHERE hour IS NOT NULL",
        ]),
    `SELECT bucket, 'front' AS kind, 0L AS minute, front AS blob FROM prlx_windows_before WHERE front IS NOT NULL${stays}`,
    `SELECT bucket, 'front' AS kind, 0L AS minute, front AS blob FROM prlx_windows_amended_before WHERE front IS NOT NULL${stays}`,
    "SELECT bucket, 'front', 0L, run FROM prlx_turn_now WHERE from_minute IS NULL",
    `SELECT bucket, 'suffix', 0L, run FROM prlx_turns WHERE from_minute <= ${start} AND to_minute >= ${start}`,
    ...addedItems('prlx_panes'),
  ];
  return mergedSql(project, minute, items);
}

/** The windows of an iteration that was made of a draft, as one relation of `WINDOWS_SCHEMA`. @param drafted, amended relations of it: what stays, what was done again */
export function wholeWindowsSql(project: Project, minute: Micros, drafted: string, amended: string): string {
  const items = [drafted, amended].flatMap((relation) =>
    ['hour', 'front', 'last', 'touched'].map((column) => {
      const kind = relation === amended && (column === 'hour' || column === 'last') ? `${column}_amended` : column;
      return `SELECT bucket, '${kind}' AS kind, 0L AS minute, ${column} AS blob FROM ${relation} WHERE ${column} IS NOT NULL`;
    }),
  );
  return mergedSql(project, minute, items);
}

function mergedSql(project: Project, minute: Micros, items: readonly string[]): string {
  return `SELECT bucket, w.* FROM (
  SELECT bucket, prlx_windows(collect_list(struct(kind, minute, blob)), ${hourStart(minute)}L, ${lastHourStart(minute)}L, ${quoteLiteral(windowSpec(project))}) AS w FROM (
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
