import { join } from 'node:path';
import {
  floorTo,
  formatMicros,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  type Micros,
  ParallaxError,
  type Project,
  parseDay,
  quoteIdentifier,
  type Seal,
} from '@parallax/core';
import { type SparkSession, structToDdl } from '@parallax/spark-connect';
import { batchUserViewSql, type JoinedBatch } from '../batch/join.ts';
import type { Engine } from '../engine/engine.ts';
import { parquetView } from '../engine/relations.ts';
import { writeParquet } from '../engine/sql.ts';
import type { JoinedOnline } from '../online/join.ts';
import type { SatisfactionSummary } from '../outcome.ts';
import type { Attempt } from '../pipeline.ts';
import type { Population } from '../window/population.ts';
import { prepareUserSql } from './user-sql.ts';

/** The scored population: the folder `results` and the view `satisfaction`. */
export interface ScoredPopulation {
  readonly summary: SatisfactionSummary;
}

/** Runs the user's `satisfaction.sql` over the views stream, batch, online, population and iteration, and keeps its rows. */
export async function scorePopulation(
  attempt: Attempt,
  seal: Seal,
  _population: Population,
  _batch: JoinedBatch,
  _online: JoinedOnline,
): Promise<ScoredPopulation> {
  const { pipeline, engine, session, minute, folder } = attempt;
  const { project } = pipeline;
  await session.command(`CREATE OR REPLACE TEMPORARY VIEW iteration AS ${iterationSql(minute, seal.batch?.day ?? null)}`);
  await engine.ensure('score', project.hash, async () => {
    await session.command(`CREATE OR REPLACE TEMPORARY VIEW batch AS ${batchUserViewSql(attempt)}`);
    await session.command(`CREATE OR REPLACE TEMPORARY VIEW prlx_satisfaction AS\n${prepareUserSql(project.satisfactionSql)}`);
  });
  const query = await resultsSql(engine, project);
  const results = join(folder, 'results');
  await session.command(writeParquet(results, query));
  await parquetView(session, 'satisfaction', structToDdl(await engine.schema(query)), [results]);
  return { summary: await summarize(session, project) };
}

/** The view `iteration`: one row (contract, section 6). */
export function iterationSql(minute: Micros, batchDay: string | null): string {
  const age = batchDay === null ? 'CAST(NULL AS INT)' : `${dayNumber(minute) - dayNumber(parseDay(batchDay) ?? 0n)}`;
  const day = batchDay === null ? 'CAST(NULL AS DATE)' : `DATE '${batchDay}'`;
  return `SELECT TIMESTAMP '${formatMicros(minute)}' AS minute, TIMESTAMP '${formatMicros(floorTo(minute, MICROS_PER_HOUR))}' AS hour_start, ${day} AS batch_day, ${age} AS batch_age_days`;
}

function dayNumber(time: Micros): bigint {
  return floorTo(time, MICROS_PER_DAY) / MICROS_PER_DAY;
}

/** The user's rows with the key first, then the satisfaction as DECIMAL(5,2), then the rest as the SQL orders it. */
async function resultsSql(engine: Engine, project: Project): Promise<string> {
  const schema = await engine.schema('SELECT * FROM prlx_satisfaction');
  const rest = schema.fields.map((f) => f.name).filter((name) => !sameName(name, project.key.name) && !sameName(name, 'satisfaction'));
  return `SELECT ${[quoteIdentifier(project.key.name), 'CAST(satisfaction AS DECIMAL(5,2)) AS satisfaction', ...rest.map(quoteIdentifier)].join(', ')} FROM prlx_satisfaction`;
}

/** Spark compares column names without case. */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

async function summarize(session: SparkSession, project: Project): Promise<SatisfactionSummary> {
  const key = quoteIdentifier(project.key.name);
  const bins = Array.from(
    { length: 10 },
    (_, i) => `count_if(satisfaction >= ${i * 10} AND ${i === 9 ? 'true' : `satisfaction < ${(i + 1) * 10}`}) AS bin${i}`,
  );
  const [row] = await session.collect(`SELECT count(*) AS n, count(DISTINCT ${key}) AS keys, count_if(${key} IS NULL) AS no_key,
  count_if(satisfaction < 0 OR satisfaction > 100) AS outside, min(CASE WHEN satisfaction < 0 OR satisfaction > 100 THEN ${key} END) AS example,
  count(satisfaction) AS scored, CAST(CAST(prlx_div(sum(satisfaction), count(satisfaction), 4) AS DECIMAL(9,4)) AS STRING) AS mean,
  transform(percentile(satisfaction, array(0.1D, 0.5D, 0.9D)), p -> CAST(CAST(p AS DECIMAL(7,2)) AS STRING)) AS percentiles, ${bins.join(', ')}
FROM satisfaction`);
  if (row === undefined) throw new ParallaxError('PRLX_RESULTS', 'the results could not be summarised');
  const n = Number(row.n);
  if (Number(row.no_key) > 0 || Number(row.keys) !== n) {
    throw new ParallaxError(
      'PRLX_RESULTS',
      `satisfaction.sql returned ${n} rows for ${Number(row.keys)} customers${Number(row.no_key) > 0 ? `, ${Number(row.no_key)} of them without a key` : ''}`,
      {
        exitCode: 2,
        advice: 'It must return one row a customer; look for a join that multiplies rows.',
      },
    );
  }
  if (Number(row.outside) > 0) {
    throw new ParallaxError(
      'PRLX_RESULTS',
      `satisfaction.sql gave ${Number(row.outside)} customers a satisfaction outside 0–100, ${String(row.example)} among them`,
      {
        exitCode: 2,
        advice: 'Bound it: GREATEST(0, LEAST(100, …)).',
      },
    );
  }
  const percentiles = Array.isArray(row.percentiles) ? row.percentiles.map(String) : [null, null, null];
  return {
    scored: Number(row.scored),
    mean: row.mean === null ? null : String(row.mean),
    p10: percentiles[0] ?? null,
    p50: percentiles[1] ?? null,
    p90: percentiles[2] ?? null,
    histogram: bins.map((_, i) => Number(row[`bin${i}`])),
  };
}
