/** Runs a small recording on a fake Spark side and by the alternative, and compares them minute by minute. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AlternativeReplay } from '@parallax/alternative';
import type { MinuteVerdict } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { type Case, writeCase } from '../../../test/contract/case.ts';
import { Reconciler } from '../src/reconciler.ts';
import { RecordingInputs } from '../src/recording-inputs.ts';
import type { AlternativeLookups } from '../src/sides.ts';
import { FakeSpark, type Tampering } from './fake-spark.ts';

/** What is other than it should be, beside the overlay. */
interface Changes extends Tampering {
  /** What the reconciler is told of the alternative. */
  readonly lookups?: (lookups: AlternativeLookups) => AlternativeLookups;
}

/**
 * The verdicts of all minutes. The overlay of the recording, if there is one, is the alternative's. Every other minute is compared by a reconciler that
 * begins anew with what the one before remembered.
 */
export async function compareBoth(test: Case, changes: Changes = {}): Promise<readonly MinuteVerdict[]> {
  const directory = await mkdtemp(join(tmpdir(), 'parallax-reconcile-test-'));
  try {
    const { project: projectFolder, recording } = writeCase(test, directory);
    const plain = Object.fromEntries(Object.entries(test.recording).filter(([path]) => !path.startsWith('overlay/')));
    const original = writeCase({ ...test, recording: plain }, join(directory, 'spark-reads')).recording;
    const project = await loadProject(projectFolder);
    const spark = await FakeSpark.open({ recording: original, project, folder: join(directory, 'spark-reads'), tampering: changes });
    const alternative = await AlternativeReplay.open({ recording, project, out: join(directory, 'out'), scratch: directory });
    const inputs = new RecordingInputs(recording, project);
    let reconciler = await Reconciler.open({ project, inputs });
    const told = changes.lookups ?? ((lookups: AlternativeLookups) => lookups);
    const verdicts: MinuteVerdict[] = [];
    for (const minute of alternative.minutes) {
      const ours = await spark.run(minute);
      await alternative.run(minute);
      verdicts.push(await reconciler.minute(ours, { lookups: told(alternative.alternative.lookups), lines: alternative.lines }));
      if (verdicts.length % 2 === 0) continue;
      const remembered = reconciler.remembered();
      reconciler.close();
      reconciler = await Reconciler.open({ project, inputs, remembered });
    }
    reconciler.close();
    await alternative.close();
    await spark.close();
    return verdicts;
  } finally {
    await rm(directory, { recursive: true });
  }
}
