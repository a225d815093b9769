/** Runs a small recording on a fake Spark side and by the alternative, and compares them minute by minute. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AlternativeReplay } from '@parallax/alternative';
import type { MinuteVerdict, Project } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { type Case, writeCase } from '../../../test/contract/case.ts';
import type { AheadFolders } from '../src/ahead/spark-ahead.ts';
import type { Canaries } from '../src/canaries/declared.ts';
import { Reconciler } from '../src/reconciler.ts';
import { RecordingInputs } from '../src/recording-inputs.ts';
import type { AlternativeLookups, AlternativeMinuteSide, SparkMinute } from '../src/sides.ts';
import { FakeSpark, type Tampering } from './fake-spark.ts';

/** What is other than it should be, beside the overlay. */
interface Changes extends Tampering {
  /** What the reconciler is told of the alternative. */
  readonly lookups?: (lookups: AlternativeLookups) => AlternativeLookups;
  /** Threads that compare windows. */
  readonly threads?: number;
  /** Has files looked at before the minute is compared; returns the minute as it is compared then. */
  readonly ahead?: (look: (folders: AheadFolders) => Promise<void>, spark: SparkMinute) => Promise<SparkMinute>;
}

/** Looks at both sides of a minute while they are there. */
export type See = (project: Project, spark: SparkMinute, alternative: AlternativeMinuteSide) => Promise<void>;

/**
 * The verdicts of all minutes. The overlay of the recording, if there is one, is the alternative's. Every other minute is compared by a reconciler that
 * begins anew with what the one before remembered.
 */
export async function compareBoth(
  test: Case,
  changes: Changes = {},
  declared?: Canaries,
  see: See = async () => undefined,
): Promise<readonly MinuteVerdict[]> {
  const directory = await mkdtemp(join(tmpdir(), 'parallax-reconcile-test-'));
  try {
    const { project: projectFolder, recording } = writeCase(test, directory);
    const plain = Object.fromEntries(Object.entries(test.recording).filter(([path]) => !path.startsWith('overlay/')));
    const original = writeCase({ ...test, recording: plain }, join(directory, 'spark-reads')).recording;
    const project = await loadProject(projectFolder);
    const spark = await FakeSpark.open({ recording: original, project, folder: join(directory, 'spark-reads'), tampering: changes });
    const alternative = await AlternativeReplay.open({ recording, project, out: join(directory, 'out'), scratch: directory });
    const [first = 0n] = alternative.minutes;
    const options = {
      project,
      inputs: new RecordingInputs(recording, project),
      ...(declared === undefined ? {} : { canaries: { declared, first } }),
      ...(changes.threads === undefined ? {} : { threads: changes.threads }),
    };
    let reconciler = await Reconciler.open(options);
    const told = changes.lookups ?? ((lookups: AlternativeLookups) => lookups);
    const verdicts: MinuteVerdict[] = [];
    for (const minute of alternative.minutes) {
      const written = await spark.run(minute);
      await alternative.run(minute);
      const theirs = { lookups: told(alternative.alternative.lookups), lines: alternative.lines };
      const look = (folders: AheadFolders) => reconciler.ahead(minute, folders, theirs.lookups);
      const ours = (await changes.ahead?.(look, written)) ?? written;
      verdicts.push(await reconciler.minute(ours, theirs));
      await see(project, ours, theirs);
      if (verdicts.length % 2 === 0) continue;
      const remembered = reconciler.remembered();
      await reconciler.close();
      reconciler = await Reconciler.open({ ...options, remembered });
    }
    await reconciler.close();
    await alternative.close();
    await spark.close();
    return verdicts;
  } finally {
    await rm(directory, { recursive: true });
  }
}
