import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatSecond } from '@parallax/core';
import { REPOSITORY } from '@parallax/local';
import { systemClock } from '@parallax/pipeline';
import type { Bench, BenchContext } from './bench.ts';
import type { Figure } from './figures.ts';
import { type Machine, machine, versions } from './machine.ts';
import { benchCommand } from './report/command.ts';
import { reportFiles } from './report/files.ts';

/** What `--json` prints (design, section 8). */
export interface BenchResult {
  readonly bench: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly figures: readonly Figure[];
}

/** Where reports are committed. */
export const REPORTS = join(REPOSITORY, 'docs', 'benchmarks');

/** Runs a bench and writes `<name>.json`, `.md` and `.svg` into `folder`. */
export async function runBench(name: string, bench: Bench, context: BenchContext, folder: string): Promise<BenchResult> {
  // Before the run: what is measured is what stands here now.
  const where = { machine: machine(), versions: versions() };
  const report = await bench.run(context);
  const now = systemClock.now();
  const at = formatSecond(now - (now % 1_000_000n));
  await mkdir(folder, { recursive: true });
  const printed = { name, command: benchCommand(name, context), bench, size: context.size, at, ...where, report };
  for (const [file, text] of reportFiles(printed)) await writeFile(join(folder, file), text);
  return { bench: name, ...where, figures: report.figures };
}
