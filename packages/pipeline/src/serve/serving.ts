import { join } from 'node:path';
import { formatMicros, type Micros, quoteIdentifier, quoteLiteral } from '@parallax/core';
import type { SparkSession } from '@parallax/spark-connect';
import { AMENDED, amendedPart } from '../draft/whole.ts';
import { fileTable, literalPath } from '../engine/sql.ts';
import type { Layers } from './layers.ts';

/** The iteration that a served result is of. */
const OF_MINUTE = 'prlx_minute';

/** Columns of the view `serving` beside the key and those of `satisfaction.sql`. */
export const SERVED_COLUMNS = ['served_from', 'served_minute', 'served_age_minutes', 'served_batch_day', 'served_verdict'] as const;

/** The columns of the results, the key first. */
export async function servedColumns(session: SparkSession, { baseline }: Layers): Promise<readonly string[]> {
  const schema = await session.schema(`SELECT * FROM ${fileTable('parquet', baseline.folder)}`);
  return schema.fields.map(({ name }) => name);
}

/** A query of the newest result of each customer that an iteration has scored: the results' columns, then `prlx_minute`. Null: there is none. */
export async function newestSql(
  session: SparkSession,
  { overlay, iterations }: Pick<Layers, 'overlay' | 'iterations'>,
  columns: readonly string[],
): Promise<string | null> {
  const all = columns.map(quoteIdentifier);
  const parts = overlay === null ? [] : [`SELECT ${[...all, OF_MINUTE].join(', ')} FROM ${fileTable('parquet', overlay.folder)}`];
  if (iterations.length > 0) parts.push(...(await scoredSql(session, iterations, all)));
  if (parts.length === 0) return null;
  return `SELECT inline(array(newest)) FROM (
  SELECT max_by(struct(${[...all, OF_MINUTE].join(', ')}), ${OF_MINUTE}) AS newest FROM (
    ${parts.join('\n    UNION ALL\n    ')}
  ) GROUP BY ${all[0]}
)`;
}

/** An iteration's folder is named by its minute: …/iterations/20260105T100000Z/… */
const MINUTE_OF_FILE = `to_timestamp(regexp_extract(input_file_name(), 'iterations/([0-9]+T[0-9]+)Z/', 1), "yyyyMMdd'T'HHmmss")`;

/** Queries that together give the results of all iterations, `columns` and `prlx_minute`. */
async function scoredSql(session: SparkSession, iterations: Layers['iterations'], columns: readonly string[]): Promise<string[]> {
  const open = (view: string, of: Layers['iterations'], part: string) =>
    session.createSourceView(view, { format: 'parquet', paths: of.map(({ folder }) => literalPath(join(folder, part))) });
  const rows = (view: string) => `SELECT ${columns.join(', ')}, ${MINUTE_OF_FILE} AS ${OF_MINUTE} FROM ${view}`;
  await open('prlx_iterations', iterations, 'results');
  const amended = iterations.filter((each) => each.amended);
  if (amended.length === 0) return [rows('prlx_iterations')];
  await open('prlx_iterations_amended', amended, amendedPart('results'));
  await open('prlx_amended_customers', amended, AMENDED);
  // What a draft had of customers who were done again does not count.
  const again = `SELECT explode(prlx_key_list(keys)) AS key, ${OF_MINUTE} FROM (SELECT keys, ${MINUTE_OF_FILE} AS ${OF_MINUTE} FROM prlx_amended_customers)`;
  return [
    `SELECT d.* FROM (${rows('prlx_iterations')}) d LEFT ANTI JOIN (${again}) a ON a.key = CAST(d.${columns[0]} AS STRING) AND a.${OF_MINUTE} = d.${OF_MINUTE}`,
    rows('prlx_iterations_amended'),
  ];
}

/**
 * What is served of every base customer: the newest iteration's result over the baseline's (contract, section 7). The results' columns, then
 * {@link SERVED_COLUMNS}: `baseline` or `iteration`, the minute, its age at the newest committed minute, the batch day, the minute's verdict.
 *
 * @param newest of {@link newestSql}
 * @param verdicts of minutes; one that has none yet, and the baseline, have null
 */
export function servingSql(
  layers: Layers,
  columns: readonly string[],
  newest: string | null,
  verdicts: ReadonlyMap<Micros, string>,
): string {
  const { baseline, day, minute } = layers;
  const [key = '', ...rest] = columns.map(quoteIdentifier);
  const now = `TIMESTAMP '${formatMicros(minute)}'`;
  const from = `TIMESTAMP '${formatMicros(BigInt(baseline.minute))}'`;
  const given = [...verdicts].map(([at, verdict]) => `(TIMESTAMP '${formatMicros(at)}', ${quoteLiteral(verdict)})`);
  const scored = `n.${OF_MINUTE} IS NOT NULL`;
  const selected = [
    `b.${key}`,
    ...rest.map((column) => `IF(${scored}, n.${column}, b.${column}) AS ${column}`),
    `IF(${scored}, 'iteration', 'baseline') AS served_from`,
    `COALESCE(n.${OF_MINUTE}, ${from}) AS served_minute`,
    `CAST(timestampdiff(MINUTE, COALESCE(n.${OF_MINUTE}, ${from}), ${now}) AS INT) AS served_age_minutes`,
    `DATE '${day.day}' AS served_batch_day`,
    'v.verdict AS served_verdict',
  ];
  return `SELECT ${selected.join(', ')}
FROM ${fileTable('parquet', baseline.folder)} b
LEFT JOIN (${newest ?? `SELECT *, CAST(NULL AS TIMESTAMP) AS ${OF_MINUTE} FROM ${fileTable('parquet', baseline.folder)} WHERE false`}) n ON n.${key} = b.${key}
LEFT JOIN (${given.length === 0 ? 'SELECT CAST(NULL AS TIMESTAMP) AS minute, CAST(NULL AS STRING) AS verdict' : `SELECT * FROM VALUES ${given.join(', ')} AS t(minute, verdict)`}) v ON v.minute = n.${OF_MINUTE}`;
}
