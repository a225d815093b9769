import { join } from 'node:path';
import { MICROS_PER_MINUTE, type Micros, type Project, quoteLiteral } from '@parallax/core';
import { committedParts } from '../committed.ts';
import type { Engine } from '../engine/engine.ts';
import { parquetRelation } from '../engine/relations.ts';
import { windowSpec } from '../engine/specs.ts';
import { writeState } from '../engine/sql.ts';
import { LAST_HOUR_MINUTES } from '../limits.ts';
import type { Pipeline } from '../pipeline.ts';
import { lastHourStart } from './hours.ts';
import { oldestPanes, PANES_SCHEMA } from './panes.ts';

/**
 * `last_hour` by two stacks (Tangwongsan, Hirzel, Schneider, Wu: General incremental sliding-window aggregation, VLDB 2015): the back
 * stack holds, for each event minute that is still to leave, the merge of it and all later ones up to a pivot; the front is the merge of
 * everything after the pivot, to which each iteration adds. A window is one merge of the two. When the back is used up the stacks *turn*:
 * the panes up to a new pivot become its suffixes. The pivot lies where panes are frozen: older than `lateness`, no event can reach them.
 *
 * A turn costs as much as fifty minutes' windows. So each bucket of customers turns at a minute of its own: every minute has the same work.
 */

/** Columns of `turn`: the back stack's suffixes, each for window starts in `[from_minute, to_minute]`; where these are null, the front. */
export const TURN_SCHEMA = 'bucket INT, from_minute BIGINT, to_minute BIGINT, run BINARY';

/** Iterations between two turns of a bucket. */
export function turnPeriod(project: Project): number {
  return Math.max(1, LAST_HOUR_MINUTES - latenessMinutes(project));
}

/** The buckets that turn before iteration `minute` adds to their front. */
export function turningBuckets(project: Project, minute: Micros, buckets: number): number[] {
  const period = turnPeriod(project);
  const phase = Number((minute / MICROS_PER_MINUTE) % BigInt(period));
  return Array.from({ length: buckets }, (_, bucket) => bucket).filter((bucket) => Math.floor((bucket * period) / buckets) === phase);
}

/** The newest event minute that no event of iteration `minute` or later can reach. */
export function pivotOf(project: Project, minute: Micros): Micros {
  return minute - MICROS_PER_MINUTE - BigInt(latenessMinutes(project)) * MICROS_PER_MINUTE;
}

function latenessMinutes(project: Project): number {
  return Number((project.latenessUs + MICROS_PER_MINUTE - 1n) / MICROS_PER_MINUTE);
}

/**
 * Turns the buckets whose minute it is, from the panes of committed iterations alone: it can be done before the minute's seal.
 *
 * @returns false when none turns, or nothing has been committed yet: then no folder was written
 */
export async function writeTurn(pipeline: Pipeline, engine: Engine, minute: Micros, folder: string): Promise<boolean> {
  const { project } = pipeline;
  const turning = turningBuckets(project, minute, pipeline.buckets);
  const panes = committedParts(pipeline, 'panes', oldestPanes(project, minute), minute);
  if (turning.length === 0 || panes.length === 0) return false;
  await engine.session.command(writeState(folder, turnSql(project, minute, 'prlx_panes_hour', turning)), {
    relations: { prlx_panes_hour: parquetRelation(PANES_SCHEMA, panes) },
  });
  return true;
}

function turnSql(project: Project, minute: Micros, panes: string, turning: readonly number[]): string {
  return `SELECT bucket, inline(turned) FROM (
  SELECT bucket, prlx_turn(collect_list(struct(minute, run)), ${lastHourStart(minute)}L, ${pivotOf(project, minute)}L, ${quoteLiteral(windowSpec(project))}) AS turned
  FROM (SELECT bucket, inline(panes) FROM ${panes} WHERE bucket IN (${turning.join(', ')})) GROUP BY bucket
)`;
}

/** Where this attempt's turn is: done ahead, or now in the attempt's folder; null when there is none. */
export async function ensureTurn(pipeline: Pipeline, engine: Engine, minute: Micros, attemptFolder: string): Promise<string | null> {
  const ahead = pipeline.ahead?.turn(minute);
  if (ahead !== undefined) return ahead;
  const folder = join(attemptFolder, 'turn');
  return (await writeTurn(pipeline, engine, minute, folder)) ? folder : null;
}
