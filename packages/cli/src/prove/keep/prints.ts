import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Project } from '@parallax/core';
import type { Sizes } from '../faults/catalogue.ts';
import type { PlanOptions } from '../recording/plan.ts';

/** What the run without faults comes of, below `packages/`. */
const RUN = [
  'core/src',
  'spark-connect/src',
  'spark-functions/src/main',
  'pipeline/src',
  'cli/src/prove/recording',
  'cli/src/prove/mutate',
  'cli/src/prove/run',
];

/** What verdicts come of besides. Not the page, and not the files of faults: each fault depends on its own. */
const VERDICTS = ['alternative/src', 'reconcile/src', 'cli/src/prove'];
const APART = ['cli/src/prove/page', 'cli/src/prove/recording', 'cli/src/prove/mutate', 'cli/src/prove/run'];

/** Where faults are listed; files there that others use too count for every verdict. */
const FAULTS = 'cli/src/prove/faults';
const SHARED = ['catalogue.ts', 'classes.ts', 'fault.ts', 'probe.ts', 'recording-edit.ts', 'statements.ts', 'victims.ts'];

/** Digests of what a result depends on: the same prints give the same result. */
export interface Prints {
  readonly run: string;
  readonly verdicts: string;
  /** Of a fault that a file of the folder `faults` lists. */
  readonly ofFault: (file: string) => string;
}

export interface PrintedOptions {
  readonly project: Project;
  readonly plan: PlanOptions;
  readonly sizes: Sizes;
}

/** @param packages the folder `packages` of this checkout */
export async function printsOf(packages: string, { project, plan, sizes }: PrintedOptions): Promise<Prints> {
  const run = createHash('sha256').update(JSON.stringify([project.hash, plan]));
  for (const folder of RUN) await addFolder(run, packages, folder, () => true);
  const runPrint = run.digest('hex');
  const verdicts = createHash('sha256').update(JSON.stringify([runPrint, sizes, project.alternative]));
  for (const folder of VERDICTS) {
    await addFolder(verdicts, packages, folder, (path) => {
      if (APART.some((apart) => path.startsWith(`${apart}/`))) return false;
      return !path.startsWith(`${FAULTS}/`) || SHARED.some((name) => path === `${FAULTS}/${name}`);
    });
  }
  const verdictsPrint = verdicts.digest('hex');
  const files = new Map<string, string>();
  for (const file of await readdir(join(packages, FAULTS)))
    files.set(file, sha256([verdictsPrint, await readFile(join(packages, FAULTS, file), 'utf8')]));
  return {
    run: runPrint,
    verdicts: verdictsPrint,
    ofFault: (file) => {
      const print = files.get(file);
      if (print === undefined) throw new RangeError(`no file of faults is called ${file}`);
      return print;
    },
  };
}

export function sha256(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

async function addFolder(hash: ReturnType<typeof createHash>, root: string, folder: string, suits: (path: string) => boolean) {
  const entries = await readdir(join(root, folder), { withFileTypes: true, recursive: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => relative(root, join(parentPath, name)));
  for (const path of paths.filter(suits).sort()) hash.update(JSON.stringify([path, await readFile(join(root, path), 'utf8')]));
}
