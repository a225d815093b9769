import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MICROS_PER_DAY, type Micros, type Project } from '@parallax/core';
import { type EngineProvider, runToCommit } from '../attempts.ts';
import type { BatchProgress } from '../batch/layer.ts';
import { type IterationFolders, iterationFolders } from '../committed.ts';
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
import { OutputFiles } from './output-files.ts';
import { minutesOf, openRecording, type Recording } from './recording.ts';
import { recordingSource } from './recording-source.ts';

export interface SparkReplayOptions {
  readonly recording: string;
  readonly project: Project;
  /** Gets `spark/events.ndjson`, `windows`, `results` and `actions`; files of an earlier replay are replaced at the end. */
  readonly out: string;
  /** An empty folder for state; the caller removes it. */
  readonly state: string;
  readonly engines: EngineProvider;
  readonly now: () => Micros;
  readonly onWarning?: (text: string) => void;
  readonly onBatchProgress?: (progress: BatchProgress) => void;
}

/**
 * A recording on Spark, minute by minute, from an empty starting state: `run` each of `minutes` in order, then `finish`; `close` in any
 * case. The same recording gives the same bytes, also when the engine dies on the way.
 */
export class SparkReplay {
  readonly minutes: readonly Micros[];
  readonly #pipeline: Pipeline;
  readonly #engines: EngineProvider;
  readonly #files: OutputFiles;

  private constructor(recording: Recording, pipeline: Pipeline, engines: EngineProvider, files: OutputFiles) {
    this.minutes = [...minutesOf(recording)];
    this.#pipeline = pipeline;
    this.#engines = engines;
    this.#files = files;
  }

  /** Throws PRLX_RECORDING (exit code 2) when the folder holds no recording. */
  static async open(options: SparkReplayOptions): Promise<SparkReplay> {
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
      return new SparkReplay(recording, pipeline, options.engines, files);
    } catch (error) {
      ledger.close();
      throw error;
    }
  }

  /** Runs the minute after the last to its commit and keeps its lines. */
  async run(minute: Micros): Promise<MinuteOutcome> {
    const outcome = await runToCommit(this.#pipeline, this.#engines, minute, (engine, committed) => this.#export(engine, committed));
    await this.#files.keep();
    return outcome;
  }

  /** Where the minute's files are that `run` has just committed. */
  folders(outcome: MinuteOutcome): IterationFolders {
    return iterationFolders(this.#pipeline, outcome);
  }

  /** Removes, when the minute was looked at, what no later one needs. */
  async reclaim(minute: Micros): Promise<void> {
    await reclaimFiles(this.#pipeline, minute);
  }

  /** All minutes were run: the outputs get their names. */
  async finish(): Promise<void> {
    await this.#files.finish();
  }

  async close(): Promise<void> {
    try {
      await this.#files.abandon();
    } finally {
      this.#pipeline.ledger.close();
    }
  }

  /** Puts one committed minute's lines together as the outputs' pending part, from its beginning. */
  async #export(engine: Engine, { minute, folder }: MinuteOutcome): Promise<void> {
    const files = this.#files;
    await parquetView(engine.session, 'prlx_windows', WINDOWS_SCHEMA, [join(folder, 'windows')]);
    await parquetView(engine.session, 'prlx_members', MEMBERS_SCHEMA, [join(folder, 'members')]);
    await writeLines(files.part('windows'), windowLines(engine, this.#pipeline.project, minute));
    for (const file of LINE_FILES) await copyFile(linesFile(folder, file), files.part(file));
  }
}
