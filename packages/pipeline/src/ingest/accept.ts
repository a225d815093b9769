import { join } from 'node:path';
import { ParallaxError, type Seal, unreachable } from '@parallax/core';
import { committedParts } from '../committed.ts';
import { parquetView } from '../engine/relations.ts';
import { writeParquet, writeState } from '../engine/sql.ts';
import { DRIFT_NAMES_MAX, SUMMARY_ROWS_MAX } from '../limits.ts';
import type { ClassCount, DriftCount } from '../outcome.ts';
import type { Attempt } from '../pipeline.ts';
import { CLAIMED_SCHEMA, claimSql, countsSql, oldestClaims, payloadsSql } from './claimed.ts';
import { beyondSlices, openMessages, SLICE_SCHEMA, writeSlice } from './slices.ts';

/** What became of a minute's messages: the folders `claimed` and `kept`, the view `prlx_claimed`. */
export interface AcceptedEvents {
  readonly accepted: number;
  readonly counts: readonly ClassCount[];
  readonly drift: readonly DriftCount[];
}

/**
 * Reads what no slice has read of the seal's messages, and makes each message exactly one of invalid, late, ahead, duplicate, accepted.
 * The outcome does not depend on the slicing.
 */
export async function acceptMessages(attempt: Attempt, seal: Seal): Promise<AcceptedEvents> {
  const { pipeline, session, minute, folder } = attempt;
  const { project } = pipeline;
  await readSlices(attempt, seal);
  await parquetView(
    session,
    'prlx_claimed_before',
    CLAIMED_SCHEMA,
    committedParts(pipeline, 'claimed', oldestClaims(project, minute), minute),
  );
  const claimed = join(folder, 'claimed');
  const relations = { slices: 'prlx_slices', before: 'prlx_claimed_before', payloads: null };
  await session.command(writeState(claimed, claimSql(project, minute, relations, pipeline.buckets)));
  await parquetView(session, 'prlx_claimed', CLAIMED_SCHEMA, [claimed]);
  const [contested] = await session.collect('SELECT count(*) AS n FROM prlx_claimed WHERE contested IS NOT NULL');
  if (Number(contested?.n) > 0) await settleContested(attempt, seal, claimed);
  await session.command(writeParquet(join(folder, 'kept'), 'SELECT bucket, kept FROM prlx_claimed WHERE kept IS NOT NULL'));
  const rows = await session.collect(countsSql('prlx_claimed', DRIFT_NAMES_MAX), { limitRows: SUMMARY_ROWS_MAX });
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

/** The view `prlx_slices`: every message of the seal, whether it was read while the minute ran or is read now. */
async function readSlices({ pipeline, engine, session, minute, folder }: Attempt, seal: Seal): Promise<void> {
  const { used, rest } = beyondSlices(seal.streams, pipeline.ahead?.slices(minute) ?? []);
  const target = join(folder, 'slice');
  const read = await writeSlice(pipeline, engine, minute, rest, target);
  const folders = used.map((slice) => slice.folder);
  await parquetView(session, 'prlx_slices', SLICE_SCHEMA, read ? [...folders, target] : folders);
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
  const relations = { slices: 'prlx_slices', before: 'prlx_claimed_before', payloads: 'prlx_payloads' };
  await session.command(writeState(claimed, claimSql(pipeline.project, minute, relations, pipeline.buckets)));
  await parquetView(session, 'prlx_claimed', CLAIMED_SCHEMA, [claimed]);
  const [left] = await session.collect('SELECT count(*) AS n FROM prlx_claimed WHERE contested IS NOT NULL');
  if (Number(left?.n) > 0) {
    throw new ParallaxError('PRLX_CONTESTED', 'messages that were read once could not be read again to order their payloads', {
      retryable: true,
      advice: 'Look whether the topic lost messages of this minute.',
    });
  }
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
