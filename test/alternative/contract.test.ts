/**
 * Goal: the alternative keeps the contract by itself. Method: every hand-checked scenario, first by the values that were worked out by hand, then
 * every byte by the oracle. `overlay/alternative` is taken out for that, and has its own test.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { Outputs } from '../contract/outputs.ts';
import { SCENARIOS } from '../contract/scenarios/index.ts';
import { formatDifferences } from '../oracle/compare.ts';
import { compareWithOracle, withOverlay } from './support.ts';

describe.each(SCENARIOS)('the alternative on $name', (scenario) => {
  let out: Outputs;
  let differences = 'not compared';
  beforeAll(async () => {
    const recording = withOverlay(scenario.case.recording, 'alternative', null);
    const compared = await compareWithOracle({ ...scenario.case, recording });
    out = new Outputs(compared.outputs, scenario.keyName);
    differences = formatDifferences(compared.differences);
  });
  test.each(scenario.checks)('$rule', ({ verify }) => verify(out));
  test('every line is the oracle’s', () => expect(differences).toBe(''));
});

test('overlay/alternative replaces files for this side', async () => {
  const scenario = SCENARIOS.find(({ case: { recording } }) =>
    Object.keys(recording).some((path) => path.startsWith('overlay/alternative/')),
  );
  if (scenario === undefined) throw new Error('no scenario has an overlay');
  const overlaid = await compareWithOracle(scenario.case);
  expect(overlaid.differences).not.toEqual([]);
  // The oracle reads overlay/spark: with the files moved there, both read the same.
  const moved = withOverlay(scenario.case.recording, 'alternative', 'spark');
  const spark = await compareWithOracle({ ...scenario.case, recording: moved });
  expect(overlaid.outputs).toEqual(spark.expected);
});
