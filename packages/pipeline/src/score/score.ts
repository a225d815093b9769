import { join } from 'node:path';
import {
  floorTo,
  formatMicros,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  type Micros,
  type Project,
  parseDay,
  quoteIdentifier,
} from '@parallax/core';
import { structToDdl } from '@parallax/spark-connect';
import type { Engine } from '../engine/engine.ts';
import { parquetView } from '../engine/relations.ts';
import { writeParquet } from '../engine/sql.ts';
import type { Attempt } from '../pipeline.ts';
import { prepareUserSql } from './user-sql.ts';

/**
 * Runs the user's `satisfaction.sql` over the views stream, batch, online, population and iteration, and keeps its rows: the folder `results`,
 * the view `satisfaction`. Whether they are sound is seen when their lines are written (`ResultCheck`).
 */
export async function scorePopulation(attempt: Attempt, batchDay: string | null, target = 'results'): Promise<void> {
  const { pipeline, engine, session, minute, folder } = attempt;
  const query = await resultsQuery(engine, pipeline.project, minute, batchDay);
  const results = join(folder, target);
  await session.command(writeParquet(results, query));
  await parquetView(session, 'satisfaction', structToDdl(await engine.schema(query)), [results]);
}

/** The query of the user's `satisfaction.sql`, over the views stream, batch, online and population that the session has, as of `minute`. */
export async function resultsQuery(engine: Engine, project: Project, minute: Micros, batchDay: string | null): Promise<string> {
  const { session } = engine;
  await session.command(`CREATE OR REPLACE TEMPORARY VIEW iteration AS ${iterationSql(minute, batchDay)}`);
  await engine.ensure('score', project.hash, async () => {
    await session.command(`CREATE OR REPLACE TEMPORARY VIEW prlx_satisfaction AS\n${prepareUserSql(project.satisfactionSql)}`);
  });
  return resultsSql(engine, project);
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
