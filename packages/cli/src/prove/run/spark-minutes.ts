import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Micros } from '@parallax/core';
import { type Engine, type IterationFolders, iterationFolders, type MinuteOutcome, type Pipeline, runToCommit } from '@parallax/pipeline';
import { parquetView } from '@parallax/pipeline/engine/relations.ts';
import { windowLines } from '@parallax/pipeline/lines/lines.ts';
import { linesFile } from '@parallax/pipeline/outcome.ts';
import { MEMBERS_SCHEMA } from '@parallax/pipeline/window/population.ts';
import { WINDOWS_SCHEMA } from '@parallax/pipeline/window/windows.ts';
import type { MinuteLines } from './lines.ts';

/** A committed minute of the Spark side, and what it said. */
export interface SparkMinute {
  readonly outcome: MinuteOutcome;
  readonly lines: MinuteLines;
  /** Where its state is. */
  readonly folders: IterationFolders;
}

/** Runs one minute to its commit and reads back what it said. Throws what the pipeline throws. */
export async function runSparkMinute(pipeline: Pipeline, engine: Engine, minute: Micros): Promise<SparkMinute> {
  const engines = {
    engine: async () => engine,
    lost: async (_engine: Engine, cause: unknown) => {
      throw cause;
    },
  };
  const outcome = await runToCommit(pipeline, engines, minute);
  return { outcome, lines: await linesOfMinute(pipeline, engine, outcome), folders: iterationFolders(pipeline, outcome) };
}

async function linesOfMinute(pipeline: Pipeline, engine: Engine, { minute, folder }: MinuteOutcome): Promise<MinuteLines> {
  await parquetView(engine.session, 'prlx_windows', WINDOWS_SCHEMA, [join(folder, 'windows')]);
  await parquetView(engine.session, 'prlx_members', MEMBERS_SCHEMA, [join(folder, 'members')]);
  const windows: string[] = [];
  for await (const line of windowLines(engine, pipeline.project, minute)) windows.push(line);
  const [events, results, actions] = await Promise.all(
    (['events', 'results', 'actions'] as const).map((file) => readFile(linesFile(folder, file), 'utf8')),
  );
  return { events: events ?? '', windows: windows.join(''), results: results ?? '', actions: actions ?? '' };
}
