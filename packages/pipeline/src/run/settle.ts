import { MICROS_PER_MINUTE, type Micros } from '@parallax/core';
import { committedParts } from '../committed.ts';
import type { Engine } from '../engine/engine.ts';
import { parquetView } from '../engine/relations.ts';
import { writeState } from '../engine/sql.ts';
import { CLAIMED_SCHEMA, claimSql, oldestClaims, unsettledSql } from '../ingest/claimed.ts';
import { type SettledSlice, SLICE_SCHEMA, type Slice } from '../ingest/slices.ts';
import type { Pipeline } from '../pipeline.ts';
import { PANES_SCHEMA, panesSql } from '../window/panes.ts';

/**
 * Settles and sums the messages of a slice while its minute runs: against the ids of earlier iterations and of the slices before it. The seal takes
 * that only with all of those slices, and only if no later message goes before one of its id here.
 *
 * @param before the slices before it
 * @param slice folder of `SLICE_SCHEMA`
 * @returns null when a slice before it is not settled, or payloads are needed to order messages of one id and time
 */
export async function settleSlice(
  pipeline: Pipeline,
  { session }: Engine,
  minute: Micros,
  before: readonly Slice[],
  slice: string,
  target: SettledSlice,
): Promise<SettledSlice | null> {
  const { project, buckets } = pipeline;
  const own = before.flatMap(({ settled }) => settled?.claimed ?? []);
  if (own.length < before.length) return null;
  const earlier = committedParts(pipeline, 'claimed', oldestClaims(project, minute), minute);
  await parquetView(session, 'prlx_ahead_slice', SLICE_SCHEMA, [slice]);
  await parquetView(session, 'prlx_ahead_own', CLAIMED_SCHEMA, own);
  await parquetView(session, 'prlx_ahead_before', CLAIMED_SCHEMA, earlier);
  const relations = { slices: 'prlx_ahead_slice', before: 'prlx_ahead_before', own: 'prlx_ahead_own', payloads: null };
  await session.command(writeState(target.claimed, claimSql(project, minute, relations, buckets)));
  await parquetView(session, 'prlx_ahead_claimed', CLAIMED_SCHEMA, [target.claimed]);
  const [unsettled] = await session.collect(unsettledSql('prlx_ahead_claimed'));
  if (Number(unsettled?.n) > 0) return null;
  // Early events of the iteration before come with the first slice alone.
  const pending = own.length === 0 ? committedParts(pipeline, 'panes', minute - MICROS_PER_MINUTE, minute) : [];
  await parquetView(session, 'prlx_ahead_panes', PANES_SCHEMA, pending);
  await session.command(writeState(target.panes, panesSql(project, minute, 'prlx_ahead_claimed', 'prlx_ahead_panes')));
  return target;
}
