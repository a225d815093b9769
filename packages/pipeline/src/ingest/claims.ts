import type { Micros } from '@parallax/core';
import type { SparkSession } from '@parallax/spark-connect';
import { committedParts } from '../committed.ts';
import { parquetRelation } from '../engine/relations.ts';
import { writePacked } from '../engine/sql.ts';
import type { Pipeline } from '../pipeline.ts';
import { together } from '../together.ts';
import { writePanes } from '../window/panes.ts';
import { CLAIMED_SCHEMA, claimSql, oldestClaims, unsettledSql } from './claimed.ts';
import { type SettledSlice, SLICE_SCHEMA } from './slices.ts';

/** What messages of one iteration are settled from: folders, where nothing else is said. */
export interface ClaimInputs {
  /** Of `SLICE_SCHEMA`; or a query of it that reads them from their log. */
  readonly slices: readonly string[] | { readonly sql: string };
  /** Of `CLAIMED_SCHEMA`: messages of the same iteration that were settled before. */
  readonly own: readonly string[];
  /** View (bucket, blob) of the payloads that order contested messages; null: none. */
  readonly payloads: string | null;
}

/**
 * Makes every message of the slices accepted or duplicate, invalid, late, ahead, and sums the accepted ones into panes. The ids that earlier iterations
 * have accepted are those of the committed ones.
 *
 * @returns false when the order of some messages is not settled: then nothing of what was written stands
 */
export async function settleMessages(
  pipeline: Pipeline,
  session: SparkSession,
  minute: Micros,
  inputs: ClaimInputs,
  target: SettledSlice,
): Promise<boolean> {
  await writeClaims(pipeline, session, minute, inputs, target.claimed);
  // Hardly ever is anything unsettled: the panes do not wait for it.
  const panes = writePanes(pipeline, session, minute, { claimed: target.claimed, isFirst: inputs.own.length === 0 }, target.panes);
  const [[unsettled]] = await together(
    session.collect(unsettledSql('prlx_unsettled'), {
      relations: { prlx_unsettled: parquetRelation(CLAIMED_SCHEMA, [target.claimed]) },
    }),
    panes,
  );
  return Number(unsettled?.n) === 0;
}

async function writeClaims(
  pipeline: Pipeline,
  session: SparkSession,
  minute: Micros,
  { slices, own, payloads }: ClaimInputs,
  target: string,
): Promise<void> {
  const { project, buckets } = pipeline;
  const before = committedParts(pipeline, 'claimed', oldestClaims(project, minute), minute);
  const isQuery = 'sql' in slices;
  const names = { slices: 'prlx_slices', isQuery, before: 'prlx_claimed_before', own: own.length > 0 ? 'prlx_own' : null, payloads };
  await session.command(writePacked(target, claimSql(project, minute, names, buckets)), {
    relations: {
      prlx_slices: isQuery ? slices : parquetRelation(SLICE_SCHEMA, slices),
      prlx_claimed_before: parquetRelation(CLAIMED_SCHEMA, before),
      ...(own.length > 0 ? { prlx_own: parquetRelation(CLAIMED_SCHEMA, own) } : {}),
    },
  });
}
