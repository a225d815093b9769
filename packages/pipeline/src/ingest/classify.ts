import { MICROS_PER_MINUTE, type Micros, type Project, quoteLiteral } from '@parallax/core';
import { aggregateSpec, eventSpec } from '../engine/specs.ts';

/** Columns of `events`, what a minute's messages became. `payload` is kept of what was not accepted. */
export const EVENTS_SCHEMA =
  'stream STRING, partition INT, offset BIGINT, class STRING, reason STRING, key STRING, time BIGINT, id STRING, vals BINARY, drift ARRAY<STRING>, payload BINARY';

/** Columns of `panes`: the partial aggregates that one iteration adds to the panes, one row a customer and event minute, one state a stream. */
export function panesSchema(project: Project): string {
  return ['iteration BIGINT', 'key STRING', 'event_minute BIGINT', ...project.streams.map((_, i) => `s${i} BINARY`)].join(', ');
}

/**
 * The query that makes every message of iteration `minute` exactly one of invalid, late, ahead, duplicate, accepted
 * (contract, section 3), in that order.
 *
 * @param messages a query a stream, index as in `project.streams`: (partition INT, offset BIGINT, message_id STRING, payload BINARY)
 * @param seen a relation with (stream, id, time) of accepted events of earlier iterations
 */
export function classifySql(project: Project, minute: Micros, messages: readonly { stream: number; sql: string }[], seen: string): string {
  const late = minute - project.latenessUs;
  const ahead = minute + MICROS_PER_MINUTE + project.maxAheadUs;
  const parsed = messages.map(({ stream, sql }) => {
    const declared = project.streams[stream];
    if (declared === undefined) throw new RangeError(`no stream ${stream}`);
    return `SELECT ${quoteLiteral(declared.name)} AS stream, partition, offset, payload, prlx_parse(payload, message_id, ${quoteLiteral(eventSpec(declared, project.key.type))}) AS p FROM (${sql})`;
  });
  const columns = 'stream, partition, offset, reason, key, time, id, vals, drift, payload';
  return `WITH parsed AS (
  ${parsed.join('\n  UNION ALL\n  ')}
), timed AS (
  SELECT stream, partition, offset, p.reason, p.key, p.time, p.id, p.vals, p.drift, payload FROM parsed
), classed AS (
  SELECT ${columns}, CASE WHEN reason IS NOT NULL THEN 'invalid' WHEN time < ${late} THEN 'late' WHEN time >= ${ahead} THEN 'ahead' END AS first_class FROM timed
), claims AS (
  -- Who may claim an id, in order: an event accepted before, this minute's candidates, nobody else.
  SELECT ${columns}, first_class, CASE WHEN first_class IS NULL THEN 1 ELSE 2 END AS turn FROM classed
  UNION ALL
  SELECT stream, NULL, NULL, NULL, NULL, time, id, NULL, NULL, NULL, NULL, 0 FROM ${seen} WHERE time >= ${late}
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY stream, COALESCE(id, CONCAT(partition, '/', offset)) ORDER BY turn, time, payload, partition, offset) AS place FROM claims
), done AS (
  SELECT *, COALESCE(first_class, CASE WHEN place = 1 THEN 'accepted' ELSE 'duplicate' END) AS class FROM ranked WHERE turn > 0
)
SELECT stream, partition, offset, class, reason, key, time, id, vals, drift, CASE WHEN class <> 'accepted' THEN payload END AS payload FROM done`;
}

/** The query that sums the accepted events of `events` into panes of iteration `minute`. */
export function panesSql(project: Project, minute: Micros, events: string): string {
  const states = project.streams.map((stream, i) => {
    const filter = `FILTER (WHERE stream = ${quoteLiteral(stream.name)})`;
    return `CASE WHEN count(*) ${filter} > 0 THEN prlx_pane(collect_list(struct(time, id, vals)) ${filter}, ${quoteLiteral(aggregateSpec(stream))}) END AS s${i}`;
  });
  return `SELECT ${minute} AS iteration, key, event_minute, ${states.join(', ')}
FROM (SELECT stream, key, time, id, vals, time - pmod(time, ${MICROS_PER_MINUTE}) AS event_minute FROM ${events} WHERE class = 'accepted')
GROUP BY key, event_minute`;
}

/** Counts by stream, class and reason, and of the accepted ones by undeclared field name (`field` is null in the former, the rest in the latter). */
export function countsSql(events: string, driftNamesMax: number): string {
  return `SELECT stream, class, reason, CAST(NULL AS STRING) AS field, count(*) AS n FROM ${events} GROUP BY stream, class, reason
UNION ALL
(SELECT stream, NULL, NULL, field, count(*) AS n FROM (SELECT stream, explode(drift) AS field FROM ${events} WHERE class = 'accepted') GROUP BY stream, field ORDER BY n DESC, stream, field LIMIT ${driftNamesMax})`;
}
