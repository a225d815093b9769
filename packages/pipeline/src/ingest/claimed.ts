import { MICROS_PER_MINUTE, type Micros, type Project, quoteLiteral } from '@parallax/core';
import { claimSpec } from '../engine/specs.ts';

/**
 * Columns of `claimed`, a row a bucket of event ids: the accepted events by the bucket of their customer, the ids that they claim, what was
 * not accepted, counts, messages that only their payloads can order, and whether one of those settled before was overtaken.
 */
export const CLAIMED_SCHEMA =
  'bucket INT, accepted ARRAY<STRUCT<bucket: INT, events: BINARY>>, claims BINARY, kept BINARY, counts BINARY, contested BINARY, overtaken BOOLEAN';

/** Columns of `kept`: what became of the messages that were not accepted, with their payloads (a duplicate's is its original's, or in the log). */
export const KEPT_SCHEMA = 'bucket INT, kept BINARY';

/** The folder of an iteration that holds them. */
export const MESSAGES = 'kept';

/** The oldest iteration whose ids can still make an event of iteration `minute` a duplicate: events are younger than their iteration + 1 + max_ahead. */
export function oldestClaims(project: Project, minute: Micros): Micros {
  return minute - project.latenessUs - project.maxAheadUs - MICROS_PER_MINUTE;
}

/**
 * The query that makes every parsed message accepted or duplicate, invalid, late, ahead for good (contract, section 3).
 *
 * @param slices relation (bucket, events): this minute's messages; with `isQuery` it is made from their log, and read once
 * @param before relation (bucket, claims) of earlier iterations
 * @param own relation (bucket, claims) of messages of this iteration that were settled before; null: none were
 * @param payloads relation (bucket, blob) of the contested messages' payloads; null: none
 */
export function claimSql(
  project: Project,
  minute: Micros,
  relations: { slices: string; isQuery: boolean; before: string; own: string | null; payloads: string | null },
  buckets: number,
): string {
  const late = `${minute - project.latenessUs}L`;
  // Nearly no id was claimed before: only the claims that may matter are moved to the messages.
  // The join with it looks for no other bucket: only what says so itself is read alike by both parts.
  const packed = `(SELECT bucket, collect_list(events) AS lists FROM ${relations.slices} WHERE bucket IS NOT NULL GROUP BY bucket)`;
  const hashes = `SELECT bucket, prlx_id_hashes(lists) AS hashes FROM ${packed}`;
  const known = `SELECT /*+ BROADCAST(h) */ b.bucket, prlx_known(b.claims, h.hashes, ${late}) AS claims FROM ${relations.before} b JOIN (${hashes}) h ON h.bucket = b.bucket WHERE b.claims IS NOT NULL`;
  const items = [
    // Spark runs once what is shuffled alike for both.
    relations.isQuery
      ? `SELECT bucket, 'events' AS kind, explode(lists) AS blob FROM ${packed}`
      : `SELECT bucket, 'events' AS kind, events AS blob FROM ${relations.slices}`,
    `SELECT bucket, 'claims', claims FROM (${known}) WHERE claims IS NOT NULL`,
    ...(relations.own === null ? [] : [`SELECT bucket, 'own', claims FROM ${relations.own} WHERE claims IS NOT NULL`]),
    ...(relations.payloads === null ? [] : [`SELECT bucket, 'payload', blob FROM ${relations.payloads}`]),
  ];
  return `SELECT bucket, c.* FROM (
  SELECT bucket, prlx_claim(collect_list(struct(kind, blob)), ${late}, ${quoteLiteral(claimSpec(buckets))}) AS c FROM (
    ${items.join('\n    UNION ALL\n    ')}
  ) GROUP BY bucket
)`;
}

/** How many buckets hold messages whose order is not settled yet. */
export function unsettledSql(claimed: string): string {
  return `SELECT count(*) AS n FROM ${claimed} WHERE contested IS NOT NULL OR overtaken`;
}

/** Payloads of the messages that `claimed` calls contested, packed for `prlx_claim`, with the bucket that wants them. */
export function payloadsSql(claimed: string, messages: readonly { stream: number; sql: string }[]): string {
  const all = messages.map(({ stream, sql }) => `SELECT ${stream} AS stream, partition, offset, payload FROM (${sql})`);
  return `SELECT c.bucket, prlx_payload(c.stream, c.partition, c.offset, m.payload) AS blob
FROM (SELECT bucket, inline(prlx_contested(contested)) FROM ${claimed} WHERE contested IS NOT NULL) c
JOIN (${all.join(' UNION ALL ')}) m ON m.stream = c.stream AND m.partition = c.partition AND m.offset = c.offset`;
}

/** Counts by stream, class and reason, and of the accepted ones by undeclared field name (`field` is null in the former, the rest in the latter). */
export function countsSql(claimed: string, driftNamesMax: number): string {
  return `WITH counts AS (SELECT inline(prlx_counts(collect_list(counts))) FROM ${claimed})
SELECT * FROM (SELECT stream, class, reason, field, n, row_number() OVER (PARTITION BY field IS NULL ORDER BY n DESC, stream, field) AS place FROM counts)
WHERE field IS NULL OR place <= ${driftNamesMax}`;
}
