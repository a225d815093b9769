import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline as pipe } from 'node:stream/promises';
import { MICROS_PER_DAY, type Micros, type Project } from '@parallax/core';
import { type EngineProvider, runToCommit } from '../attempts.ts';
import type { BatchProgress } from '../batch/layer.ts';
import type { Engine } from '../engine/engine.ts';
import { StatePaths } from '../engine/paths.ts';
import { parquetView } from '../engine/relations.ts';
import { Ledger } from '../ledger/ledger.ts';
import { REPLAY_BUCKETS } from '../limits.ts';
import { windowLines } from '../lines/lines.ts';
import { writeLines } from '../lines/write-lines.ts';
import { LINE_FILES, linesFile, type MinuteOutcome } from '../outcome.ts';
import type { Pipeline } from '../pipeline.ts';
import { reclaimFiles } from '../reclaim.ts';
import { MEMBERS_SCHEMA } from '../window/population.ts';
import { WINDOWS_SCHEMA } from '../window/windows.ts';
import { csvReader } from './csv-reader.ts';
import { minutesOf, openRecording } from './recording.ts';
import { recordingSource } from './recording-source.ts';

export const REPLAY_FILES = ['events', 'windows', 'results', 'actions'] as const;
export type ReplayFile = (typeof REPLAY_FILES)[number];

export interface ReplayOptions {
  readonly recording: string;
  readonly project: Project;
  /** Gets `spark/events.ndjson`, `windows`, `results` and `actions`; files of an earlier replay are replaced at the end. */
  readonly out: string;
  /** An empty folder for state; the caller removes it. */
  readonly state: string;
  readonly engines: EngineProvider;
  readonly now: () => Micros;
  readonly signal?: AbortSignal;
  readonly onMinute?: (outcome: MinuteOutcome, done: number, of: number) => void;
  readonly onWarning?: (text: string) => void;
  readonly onBatchProgress?: (progress: BatchProgress) => void;
}

/**
 * Runs every iteration of a recording on Spark from an empty starting state and writes what the Spark side made of it.
 * The same recording gives the same bytes, also when the engine dies on the way.
 */
export async function replayOnSpark(options: ReplayOptions): Promise<void> {
  const { project } = options;
  const recording = await openRecording(options.recording, project);
  for (const file of recording.undeclared) options.onWarning?.(`the project declares no ${file.replace('.ndjson', '')}: left out`);
  const paths = new StatePaths(options.state);
  await mkdir(paths.root, { recursive: true });
  const ledger = Ledger.open(paths.ledger);
  try {
    ledger.takeLease('replay', options.now(), options.now() + MICROS_PER_DAY * 365n);
    for (const day of recording.days) ledger.registerDay(day, day.registered);
    const scratch = join(paths.root, 'scratch');
    const pipeline: Pipeline = {
      project,
      ledger,
      paths,
      source: recordingSource(recording, project, scratch),
      batch: csvReader(recording.directory, project, scratch),
      buckets: REPLAY_BUCKETS,
      ahead: null,
      now: options.now,
      ...(options.onBatchProgress === undefined ? {} : { onBatchProgress: options.onBatchProgress }),
    };
    const files = new OutputFiles(join(options.out, 'spark'));
    await files.open();
    try {
      let done = 0;
      for (const minute of minutesOf(recording)) {
        options.signal?.throwIfAborted();
        const outcome = await runToCommit(pipeline, options.engines, minute, (engine, committed) =>
          exportMinute(pipeline, engine, committed, files),
        );
        await files.keep();
        await reclaimFiles(pipeline, minute);
        done += 1;
        options.onMinute?.(outcome, done, recording.iterations);
      }
      await files.finish();
    } finally {
      await files.abandon();
    }
  } finally {
    ledger.close();
  }
}

/** Puts one committed minute's lines together as the outputs' pending part, from its beginning. */
async function exportMinute(pipeline: Pipeline, engine: Engine, outcome: MinuteOutcome, files: OutputFiles): Promise<void> {
  const { minute, folder } = outcome;
  await parquetView(engine.session, 'prlx_windows', WINDOWS_SCHEMA, [join(folder, 'windows')]);
  await parquetView(engine.session, 'prlx_members', MEMBERS_SCHEMA, [join(folder, 'members')]);
  await writeLines(files.part('windows'), windowLines(engine, pipeline.project, minute));
  for (const file of LINE_FILES) await copyFile(linesFile(folder, file), files.part(file));
}

/** The four outputs under construction: a minute's part is written apart and appended once all of it is there. */
class OutputFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await this.abandon();
    for (const file of REPLAY_FILES) await writeLines(this.#growing(file), []);
  }

  /** Where the pending minute's lines go. */
  part(file: ReplayFile): string {
    return join(this.#folder, `.${file}.part`);
  }

  async keep(): Promise<void> {
    for (const file of REPLAY_FILES) await pipe(createReadStream(this.part(file)), createWriteStream(this.#growing(file), { flags: 'a' }));
  }

  async finish(): Promise<void> {
    for (const file of REPLAY_FILES) await rename(this.#growing(file), join(this.#folder, `${file}.ndjson`));
  }

  async abandon(): Promise<void> {
    for (const file of REPLAY_FILES) {
      await rm(this.part(file), { force: true });
      await rm(this.#growing(file), { force: true });
    }
  }

  #growing(file: ReplayFile): string {
    return join(this.#folder, `.${file}.growing`);
  }
}
