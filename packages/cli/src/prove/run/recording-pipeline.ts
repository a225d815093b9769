import { join } from 'node:path';
import { MICROS_PER_DAY, type Project } from '@parallax/core';
import { Ledger, type Pipeline, type StatePaths, systemClock } from '@parallax/pipeline';
import { REPLAY_BUCKETS } from '@parallax/pipeline/limits.ts';
import { csvReader } from '@parallax/pipeline/replay/csv-reader.ts';
import { openRecording } from '@parallax/pipeline/replay/recording.ts';
import { recordingSource } from '@parallax/pipeline/replay/recording-source.ts';

/** The Spark side on a recording, over a ledger and a state that may have minutes already. */
export async function recordingPipeline(project: Project, recording: string, ledger: Ledger, paths: StatePaths): Promise<Pipeline> {
  const scratch = join(paths.root, 'scratch');
  return {
    project,
    ledger,
    paths,
    source: recordingSource(await openRecording(recording, project), project, scratch),
    batch: csvReader(recording, project, scratch),
    buckets: REPLAY_BUCKETS,
    keepAll: true,
    ahead: null,
    now: () => systemClock.now(),
  };
}

/** Opens a ledger as its one writer. */
export function openLedger(file: string): Ledger {
  const ledger = Ledger.open(file);
  ledger.takeLease('prove', systemClock.now(), systemClock.now() + MICROS_PER_DAY * 365n);
  return ledger;
}
