import { join } from 'node:path';
import { ParallaxError, type Seal, unreachable } from '@parallax/core';
import type { RelationDefinition } from '@parallax/spark-connect';
import { gatherParquet } from '../engine/parquet-files.ts';
import { parquetRelation, parquetView } from '../engine/relations.ts';
import { writeParquet } from '../engine/sql.ts';
import { DRIFT_NAMES_MAX, SUMMARY_ROWS_MAX } from '../limits.ts';
import type { ClassCount, DriftCount } from '../outcome.ts';
import type { Attempt } from '../pipeline.ts';
import { together } from '../together.ts';
import { CLAIMED_SCHEMA, countsSql, MESSAGES, payloadsSql } from './claimed.ts';
import { settleMessages } from './claims.ts';
import { beyondSlices, isPacked, openMessages, type SettledSlice, settledPrefix, sliceSql, writeSlice } from './slices.ts';

/** The messages of a minute, each of them settled: the folder `claimed`. Those that are accepted are summed. */
export interface ClaimedMessages {
  /** What was settled before the seal. */
  readonly settled: readonly SettledSlice[];
  /** What was settled after it; null: there was nothing left. */
  readonly rest: SettledSlice | null;
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
  const { pipeline, engine, minute, folder } = attempt;
  const ahead = (await pipeline.ahead?.slices(minute)) ?? [];
  const { used, rest } = beyondSlices(seal.streams, ahead);
  const settled = settledPrefix(ahead, used);
  if (settled !== null) {
    const claimed = await claimRest(attempt, settled, await sliceSql(pipeline, engine, minute, rest));
    if (claimed !== null) return claimed;
  }
  const target = join(folder, 'slice');
  const packed = beyondSlices(seal.streams, ahead.filter(isPacked));
  const read = await writeSlice(pipeline, engine, minute, packed.rest, target);
  return claimAll(attempt, seal, [...packed.used.map((slice) => slice.folder), ...(read ? [target] : [])]);
}

/**
 * Settles what is left against what was settled before the seal; null when a message may go before one of those.
 *
 * @param left query of `SLICE_SCHEMA`; null: nothing is
 */
async function claimRest(attempt: Attempt, settled: readonly SettledSlice[], left: string | null): Promise<ClaimedMessages | null> {
  const { pipeline, session, minute, folder } = attempt;
  const own = settled.map((each) => each.claimed);
  const rest = left === null ? null : { claimed: join(folder, 'claimed-rest'), panes: join(folder, 'panes-rest') };
  if (left !== null && rest !== null) {
    if (!(await settleMessages(pipeline, session, minute, { slices: { sql: left }, own, payloads: null }, rest))) return null;
  }
  await gatherParquet(join(folder, 'claimed'), rest === null ? own : [...own, rest.claimed]);
  return { settled, rest };
}

/**
 * Settles all of a minute's messages together. Two messages of one id and time that differ are ordered by their payloads, which slices do not carry:
 * those few are read once more, and the claims made again.
 */
async function claimAll(attempt: Attempt, seal: Seal, slices: readonly string[]): Promise<ClaimedMessages> {
  const { pipeline, session, minute, folder } = attempt;
  const all = { claimed: join(folder, 'claimed'), panes: join(folder, 'panes') };
  if (!(await settleMessages(pipeline, session, minute, { slices, own: [], payloads: null }, all))) {
    const payloads = await readPayloads(attempt, seal);
    if (!(await settleMessages(pipeline, session, minute, { slices, own: [], payloads }, all))) {
      throw new ParallaxError('PRLX_CONTESTED', 'messages that were read once could not be read again to order their payloads', {
        retryable: true,
        advice: 'Look whether the topic lost messages of this minute.',
      });
    }
  }
  return { settled: [], rest: all };
}

/** The payloads of the contested messages of the folder `claimed`, as a view. */
async function readPayloads({ pipeline, engine, session, minute, folder }: Attempt, seal: Seal): Promise<string> {
  const messages = await openMessages(pipeline, engine, minute, seal.streams);
  const payloads = join(folder, 'payloads');
  await session.command(writeParquet(payloads, payloadsSql('prlx_claimed', messages)), {
    relations: { prlx_claimed: claimedRelation(folder) },
  });
  await parquetView(session, 'prlx_payloads', 'bucket INT, blob BINARY', [payloads]);
  return 'prlx_payloads';
}

function claimedRelation(folder: string): RelationDefinition {
  return parquetRelation(CLAIMED_SCHEMA, [join(folder, 'claimed')]);
}

/** Keeps what was not accepted, with its reason, in the folder `kept`, and counts all of the folder `claimed`. */
export async function countMessages({ pipeline, session, folder }: Attempt): Promise<AcceptedEvents> {
  const { project } = pipeline;
  const [rows] = await together(
    session.collect(countsSql('prlx_counted', DRIFT_NAMES_MAX), {
      limitRows: SUMMARY_ROWS_MAX,
      relations: { prlx_counted: claimedRelation(folder) },
    }),
    session.command(writeParquet(join(folder, MESSAGES), 'SELECT bucket, kept FROM prlx_keeping WHERE kept IS NOT NULL'), {
      relations: { prlx_keeping: claimedRelation(folder) },
    }),
  );
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
