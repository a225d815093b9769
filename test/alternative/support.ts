/** Runs one case by the alternative method and by the oracle. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AlternativeMinute, replayAlternative } from '@parallax/alternative';
import { loadProject } from '@parallax/core/load-project.ts';
import { type Case, type Files, writeCase } from '../contract/case.ts';
import { compareOutputs, type Difference, readOutputs } from '../oracle/compare.ts';
import { type Output, runOracle } from '../oracle/oracle.ts';

export interface Replayed {
  readonly outputs: Record<Output, string>;
  readonly minutes: readonly AlternativeMinute[];
  readonly warnings: readonly string[];
}

/** The project says its SQL a second time for the oracle; the alternative takes the same functions as its own. */
export function withAlternative(test: Case): Case {
  const logic = test.project['alternative.ts'] ?? test.project['oracle.ts'];
  if (logic === undefined) throw new Error('the project has no oracle.ts');
  return { ...test, project: { ...test.project, 'alternative.ts': logic } };
}

/** Moves what lies in one overlay to another, or leaves it out. */
export function withOverlay(files: Files, from: string, to: string | null): Files {
  const moved = Object.entries(files).flatMap(([path, text]): [string, string][] => {
    if (!path.startsWith(`overlay/${from}/`)) return [[path, text]];
    return to === null ? [] : [[path.replace(`overlay/${from}/`, `overlay/${to}/`), text]];
  });
  return Object.fromEntries(moved);
}

export async function inFolder<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'parallax-alternative-test-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export async function replayCase(test: Case, directory: string): Promise<Replayed> {
  const { project, recording } = writeCase(withAlternative(test), directory);
  const minutes: AlternativeMinute[] = [];
  const warnings: string[] = [];
  const out = join(directory, 'out');
  await replayAlternative({
    recording,
    project: await loadProject(project),
    out,
    scratch: directory,
    onMinute: (minute) => minutes.push(minute),
    onWarning: (text) => warnings.push(text),
  });
  return { outputs: readOutputs(join(out, 'alternative')), minutes, warnings };
}

/** Every byte of the four outputs against the oracle's. */
export async function compareWithOracle(
  test: Case,
): Promise<Replayed & { readonly differences: readonly Difference[]; readonly expected: Record<Output, string> }> {
  return inFolder(async (directory) => {
    const replayed = await replayCase(test, directory);
    const expected = await runOracle(join(directory, 'project'), join(directory, 'recording'));
    return { ...replayed, expected, differences: compareOutputs(expected, replayed.outputs) };
  });
}
