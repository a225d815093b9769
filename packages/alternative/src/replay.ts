import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Alternative, type AlternativeMinute } from './minute.ts';
import type { Project } from './names.ts';
import { LineFiles } from './output/line-files.ts';
import { loadLogic } from './score/logic.ts';
import { Recording } from './sources/recording/recording.ts';

export interface AlternativeReplayOptions {
  /** The folder that holds `recording.json`. */
  readonly recording: string;
  /** With its `alternative.ts`. */
  readonly project: Project;
  /** Gets `alternative/events.ndjson`, `windows`, `results` and `actions`; files of an earlier replay are replaced at the end. */
  readonly out: string;
  /** A folder for raw events and batch views while the replay runs; by default one of the system's temporary folders. */
  readonly scratch?: string;
  readonly signal?: AbortSignal;
  readonly onMinute?: (minute: AlternativeMinute, done: number, of: number) => void;
  readonly onWarning?: (text: string) => void;
}

/**
 * Runs every iteration of a recording by the alternative method, from an empty starting state. The same recording gives the same bytes.
 * Throws PRLX_RECORDING, PRLX_BATCH_COLUMN or PRLX_ALTERNATIVE (exit code 2) when recording or `alternative.ts` cannot be used.
 */
export async function replayAlternative(options: AlternativeReplayOptions): Promise<void> {
  const { project, signal } = options;
  const logic = await loadLogic(project);
  const sources = await Recording.open(options.recording, project);
  for (const name of await sources.undeclared()) options.onWarning?.(`the project declares no ${name}: left out`);
  const state = await mkdtemp(join(options.scratch ?? tmpdir(), 'parallax-alternative-'));
  const files = new LineFiles(join(options.out, 'alternative'));
  try {
    await files.open();
    const alternative = new Alternative({
      project,
      logic,
      sources,
      from: sources.from,
      state,
      ...(signal === undefined ? {} : { signal }),
    });
    await alternative.open();
    let done = 0;
    for (const minute of sources.minutes()) {
      signal?.throwIfAborted();
      const outcome = await alternative.run(minute, files);
      options.onMinute?.(outcome, ++done, sources.iterations);
    }
    await alternative.close();
    await files.finish();
  } finally {
    await files.abandon();
    await rm(state, { recursive: true, force: true });
  }
}
