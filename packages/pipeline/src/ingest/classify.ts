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
  return `WITH parsed AS (
  ${parsed.join('\n  UNION ALL\n  ')}
), timed AS (
  SELECT stream, partition, offset, payload, p.reason, p.key, p.time, p.id, p.vals, p.drift FROM parsed
), classed AS (
  SELECT *, CASE WHEN reason IS NOT NULL THEN 'invalid' WHEN time < ${late} THEN 'late' WHEN time >= ${ahead} THEN 'ahead' END AS first_class FROM timed
), ranked AS (
  -- Candidates come first in their group, so that a late or early copy takes nobody's place; an invalid message has no id and stands alone.
  SELECT *, row_number() OVER (PARTITION BY stream, COALESCE(id, CONCAT(partition, '/', offset))
    ORDER BY first_class IS NOT NULL, time, payload, partition, offset) AS place FROM classed
), before AS (
  SELECT DISTINCT stream, id FROM ${seen} WHERE time >= ${late}
), done AS (
  SELECT r.*, COALESCE(first_class, CASE WHEN b.id IS NOT NULL OR place > 1 THEN 'duplicate' ELSE 'accepted' END) AS class
  FROM ranked r LEFT JOIN before b ON b.stream = r.stream AND b.id = r.id
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

/** Counts by stream, class and reason. */
export function countsSql(events: string): string {
  return `SELECT stream, class, reason, count(*) AS n FROM ${events} GROUP BY stream, class, reason ORDER BY stream, class, reason`;
}
