/** Runs one case on both sides and says where they differ. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Case, writeCase } from '../contract/case.ts';
import { compareOutputs, type Difference, readOutputs } from '../oracle/compare.ts';
import { type Output, runOracle } from '../oracle/oracle.ts';
import { replay } from '../replay-adapter.ts';

export interface Checked {
  readonly differences: readonly Difference[];
  readonly expected: Readonly<Record<Output, string>>;
  readonly actual: Readonly<Record<Output, string>>;
}

/** Replays the case on Spark, computes it with the oracle, compares every byte. */
export async function check(test: Case): Promise<Checked> {
  const directory = mkdtempSync(join(tmpdir(), 'parallax-property-'));
  try {
    const { project, recording } = writeCase(test, directory);
    await replay(recording, project, join(directory, 'out'));
    const expected = await runOracle(project, recording);
    const actual = readOutputs(join(directory, 'out', 'spark'));
    return { differences: compareOutputs(expected, actual), expected, actual };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
