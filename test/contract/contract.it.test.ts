/**
 * Goal: the Spark side keeps the contract, and the comparison says so. Method: `parallax replay --side both` of every hand-checked scenario; each
 * rule's values were worked out by hand, then every line is compared with the oracle too, and every minute's verdict with whether the
 * alternative was given the same inputs.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withAlternative } from '../alternative/support.ts';
import { compareOutputs, formatDifferences, readOutputs } from '../oracle/compare.ts';
import { runOracle } from '../oracle/oracle.ts';
import { replayBoth } from '../replay-adapter.ts';
import { writeCase } from './case.ts';
import { Outputs } from './outputs.ts';
import { SCENARIOS } from './scenarios/index.ts';

const REPLAY_MS_MAX = 600_000;

describe.each(SCENARIOS)('Spark on $name', (scenario) => {
  const directory = mkdtempSync(join(tmpdir(), 'parallax-contract-'));
  const spark = join(directory, 'out', 'spark');
  const isOverlaid = Object.keys(scenario.case.recording).some((path) => path.startsWith('overlay/alternative/'));
  let out: Outputs;
  let matches = false;
  beforeAll(async () => {
    const { project, recording } = writeCase(withAlternative(scenario.case), directory);
    matches = await replayBoth(recording, project, join(directory, 'out'));
    out = new Outputs(readOutputs(spark), scenario.keyName);
  }, REPLAY_MS_MAX);
  afterAll(() => rmSync(directory, { recursive: true }));
  test.each(scenario.checks)('$rule', ({ verify }) => verify(out));
  test('the verdict is match where both sides were given the same, input_divergence elsewhere', () => {
    const verdicts = readFileSync(join(directory, 'out', 'verdicts.ndjson'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { verdict: string }).verdict);
    expect(new Set(verdicts)).toEqual(new Set([isOverlaid ? 'input_divergence' : 'match']));
    expect(matches).toBe(!isOverlaid);
  });
  test('every line is the oracle’s', async () => {
    const expected = await runOracle(join(directory, 'project'), join(directory, 'recording'));
    expect(formatDifferences(compareOutputs(expected, readOutputs(spark)))).toBe('');
  });
});
