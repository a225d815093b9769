/**
 * Goal: the Spark side keeps the contract. Method: `parallax replay` of every hand-checked scenario; each rule's values were worked out by
 * hand, and then every line is compared with the oracle too.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareOutputs, formatDifferences, readOutputs } from '../oracle/compare.ts';
import { runOracle } from '../oracle/oracle.ts';
import { replay } from '../replay-adapter.ts';
import { writeCase } from './case.ts';
import { Outputs } from './outputs.ts';
import { SCENARIOS } from './scenarios/index.ts';

const REPLAY_MS_MAX = 600_000;

describe.each(SCENARIOS)('Spark on $name', (scenario) => {
  const directory = mkdtempSync(join(tmpdir(), 'parallax-contract-'));
  const spark = join(directory, 'out', 'spark');
  let out: Outputs;
  beforeAll(async () => {
    const { project, recording } = writeCase(scenario.case, directory);
    await replay(recording, project, join(directory, 'out'));
    out = new Outputs(readOutputs(spark), scenario.keyName);
  }, REPLAY_MS_MAX);
  afterAll(() => rmSync(directory, { recursive: true }));
  test.each(scenario.checks)('$rule', ({ verify }) => verify(out));
  test('every line is the oracle’s', async () => {
    const expected = await runOracle(join(directory, 'project'), join(directory, 'recording'));
    expect(formatDifferences(compareOutputs(expected, readOutputs(spark)))).toBe('');
  });
});
