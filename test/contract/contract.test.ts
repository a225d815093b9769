/** Goal: the oracle itself keeps the contract. Method: it runs every hand-checked scenario; no Spark. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { runOracle } from '../oracle/oracle.ts';
import { writeCase } from './case.ts';
import { Outputs } from './outputs.ts';
import { SCENARIOS } from './scenarios/index.ts';

describe.each(SCENARIOS)('the oracle on $name', (scenario) => {
  const directory = mkdtempSync(join(tmpdir(), 'parallax-contract-'));
  let out: Outputs;
  beforeAll(async () => {
    const { project, recording } = writeCase(scenario.case, directory);
    out = new Outputs(await runOracle(project, recording), scenario.keyName);
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  test.each(scenario.checks)('$rule', ({ verify }) => verify(out));
});
