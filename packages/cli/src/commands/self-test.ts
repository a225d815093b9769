import { ParallaxError } from '@parallax/core';
import type { Command } from 'commander';
import { runSteps } from '../self-test/run-steps.ts';
import { STEP_NAMES, type StepName, steps } from '../self-test/steps.ts';
import { untilStopped } from '../until-stopped.ts';

interface SelfTestFlags {
  only?: string;
}

/** `self-test`: what `npm test` runs. Its last line is `N passed, N failed`, over everything. */
export function register(program: Command): void {
  program
    .command('self-test', { hidden: true })
    .description(
      'lint, types, Java tests, then unit, property and integration tests (on the real services); the sum stands in the last line',
    )
    .argument('[files...]', 'only tests in files whose path contains one of these; lint, types and Java are left out then')
    .option('--only <steps>', `these steps alone, by comma: ${STEP_NAMES.join(', ')}`)
    .action(async (files: string[], flags: SelfTestFlags) => {
      const names = flags.only === undefined ? (files.length === 0 ? STEP_NAMES : VITEST_STEPS) : flags.only.split(',').map(stepName);
      const tally = await untilStopped((signal) => runSteps(steps(names, files), signal));
      process.stdout.write(`${tally.passed} passed, ${tally.failed} failed\n`);
      if (tally.failed > 0 || tally.passed === 0) process.exitCode = 1;
    });
}

const VITEST_STEPS: readonly StepName[] = ['unit', 'property', 'integration'];

function stepName(word: string): StepName {
  const name = STEP_NAMES.find((candidate) => candidate === word);
  if (name !== undefined) return name;
  throw new ParallaxError('PRLX_USAGE', `there is no step ${word}`, { exitCode: 2, advice: `The steps are ${STEP_NAMES.join(', ')}.` });
}
