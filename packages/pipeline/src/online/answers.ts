import { MICROS_PER_MINUTE, type Micros, type OnlineSource, type Project, quoteIdentifier, quoteLiteral } from '@parallax/core';
import { answerSpec } from '../engine/specs.ts';
import { fileTable, scaledDecimal, typedKey } from '../engine/sql.ts';

/**
 * Columns of `answers`: of each customer that was asked for within `max_age` minutes the newest answer, the iteration that it is of, and its age
 * in minutes; `vals` is null for a customer absent from it.
 */
export const ANSWERS_SCHEMA = 'source STRING, key STRING, iteration BIGINT, age INT, vals ARRAY<BIGINT>';

/** The columns of the view `online` but the key, with their types. */
export function onlineColumnTypes(project: Project): { name: string; type: string }[] {
  return project.online.flatMap((source) => [
    ...source.fields.map((f) => ({ name: `${source.name}_${f.name}`, type: `DECIMAL(20,${f.places})` })),
    { name: `${source.name}_age_minutes`, type: 'INT' },
  ]);
}

/** The file of one source's captured calls, lines as in a recording's `online/<source>.ndjson`. */
export interface Capture {
  readonly source: OnlineSource;
  readonly path: string;
}

/**
 * The answer that counts for each customer in iteration `minute`: of the last valid 200 by `at`, then by line (contract, section 7); where this
 * minute has none, the one before while it is no older than `max_age`. A body that is not strict JSON with the declared rows is no answer; rows
 * of customers that were not asked for are left out.
 *
 * @param before a relation of `ANSWERS_SCHEMA`, of the iteration before
 */
export function answersSql(project: Project, minute: Micros, captures: readonly Capture[], before: string): string {
  const now = captures.map(
    ({ source, path }) => `SELECT source, r.key, ${minute} AS iteration, at, block, line, r.vals FROM (
    SELECT ${quoteLiteral(source.name)} AS source, at, block, line, explode(a.rows) AS r FROM (
      SELECT c.at, block, line, ${answeredSql(project, source)} AS a
      FROM (SELECT prlx_call(CAST(value AS BINARY)) AS c, _metadata.file_block_start AS block, monotonically_increasing_id() AS line FROM ${fileTable('text', path)} WHERE trim(value) <> '')
      WHERE c.status = 200))`,
  );
  const earlier = project.online.map(
    ({ name, maxAge }) =>
      `SELECT source, key, iteration, 0L AS at, 0L AS block, 0L AS line, vals FROM ${before} WHERE source = ${quoteLiteral(name)} AND iteration >= ${minute - BigInt(maxAge) * MICROS_PER_MINUTE}`,
  );
  return `SELECT source, key, n.iteration, CAST((${minute} - n.iteration) DIV ${MICROS_PER_MINUTE} AS INT) AS age, n.vals FROM (
  SELECT source, key, max_by(struct(iteration, vals), struct(iteration, at, block, line)) AS n FROM (
    ${[...now, ...earlier].join('\n    UNION ALL\n    ')}
  ) GROUP BY source, key
)`;
}

function answeredSql(project: Project, source: OnlineSource): string {
  return `prlx_answered(c.ids, c.body, ${quoteLiteral(answerSpec(source, project.key.type))})`;
}

/** Calls of each source: how many, how many of them gave a valid answer, and the rows in those of customers that were not asked for. */
export function callCountsSql(project: Project, captures: readonly Capture[]): string {
  const calls = captures.map(
    ({ source, path }) =>
      `SELECT ${quoteLiteral(source.name)} AS source, CASE WHEN c.status = 200 THEN ${answeredSql(project, source)} END AS a
FROM (SELECT prlx_call(CAST(value AS BINARY)) AS c FROM ${fileTable('text', path)} WHERE trim(value) <> '')`,
  );
  return `SELECT source, count(*) AS calls, count(a) AS valid, COALESCE(sum(a.unasked), 0) AS unasked
FROM (${calls.join('\nUNION ALL\n')}) GROUP BY source ORDER BY source`;
}

/**
 * The rows of the view `online`: for each source its fields and its age; null for a customer without an answer that may stand.
 *
 * @param population a relation with `key`
 * @param answers a relation of `ANSWERS_SCHEMA`, of this iteration
 */
export function onlineSql(project: Project, population: string, answers: string): string {
  const columns = project.online.flatMap((source, i) => [
    ...source.fields.map(
      (field, f) => `${scaledDecimal(`o${i}.vals[${f}]`, field.places)} AS ${quoteIdentifier(`${source.name}_${field.name}`)}`,
    ),
    `o${i}.age AS ${quoteIdentifier(`${source.name}_age_minutes`)}`,
  ]);
  const joins = project.online.map(
    (source, i) =>
      `LEFT JOIN (SELECT key, age, vals FROM ${answers} WHERE source = ${quoteLiteral(source.name)}) o${i} ON o${i}.key = p.key`,
  );
  return `SELECT ${[`${typedKey('p.key', project.key.type)} AS ${quoteIdentifier(project.key.name)}`, ...columns].join(', ')}
FROM ${population} p ${joins.join('\n')}`;
}
