import { join } from 'node:path';
import { MICROS_PER_MINUTE, type Micros, type Project, quoteLiteral } from '@parallax/core';
import type { SparkSession } from '@parallax/spark-connect';
import { committedParts } from '../committed.ts';
import { gatherParquet } from '../engine/parquet-files.ts';
import { parquetRelation } from '../engine/relations.ts';
import { windowSpec } from '../engine/specs.ts';
import { writeState } from '../engine/sql.ts';
import type { ClaimedMessages } from '../ingest/accept.ts';
import { CLAIMED_SCHEMA } from '../ingest/claimed.ts';
import type { Attempt, Pipeline } from '../pipeline.ts';
import { lastHourStart } from './hours.ts';

/**
 * Columns of `panes`, a row a bucket of customers: what one iteration adds to each event minute, events that are accepted but early, and
 * the customers that it touched.
 */
export const PANES_SCHEMA = 'bucket INT, panes ARRAY<STRUCT<minute: BIGINT, run: BINARY>>, pending BINARY, touched BINARY';

/** The oldest iteration that can have added to an event minute of `last_hour`: an early event is accepted up to max_ahead before its minute. */
export function oldestPanes(project: Project, minute: Micros): Micros {
  return lastHourStart(minute) - project.maxAheadUs - MICROS_PER_MINUTE;
}

/**
 * Makes the folder `panes` of what the minute's messages were summed into when they were settled, before its seal and after it.
 *
 * @returns the folders of its parts: of each slice that was settled before the seal, in their order, then of the rest
 */
export async function gatherPanes({ folder }: Attempt, { settled, rest }: ClaimedMessages): Promise<readonly string[]> {
  const parts = [...settled, ...(rest === null ? [] : [rest])].map(({ panes }) => panes);
  if (settled.length > 0) await gatherParquet(join(folder, 'panes'), parts);
  return parts;
}

/**
 * Sums the accepted events of one folder of settled messages, and the early ones whose minute has come, into panes.
 *
 * @param isFirst whether nothing of the iteration was summed before: then the early events of the iteration before come with it
 */
export async function writePanes(
  pipeline: Pipeline,
  session: SparkSession,
  minute: Micros,
  { claimed, isFirst }: { readonly claimed: string; readonly isFirst: boolean },
  target: string,
): Promise<void> {
  const before = isFirst ? committedParts(pipeline, 'panes', minute - MICROS_PER_MINUTE, minute) : [];
  await session.command(writeState(target, panesSql(pipeline.project, minute, 'prlx_claimed_rest', 'prlx_panes_before')), {
    relations: {
      prlx_panes_before: parquetRelation(PANES_SCHEMA, before),
      prlx_claimed_rest: parquetRelation(CLAIMED_SCHEMA, [claimed]),
    },
  });
}

/** @param before relation of `PANES_SCHEMA` of the iteration before */
export function panesSql(project: Project, minute: Micros, claimed: string, before: string): string {
  return `SELECT bucket, p.* FROM (
  SELECT bucket, prlx_panes(collect_list(struct(kind, blob)), ${minute}L, ${lastHourStart(minute)}L, ${quoteLiteral(windowSpec(project))}) AS p FROM (
    SELECT a.bucket, 'events' AS kind, a.events AS blob FROM (SELECT inline(accepted) FROM ${claimed}) a
    UNION ALL SELECT bucket, 'pending', pending FROM ${before} WHERE pending IS NOT NULL
  ) GROUP BY bucket
)`;
}
