import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ParallaxError } from '@parallax/core';
import { REPOSITORY, RUNTIME } from '@parallax/local';
import type { Command } from 'commander';
import { untilStopped } from '../until-stopped.ts';
import { createView, processViewOptions, type View } from '../view/view.ts';

interface BenchFlags {
  quick?: boolean;
  full?: boolean;
  home: string;
  out?: string;
  set?: string[];
  json?: boolean;
}

/** The benches live beside the packages, in `bench/<name>/bench.ts`: they use all of them and none uses them. */
const FOLDER = join(REPOSITORY, 'bench');

/** The part of `bench/run-bench.ts` and of a bench's module that this command knows. */
interface Runner {
  readonly REPORTS: string;
  readonly runBench: (name: string, bench: BenchModule, context: object, folder: string) => Promise<BenchResult>;
}
interface BenchModule {
  readonly settings: Readonly<Record<string, string>>;
}
interface BenchResult {
  readonly figures: readonly { name: string; value: number | null; unit: string; goal: string | null; holds: boolean | null }[];
}

/** `bench NAME`: the benchmarks, side by side with what a user would pick instead. */
export function register(program: Command): void {
  program
    .command('bench')
    .description('run a benchmark on this machine and write its report: figures with their goals, a table and a chart')
    .argument('[name]', 'which one; without it they are listed')
    .option('--quick', 'about five minutes (the default)')
    .option('--full', 'the size that counts; up to an hour')
    .option('--home <dir>', 'folder of its services, state and logs; what was loaded is used again', join(RUNTIME, 'bench'))
    .option('--out <dir>', 'folder of the report (default: docs/benchmarks)')
    .option('--set <name=value...>', 'a setting of the bench; a wrong name lists them')
    .option('--json', 'print the result as one JSON object on standard output, nothing else there')
    .action(async (name: string | undefined, flags: BenchFlags) => {
      if (name === undefined) process.stdout.write(`${(await benchNames()).join('\n')}\n`);
      else await untilStopped((signal) => bench(name, flags, signal));
    });
}

async function benchNames(): Promise<string[]> {
  const entries = await readdir(FOLDER, { withFileTypes: true });
  return entries.filter((e) => e.isDirectory() && existsSync(join(FOLDER, e.name, 'bench.ts'))).map((e) => e.name);
}

async function bench(name: string, flags: BenchFlags, signal: AbortSignal): Promise<void> {
  const names = await benchNames();
  if (!names.includes(name)) throw usage(`there is no bench ${name}`, `The benches are ${names.join(', ')}.`);
  if (flags.quick === true && flags.full === true) throw usage('--quick and --full exclude each other', 'Give one of them.');
  const { runBench, REPORTS } = (await load('run-bench.ts')) as unknown as Runner;
  const module = (await load(join(name, 'bench.ts'))).bench as BenchModule;
  const view = createView(processViewOptions(`bench ${name}`, flags.json === true));
  try {
    const context = {
      size: flags.full === true ? 'full' : 'quick',
      home: resolve(flags.home),
      view,
      signal,
      settings: settingsOf(flags.set ?? [], module.settings),
    };
    const folder = resolve(flags.out ?? REPORTS);
    const result = await runBench(name, module, context, folder);
    if (flags.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
    else show(view, result, join(folder, `${name}.md`));
    if (result.figures.some((figure) => figure.holds === false)) process.exitCode = 1;
  } finally {
    view.close();
  }
}

function show(view: View, { figures }: BenchResult, page: string): void {
  for (const { name, value, unit, goal, holds } of figures) {
    const judged = holds === null ? '' : holds ? `  (goal ${goal})` : `  (goal ${goal}, MISSED)`;
    view.note(`${name}: ${value === null ? 'not measured' : `${value} ${unit}`.trim()}${judged}`);
  }
  view.note(`The report: ${page}`);
}

function settingsOf(words: readonly string[], known: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(
    words.map((word) => {
      const [name = '', ...value] = word.split('=');
      const list = Object.entries(known).map(([setting, what]) => `${setting} (${what})`);
      if (known[name] === undefined || value.length === 0)
        throw usage(`there is no setting ${word}`, `Write name=value; the settings are ${list.join(', ')}.`);
      return [name, value.join('=')] as const;
    }),
  );
}

function load(file: string): Promise<Record<string, unknown>> {
  return import(new URL(file, `file://${FOLDER}/`).href);
}

function usage(message: string, advice: string): ParallaxError {
  return new ParallaxError('PRLX_USAGE', message, { exitCode: 2, advice });
}
