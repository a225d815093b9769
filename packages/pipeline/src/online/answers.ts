import { MICROS_PER_MINUTE, type Micros, type OnlineSource, type Project, quoteIdentifier, quoteLiteral } from '@parallax/core';
import { answerSpec } from '../engine/specs.ts';
import { fileTable, scaledDecimal, typedKey } from '../engine/sql.ts';

/** Columns of `answers`: the answer that counts for each asked customer in one iteration; `vals` is null for a customer absent from it. */
export const ANSWERS_SCHEMA = 'source STRING, key STRING, iteration BIGINT, vals ARRAY<BIGINT>';

/** The file of one source's captured calls, lines as in a recording's `online/<source>.ndjson`. */
export interface Capture {
  readonly source: OnlineSource;
  readonly path: string;
}

/**
 * The answer that counts for each customer that was asked in iteration `minute`: of the last valid 200 by `at`, then by
 * line (contract, section 7). A body that is not strict JSON with the declared rows is no answer; rows of customers that
 * were not asked for find no partner in the join.
 */
export function answersSql(project: Project, minute: Micros, captures: readonly Capture[]): string {
  const calls = captures.map(
    ({
      source,
      path,
    }) => `SELECT ${quoteLiteral(source.name)} AS source, struct(c.at, block, line) AS place, c.ids, prlx_answer(c.body, ${quoteLiteral(answerSpec(source, project.key.type))}) AS rows
  FROM (SELECT prlx_call(CAST(value AS BINARY)) AS c, _metadata.file_block_start AS block, monotonically_increasing_id() AS line FROM ${fileTable('text', path)} WHERE trim(value) <> '')
  WHERE c.status = 200`,
  );
  return `WITH valid AS (
  SELECT * FROM (${calls.join('\n  UNION ALL\n  ')}) WHERE rows IS NOT NULL
), asked AS (
  SELECT DISTINCT source, place, explode(ids) AS key FROM valid
), given AS (
  SELECT source, place, r.key, r.vals FROM (SELECT source, place, explode(rows) AS r FROM valid)
)
SELECT a.source, a.key, ${minute} AS iteration, max_by(struct(g.vals), a.place).vals AS vals
FROM asked a LEFT JOIN given g ON g.source = a.source AND g.place = a.place AND g.key = a.key
GROUP BY a.source, a.key`;
}

/** Calls of each source: how many, how many of them gave a valid answer, and the rows in those of customers that were not asked for. */
export function callCountsSql(project: Project, captures: readonly Capture[]): string {
  const calls = captures.map(
    ({ source, path }) =>
      `SELECT ${quoteLiteral(source.name)} AS source, c.ids, CASE WHEN c.status = 200 THEN prlx_answer(c.body, ${quoteLiteral(answerSpec(source, project.key.type))}) END AS rows
FROM (SELECT prlx_call(CAST(value AS BINARY)) AS c FROM ${fileTable('text', path)} WHERE trim(value) <> '')`,
  );
  return `SELECT source, count(*) AS calls, count(rows) AS valid, COALESCE(sum(size(array_except(transform(rows, r -> r.key), ids))), 0) AS unasked
FROM (${calls.join('\nUNION ALL\n')}) GROUP BY source ORDER BY source`;
}

/** The oldest iteration whose answers may stand in for iteration `minute`. */
export function oldestAnswer(project: Project, minute: Micros): Micros {
  const age = Math.max(0, ...project.online.map((source) => source.maxAge));
  return minute - BigInt(age) * MICROS_PER_MINUTE;
}

/**
 * The view `online`: for each source its fields and its age. An answer no older than `max_age` minutes stands in where
 * this minute has none; else fields and age are null.
 *
 * @param population a relation with `key`
 * @param answers a relation of `ANSWERS_SCHEMA` over the iterations from `oldestAnswer` on
 */
export function onlineViewSql(project: Project, minute: Micros, population: string, answers: string): string {
  const columns = project.online.flatMap((source, i) => [
    ...source.fields.map(
      (field, f) => `${scaledDecimal(`o${i}.n.vals[${f}]`, field.places)} AS ${quoteIdentifier(`${source.name}_${field.name}`)}`,
    ),
    `CAST((${minute} - o${i}.n.iteration) DIV ${MICROS_PER_MINUTE} AS INT) AS ${quoteIdentifier(`${source.name}_age_minutes`)}`,
  ]);
  const joins = project.online.map(
    (source, i) => `LEFT JOIN (SELECT key, max_by(struct(iteration, vals), iteration) AS n FROM ${answers}
  WHERE source = ${quoteLiteral(source.name)} AND iteration >= ${minute - BigInt(source.maxAge) * MICROS_PER_MINUTE} GROUP BY key) o${i} ON o${i}.key = p.key`,
  );
  return `SELECT ${[`${typedKey('p.key', project.key.type)} AS ${quoteIdentifier(project.key.name)}`, ...columns].join(', ')}
FROM ${population} p ${joins.join('\n')}`;
}
