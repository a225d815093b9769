import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY, RUNTIME } from '@parallax/local';
import { one, type Tally, tallySurefire, tallyVitest } from './tally.ts';

export const STEP_NAMES = ['lint', 'types', 'java', 'unit', 'property', 'integration'] as const;
export type StepName = (typeof STEP_NAMES)[number];

/** One program of the self-test and how its outcome is counted. */
export interface Step {
  readonly name: StepName;
  readonly command: string;
  readonly args: readonly string[];
  /** Removes what an earlier run left and might be counted. */
  clean(): void;
  count(exitCode: number): Tally;
}

const program = (...path: string[]): string => join(REPOSITORY, 'node_modules', ...path);

/** The steps of these names, in the order of `STEP_NAMES`. `files` narrow the vitest steps. The arrows between packages are a unit test. */
export function steps(names: readonly StepName[], files: readonly string[]): Step[] {
  return STEP_NAMES.filter((name) => names.includes(name)).map((name) => makeStep(name, files));
}

function makeStep(name: StepName, files: readonly string[]): Step {
  switch (name) {
    case 'lint':
      return check(name, [program('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.']);
    case 'types':
      return check(name, [program('typescript', 'bin', 'tsc'), '-p', 'tsconfig.json']);
    case 'java':
      return javaStep();
    case 'unit':
    case 'property':
    case 'integration':
      return vitestStep(name, files);
  }
}

function check(name: StepName, args: readonly string[]): Step {
  return { name, command: process.execPath, args, clean: () => undefined, count: one };
}

function javaStep(): Step {
  const module = join(REPOSITORY, 'packages', 'spark-functions');
  const reports = join(module, 'target', 'surefire-reports');
  const read = (): string[] =>
    existsSync(reports)
      ? readdirSync(reports)
          .filter((file) => /^TEST-.*\.xml$/.test(file))
          .map((file) => readFileSync(join(reports, file), 'utf8'))
      : [];
  return {
    name: 'java',
    command: 'mvn',
    args: ['-q', '-B', '-f', join(module, 'pom.xml'), 'test'],
    clean: () => rmSync(reports, { recursive: true, force: true }),
    count: (exitCode) => tallySurefire(read(), exitCode),
  };
}

function vitestStep(project: StepName, files: readonly string[]): Step {
  const report = join(RUNTIME, 'test', `vitest-${project}-${process.pid}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return {
    name: project,
    command: process.execPath,
    args: [
      program('vitest', 'vitest.mjs'),
      'run',
      '--project',
      project,
      ...reporters,
      ...(files.length === 0 ? [] : ['--passWithNoTests', ...files]),
    ],
    clean: () => {
      mkdirSync(join(RUNTIME, 'test'), { recursive: true });
      rmSync(report, { force: true });
    },
    count: (exitCode) => {
      const text = existsSync(report) ? readFileSync(report, 'utf8') : null;
      rmSync(report, { force: true });
      return tallyVitest(text, exitCode);
    },
  };
}
