import { join } from 'node:path';
import { ParallaxError, quoteIdentifier } from '@parallax/core';
import type { JoinedBatch } from '../batch/join.ts';
import { parquetView } from '../engine/relations.ts';
import { typedKey, writeParquet } from '../engine/sql.ts';
import { type AcceptedEvents, openPanes } from '../ingest/accept.ts';
import { BASE_POPULATION_MAX } from '../limits.ts';
import type { Attempt } from '../pipeline.ts';
import { lastHourStart, populationFilter, streamViewSql, windowsSchema, windowsSql } from './windows.ts';

/** The windows of a minute: the folder `windows`, the views `prlx_windows` and `prlx_population` (key), `stream` and `population`. */
export interface MinuteWindows {
  readonly population: number;
  /** Customers with a window that are not in the base population. */
  readonly outsideBase: number;
}

/** Merges the panes of the last hour into both windows of every customer and finds the population. */
export async function mergeWindows(attempt: Attempt, events: AcceptedEvents, batch: JoinedBatch): Promise<MinuteWindows> {
  const { pipeline, engine, session, minute, folder } = attempt;
  const { project } = pipeline;
  if (project.population === 'base' && batch.baseCustomers > BASE_POPULATION_MAX) {
    throw new ParallaxError(
      'PRLX_POPULATION',
      `the population "base" has ${batch.baseCustomers} customers, more than ${BASE_POPULATION_MAX}`,
      {
        exitCode: 2,
        advice: 'Use population: window or touched.',
      },
    );
  }
  // An early event is accepted up to max_ahead (and the rest of its minute) before the iteration it belongs to.
  const panes = await openPanes(attempt, events, lastHourStart(minute) - project.maxAheadUs - 60_000_000n);
  const target = join(folder, 'windows');
  await session.command(writeParquet(target, windowsSql(project, minute, panes, 'prlx_base')));
  await parquetView(session, 'prlx_windows', windowsSchema(project), [target]);
  // These look `prlx_windows` up by name, so they are made once a session.
  await engine.ensure('windows', project.hash, async () => {
    await session.command(
      `CREATE OR REPLACE TEMPORARY VIEW prlx_population AS SELECT key FROM prlx_windows WHERE ${populationFilter(project)}`,
    );
    await session.command(
      `CREATE OR REPLACE TEMPORARY VIEW population AS SELECT ${typedKey('key', project.key.type)} AS ${quoteIdentifier(project.key.name)} FROM prlx_population`,
    );
    await session.command(`CREATE OR REPLACE TEMPORARY VIEW stream AS ${streamViewSql(project, 'prlx_windows')}`);
  });
  const [row] = await session.collect(
    `SELECT count_if(${populationFilter(project)}) AS population, count_if(NOT in_base) AS outside FROM prlx_windows`,
  );
  return { population: Number(row?.population ?? 0n), outsideBase: Number(row?.outside ?? 0n) };
}
