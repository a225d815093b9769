import type { Micros } from '@parallax/core';
import type { SparkSession } from '@parallax/spark-connect';
import { committedParts } from '../committed.ts';
import { parquetRelation } from '../engine/relations.ts';
import { writePacked } from '../engine/sql.ts';
import type { Pipeline } from '../pipeline.ts';
import { CLAIMED_SCHEMA, claimSql, oldestClaims, unsettledSql } from './claimed.ts';
import { SLICE_SCHEMA } from './slices.ts';

/** What messages of one iteration are settled from, as folders. */
export interface ClaimInputs {
  /** Of `SLICE_SCHEMA`. */
  readonly slices: readonly string[];
  /** Of `CLAIMED_SCHEMA`: messages of the same iteration that were settled before. */
  readonly own: readonly string[];
  /** View (bucket, blob) of the payloads that order contested messages; null: none. */
  readonly payloads: string | null;
}

/**
 * Makes every message of the slices accepted or duplicate, invalid, late, ahead, and writes that to `target`. The ids that earlier iterations have accepted
 * are those of the committed ones.
 *
 * @returns how many buckets hold messages whose order is not settled: then nothing of the folder stands
 */
export async function writeClaims(
  pipeline: Pipeline,
  session: SparkSession,
  minute: Micros,
  { slices, own, payloads }: ClaimInputs,
  target: string,
): Promise<number> {
  const { project, buckets } = pipeline;
  const before = committedParts(pipeline, 'claimed', oldestClaims(project, minute), minute);
  const names = { slices: 'prlx_slices', before: 'prlx_claimed_before', own: own.length > 0 ? 'prlx_own' : null, payloads };
  await session.command(writePacked(target, claimSql(project, minute, names, buckets)), {
    relations: {
      prlx_slices: parquetRelation(SLICE_SCHEMA, slices),
      prlx_claimed_before: parquetRelation(CLAIMED_SCHEMA, before),
      ...(own.length > 0 ? { prlx_own: parquetRelation(CLAIMED_SCHEMA, own) } : {}),
    },
  });
  const [unsettled] = await session.collect(unsettledSql('prlx_unsettled'), {
    relations: { prlx_unsettled: parquetRelation(CLAIMED_SCHEMA, [target]) },
  });
  return Number(unsettled?.n);
}
