import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Micros } from '@parallax/core';
import { Alternative, type AlternativeMinute } from './minute.ts';
import type { Project } from './names.ts';
import { CollectedFiles } from './output/collected-files.ts';
import { LineFiles } from './output/line-files.ts';
import { loadLogic } from './score/logic.ts';
import { Recording } from './sources/recording/recording.ts';
import type { Sources } from './sources/source.ts';

export interface AlternativeReplayOptions {
  /** The folder that holds `recording.json`. */
  readonly recording: string;
  /** With its `alternative.ts`. */
  readonly project: Project;
  /** Gets `alternative/events.ndjson`, `windows`, `results` and `actions`; files of an earlier replay are replaced at the end. */
  readonly out: string;
  /** A folder for raw events and batch views while the replay runs; by default one of the system's temporary folders. */
  readonly scratch?: string;
  /** What is read in the recording's place, by default the recording itself. */
  readonly sources?: (recording: Sources) => Sources;
  readonly signal?: AbortSignal;
  readonly onWarning?: (text: string) => void;
}

/**
 * A recording by the alternative method, minute by minute, from an empty starting state: `run` each of `minutes` in order, then `finish`;
 * `close` in any case. The same recording gives the same bytes.
 */
export class AlternativeReplay {
  readonly minutes: readonly Micros[];
  /** What it knows of the minute that was run last. */
  readonly alternative: Alternative;
  readonly #state: string;
  readonly #files: CollectedFiles;

  private constructor(minutes: readonly Micros[], alternative: Alternative, state: string, files: CollectedFiles) {
    this.minutes = minutes;
    this.alternative = alternative;
    this.#state = state;
    this.#files = files;
  }

  /** Throws PRLX_RECORDING or PRLX_ALTERNATIVE (exit code 2) when recording or `alternative.ts` cannot be used. */
  static async open(options: AlternativeReplayOptions): Promise<AlternativeReplay> {
    const { project, signal } = options;
    const logic = await loadLogic(project);
    const recorded = await Recording.open(options.recording, project);
    for (const name of await recorded.undeclared()) options.onWarning?.(`the project declares no ${name}: left out`);
    const state = await mkdtemp(join(options.scratch ?? tmpdir(), 'parallax-alternative-'));
    try {
      const { from } = recorded;
      const sources = options.sources?.(recorded) ?? recorded;
      const alternative = new Alternative({ project, logic, sources, from, state, ...(signal === undefined ? {} : { signal }) });
      await alternative.open();
      const files = new CollectedFiles(join(options.out, 'alternative'));
      await files.open();
      return new AlternativeReplay([...recorded.minutes()], alternative, state, files);
    } catch (error) {
      await rm(state, { recursive: true, force: true });
      throw error;
    }
  }

  /** The folder with the lines of the minute that was run last: `events.ndjson`, `windows`, `results` and `actions`. */
  get lines(): string {
    return join(this.#state, 'lines');
  }

  /** Runs the minute after the last and keeps its lines. Throws PRLX_BATCH_COLUMN, PRLX_RECORDING or PRLX_ALTERNATIVE. */
  async run(minute: Micros): Promise<AlternativeMinute> {
    const lines = new LineFiles(this.lines);
    await lines.open();
    const outcome = await this.alternative.run(minute, lines);
    await lines.finish();
    await this.#files.keep(lines);
    return outcome;
  }

  /** All minutes were run: the outputs get their names. */
  async finish(): Promise<void> {
    await this.#files.finish();
  }

  async close(): Promise<void> {
    await this.#files.abandon();
    await this.alternative.close();
    await rm(this.#state, { recursive: true, force: true });
  }
}
