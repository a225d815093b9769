import { MICROS_PER_MINUTE, type Micros, type OnlineSource, type Project, quoteLiteral } from '@parallax/core';
import { answerSpec } from '../engine/specs.ts';
import { fileTable } from '../engine/sql.ts';
import type { CallCount } from '../outcome.ts';

/**
 * Columns of `answers`, a row a source and bucket of customers: of each customer that was asked for within `max_age` minutes the newest answer with
 * the iteration that it is of, packed by `prlx_answers`; and the iteration `minute` whose answers these are. Those of a minute with a draft may lie in two folders:
 * in `answers-amended` are those that were asked for after it, each newer than any of its customer in `answers`.
 */
export const ANSWERS_SCHEMA = 'source STRING, bucket INT, minute BIGINT, answers BINARY';

/** Columns of `calls`, a row a captured call: what it learned, null where it counts as no answer. */
export const CALLS_SCHEMA = 'source STRING, learned STRUCT<unasked: INT, answers: ARRAY<STRUCT<bucket: INT, answers: BINARY>>>';

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

/** The bulk calls that a draft knows. */
export interface DraftedCalls {
  readonly calls: readonly CallCount[];
  /** Whether there is any answer that may stand: then the draft has the folder `answers`. */
  readonly answered: boolean;
}

/** Captured calls, and how many they are. */
export interface CountedCapture extends Capture {
  readonly calls: number;
}

/**
 * What each captured call learned, in the order of the file: a body that is not strict JSON with the declared rows is no answer; rows of customers
 * that were not asked for are left out.
 */
export function callsSql(project: Project, minute: Micros, captures: readonly Capture[], buckets: number): string {
  const calls = captures.map(
    ({ source, path }) => `SELECT ${quoteLiteral(source.name)} AS source,
  CASE WHEN c.status = 200 THEN prlx_asked(c.ids, c.body, ${minute}L, c.at, block, line, ${specOf(project, source, buckets)}) END AS learned
FROM (SELECT prlx_call(CAST(value AS BINARY)) AS c, _metadata.file_block_start AS block, monotonically_increasing_id() AS line FROM ${fileTable('text', path)} WHERE trim(value) <> '')`,
  );
  return calls.join('\nUNION ALL\n');
}

/**
 * The answer that counts for each customer in iteration `minute`: of the last valid 200 by `at`, then by line (contract, section 7); where this
 * minute has none, the one before while it is no older than `max_age`.
 *
 * @param calls a relation of `CALLS_SCHEMA`, of this minute
 * @param before a relation of `ANSWERS_SCHEMA`, of the iteration before; null: the calls alone, made when the minute's others had been packed
 */
export function answersSql(
  project: Project,
  minute: Micros,
  relations: { readonly calls: string; readonly before: string | null },
  buckets: number,
): string {
  const { calls, before } = relations;
  const order = before === null ? 1 : 0;
  return project.online
    .map((source) => {
      const name = quoteLiteral(source.name);
      const oldest = minute - BigInt(source.maxAge) * MICROS_PER_MINUTE;
      const parts = [
        `SELECT inline(learned.answers) FROM ${calls} WHERE source = ${name} AND learned IS NOT NULL`,
        ...(before === null ? [] : [`SELECT bucket, answers FROM ${before} WHERE source = ${name} AND answers IS NOT NULL`]),
      ];
      return `SELECT ${name} AS source, bucket, ${minute}L AS minute, prlx_answers(collect_list(answers), ${oldest}L, ${order}L, ${specOf(project, source, buckets)}) AS answers FROM (
  ${parts.join('\n  UNION ALL ')}
) GROUP BY bucket`;
    })
    .join('\nUNION ALL\n');
}

/** Calls of each source: how many, how many of them gave a valid answer, and the rows in those of customers that were not asked for. */
export function callCountsSql(calls: string): string {
  return `SELECT source, count(*) AS calls, count(learned) AS valid, COALESCE(sum(learned.unasked), 0) AS unasked FROM ${calls} GROUP BY source ORDER BY source`;
}

function specOf(project: Project, source: OnlineSource, buckets: number): string {
  return quoteLiteral(answerSpec(source, project.key.type, buckets));
}
