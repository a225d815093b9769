import { join } from 'node:path';
import { ParallaxError, type Seal, unreachable } from '@parallax/core';
import { committedParts } from '../committed.ts';
import { gatherParquet } from '../engine/gather.ts';
import { parquetView } from '../engine/relations.ts';
import { writeParquet, writeState } from '../engine/sql.ts';
import { DRIFT_NAMES_MAX, SUMMARY_ROWS_MAX } from '../limits.ts';
import type { ClassCount, DriftCount } from '../outcome.ts';
import type { Attempt } from '../pipeline.ts';
import { CLAIMED_SCHEMA, claimSql, countsSql, oldestClaims, payloadsSql, unsettledSql } from './claimed.ts';
import { beyondSlices, openMessages, type SettledSlice, SLICE_SCHEMA, settledPrefix, writeSlice } from './slices.ts';

/** The messages of a minute, each of them settled: the folder `claimed`, the view `prlx_claimed`. */
export interface ClaimedMessages {
  /** What was settled, and summed, before the seal. */
  readonly settled: readonly SettledSlice[];
  /** The folder of what was settled after it; null: there was nothing left. */
  readonly rest: string | null;
}

/** What became of a minute's messages. */
export interface AcceptedEvents {
  readonly accepted: number;
  readonly counts: readonly ClassCount[];
  readonly drift: readonly DriftCount[];
}

/**
 * Reads what no slice has read of the seal's messages, and makes each message exactly one of invalid, late, ahead, duplicate, accepted.
 * The outcome does not depend on the slicing, nor on what was settled before the seal.
 */
export async function claimMessages(attempt: Attempt, seal: Seal): Promise<ClaimedMessages> {
  const { pipeline, engine, session, minute, folder } = attempt;
  const { project } = pipeline;
  const ahead = pipeline.ahead?.slices(minute) ?? [];
  const { used, rest } = beyondSlices(seal.streams, ahead);
  const target = join(folder, 'slice');
  const read = await writeSlice(pipeline, engine, minute, rest, target);
  const before = committedParts(pipeline, 'claimed', oldestClaims(project, minute), minute);
  await parquetView(session, 'prlx_claimed_before', CLAIMED_SCHEMA, before);
  const settled = settledPrefix(ahead, used);
  if (settled !== null) {
    const claimed = await claimRest(attempt, settled, read ? target : null);
    if (claimed !== null) return claimed;
  }
  return claimAll(attempt, seal, [...used.map((slice) => slice.folder), ...(read ? [target] : [])]);
}

/** Settles what is left against what was settled before the seal; null when a message may go before one of those. */
async function claimRest(attempt: Attempt, settled: readonly SettledSlice[], slice: string | null): Promise<ClaimedMessages | null> {
  const { pipeline, session, minute, folder } = attempt;
  const own = settled.map((each) => each.claimed);
  const rest = slice === null ? null : join(folder, 'claimed-rest');
  if (slice !== null && rest !== null) {
    await parquetView(session, 'prlx_slices', SLICE_SCHEMA, [slice]);
    await parquetView(session, 'prlx_own', CLAIMED_SCHEMA, own);
    const relations = { slices: 'prlx_slices', before: 'prlx_claimed_before', own: 'prlx_own', payloads: null };
    await session.command(writeState(rest, claimSql(pipeline.project, minute, relations, pipeline.buckets)));
    await parquetView(session, 'prlx_claimed', CLAIMED_SCHEMA, [rest]);
    const [unsettled] = await session.collect(unsettledSql('prlx_claimed'));
    if (Number(unsettled?.n) > 0) return null;
  }
  const claimed = join(folder, 'claimed');
  await gatherParquet(claimed, rest === null ? own : [...own, rest]);
  await parquetView(session, 'prlx_claimed', CLAIMED_SCHEMA, [claimed]);
  return { settled, rest };
}

/** Settles all of a minute's messages together. */
async function claimAll(attempt: Attempt, seal: Seal, slices: readonly string[]): Promise<ClaimedMessages> {
  const { pipeline, session, minute, folder } = attempt;
  await parquetView(session, 'prlx_slices', SLICE_SCHEMA, slices);
  const claimed = join(folder, 'claimed');
  const relations = { slices: 'prlx_slices', before: 'prlx_claimed_before', own: null, payloads: null };
  await session.command(writeState(claimed, claimSql(pipeline.project, minute, relations, pipeline.buckets)));
  await parquetView(session, 'prlx_claimed', CLAIMED_SCHEMA, [claimed]);
  const [contested] = await session.collect(unsettledSql('prlx_claimed'));
  if (Number(contested?.n) > 0) await settleContested(attempt, seal, claimed);
  return { settled: [], rest: claimed };
}

/**
 * Two messages of one id and time that differ are ordered by their payloads, which slices do not carry: those few are read once more,
 * and the claims made again.
 */
async function settleContested({ pipeline, engine, session, minute, folder }: Attempt, seal: Seal, claimed: string): Promise<void> {
  const messages = await openMessages(pipeline, engine, minute, seal.streams);
  const payloads = join(folder, 'payloads');
  await session.command(writeParquet(payloads, payloadsSql('prlx_claimed', messages)));
  await parquetView(session, 'prlx_payloads', 'bucket INT, blob BINARY', [payloads]);
  const relations = { slices: 'prlx_slices', before: 'prlx_claimed_before', own: null, payloads: 'prlx_payloads' };
  await session.command(writeState(claimed, claimSql(pipeline.project, minute, relations, pipeline.buckets)));
  await parquetView(session, 'prlx_claimed', CLAIMED_SCHEMA, [claimed]);
  const [left] = await session.collect(unsettledSql('prlx_claimed'));
  if (Number(left?.n) > 0) {
    throw new ParallaxError('PRLX_CONTESTED', 'messages that were read once could not be read again to order their payloads', {
      retryable: true,
      advice: 'Look whether the topic lost messages of this minute.',
    });
  }
}

/** Keeps what was not accepted, with its reason, in the folder `kept`, and counts all. Reads `prlx_claimed`. */
export async function countMessages({ pipeline, session, folder }: Attempt): Promise<AcceptedEvents> {
  const { project } = pipeline;
  const [rows] = await Promise.all([
    session.collect(countsSql('prlx_claimed', DRIFT_NAMES_MAX), { limitRows: SUMMARY_ROWS_MAX }),
    session.command(writeParquet(join(folder, 'kept'), 'SELECT bucket, kept FROM prlx_claimed WHERE kept IS NOT NULL')),
  ]);
  const nameOf = (stream: unknown): string => project.streams[Number(stream)]?.name ?? '';
  const counts = rows.flatMap((row) =>
    row.field === null
      ? [{ stream: nameOf(row.stream), class: classOf(String(row.class)), reason: textOrNull(row.reason), n: Number(row.n) }]
      : [],
  );
  return {
    accepted: counts.reduce((n, each) => n + (each.class === 'accepted' ? each.n : 0), 0),
    counts,
    drift: rows.flatMap((row) => (row.field === null ? [] : [{ stream: nameOf(row.stream), field: String(row.field), n: Number(row.n) }])),
  };
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

function classOf(text: string): ClassCount['class'] {
  switch (text) {
    case 'accepted':
    case 'duplicate':
    case 'late':
    case 'ahead':
    case 'invalid':
      return text;
    default:
      return unreachable(text as never);
  }
}
