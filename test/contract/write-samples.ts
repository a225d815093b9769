/** `node test/contract/write-samples.ts DIR`: writes every scenario to DIR/<name>/{project,recording} with the oracle's files in oracle/. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OUTPUTS, runOracle } from '../oracle/oracle.ts';
import { writeCase } from './case.ts';
import { SCENARIOS } from './scenarios/index.ts';

const [root] = process.argv.slice(2);
if (root === undefined) throw new Error('usage: node test/contract/write-samples.ts DIR');
for (const scenario of SCENARIOS) {
  const directory = join(root, scenario.name);
  const { project, recording } = writeCase(scenario.case, directory);
  const texts = await runOracle(project, recording);
  mkdirSync(join(directory, 'oracle'), { recursive: true });
  for (const output of OUTPUTS) writeFileSync(join(directory, 'oracle', `${output}.ndjson`), texts[output]);
  console.log(directory);
}
