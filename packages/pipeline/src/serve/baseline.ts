import { dirname, join } from 'node:path';
import { MICROS_PER_MINUTE, type Micros, ParallaxError, type Project, quoteIdentifier } from '@parallax/core';
import { batchViewTypes } from '../batch/columns.ts';
import { openRows } from '../batch/join.ts';
import type { Engine } from '../engine/engine.ts';
import { fileTable, typedKey, writeParquet } from '../engine/sql.ts';
import type { Baseline, BatchView, RegisteredDay } from '../ledger/ledger.ts';
import { onlineColumnTypes } from '../online/answers.ts';
import { resultsQuery } from '../score/score.ts';
import { columnType, streamColumns } from '../window/columns.ts';

/** The first minute that uses a day: the first whose seal is at least `settle` after the registration. */
export function firstMinuteOf(project: Pick<Project, 'settleUs' | 'graceUs'>, registered: Micros): Micros {
  const earliest = registered + project.settleUs - project.graceUs - MICROS_PER_MINUTE;
  const minutes = earliest / MICROS_PER_MINUTE;
  return (minutes * MICROS_PER_MINUTE < earliest ? minutes + 1n : minutes) * MICROS_PER_MINUTE;
}

/**
 * Scores the whole base population by the project's `satisfaction.sql` with a day's batch rows, no stream and no online answer (contract, section
 * 7): what is served of a customer that no iteration of the day has scored. Replaces the session's views, so it wants a session of its own.
 *
 * @throws ParallaxError PRLX_RESULTS when the SQL multiplies or loses customers, or a satisfaction is outside 0–100
 */
export async function makeBaseline(engine: Engine, project: Project, day: RegisteredDay, view: BatchView): Promise<Baseline> {
  const { session } = engine;
  const minute = firstMinuteOf(project, day.registered);
  await openRows(engine, project, view, view.folder);
  for (const [name, sql] of baselineViews(project, view)) await session.command(`CREATE OR REPLACE TEMPORARY VIEW ${name} AS ${sql}`);
  const folder = join(dirname(view.folder), 'baseline');
  const key = quoteIdentifier(project.key.name);
  // Within a file by key, so that one customer's row is found by the statistics of its row groups.
  await session.command(writeParquet(folder, `SELECT * FROM (\n${await resultsQuery(engine, project, minute, day.day)}\n) SORT BY ${key}`));
  const [row] = await session.collect(
    `SELECT count(*) AS n, count(DISTINCT ${key}) AS customers, count_if(satisfaction < 0 OR satisfaction > 100) AS outside FROM ${fileTable('parquet', folder)}`,
  );
  const [n, customers, outside] = [Number(row?.n ?? 0n), Number(row?.customers ?? 0n), Number(row?.outside ?? 0n)];
  if (n !== customers || outside > 0)
    throw new ParallaxError(
      'PRLX_RESULTS',
      `satisfaction.sql gave ${n} rows for ${customers} customers of the base on the day ${day.day}, ${outside} of them outside 0–100`,
      { exitCode: 2, advice: 'It must give each customer one row, also one without any event and online answer.' },
    );
  return { folder, customers, projectHash: project.hash, minute: String(minute) };
}

/** The views that the user's SQL sees when there is nothing but the batch: each has exactly the base's rows. */
function baselineViews(project: Project, view: BatchView): readonly (readonly [name: string, sql: string])[] {
  const keyed = `${typedKey('key', project.key.type)} AS ${quoteIdentifier(project.key.name)}`;
  const over = (columns: readonly string[]) => `SELECT ${[keyed, ...columns].join(', ')} FROM prlx_batch`;
  const stream = streamColumns(project).map((c) =>
    c.places === null ? `0L AS ${quoteIdentifier(c.name)}` : `CAST(NULL AS ${columnType(c)}) AS ${quoteIdentifier(c.name)}`,
  );
  const taken = new Set(view.taken);
  const declared = new Set(project.batch.flatMap(({ tables }) => tables.flatMap((t) => t.columns.map((c) => `${t.name}_${c.name}`))));
  const batch = batchViewTypes(project).flatMap(({ name }) => (declared.has(name) && !taken.has(name) ? [] : [quoteIdentifier(name)]));
  const online = onlineColumnTypes(project).map(({ name, type }) => `CAST(NULL AS ${type}) AS ${quoteIdentifier(name)}`);
  return [
    ['population', over([])],
    ['stream', over(stream)],
    ['batch', over(batch)],
    ['online', over(online)],
  ];
}
