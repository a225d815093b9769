import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { formatSecond, ParallaxError } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { REPOSITORY, RUNTIME } from '@parallax/local/paths.ts';
import { openEngine } from '@parallax/pipeline';
import type { Command } from 'commander';
import { EngineKeeper, FUNCTIONS_JAR } from '../engine-keeper.ts';
import { positiveInteger } from '../numbers.ts';
import { jsonOf } from '../prove/assess.ts';
import { type FaultFree, runFaultFree } from '../prove/fault-free/fault-free.ts';
import { WHOLE_SIZES } from '../prove/faults/catalogue.ts';
import { Kept } from '../prove/keep/kept.ts';
import { IN_USE, takeFolder } from '../prove/keep/one-at-a-time.ts';
import { printsOf } from '../prove/keep/prints.ts';
import { renderFaultFree } from '../prove/page/fault-free.ts';
import { renderProof } from '../prove/page/page.ts';
import { outOf, percent } from '../prove/page/words.ts';
import { isFinished, type Proof, prove, type Unfinished } from '../prove/prove.ts';
import { WHOLE } from '../prove/recording/plan.ts';
import { holds, share } from '../prove/result.ts';
import { untilStopped } from '../until-stopped.ts';

interface ProveFlags {
  seed: string;
  only?: string;
  history: number;
  page?: string;
  keep: string;
  fresh?: boolean;
  for?: number;
  faultFree?: number;
  engine?: string;
  json?: boolean;
}

/** Iterations in which a recording without faults has a day's turn. */
const FAULT_FREE_MIN = 20;

/** `prove [PROJECT]`: puts faults into copies of a run, one at a time, and reports which the verifier caught. */
export function register(program: Command): void {
  program
    .command('prove')
    .description(
      'put faults into copies of a run, one at a time, and report which the verifier caught, in which minute, and whether it named the cause',
    )
    .argument('[project]', 'the project folder', join(REPOSITORY, 'examples', 'telecom'))
    .option('--seed <text>', 'what mutants and the recording are drawn by', WHOLE.seed)
    .option('--only <text>', 'only faults whose id contains one of these, by comma')
    .option(
      '--history <minutes>',
      'minutes of the run before the first fault; with less than 60 no event leaves the hour',
      positiveInteger,
      WHOLE.leadMinutes,
    )
    .option(
      '--page <file>',
      'where to write the report, a page to read (default: docs/prove.html, with --fault-free docs/fault-free.html; with --only: none)',
    )
    .option(
      '--keep <dir>',
      'a folder of this checkout that keeps what is done, so that the next run goes on from there',
      join(RUNTIME, 'prove'),
    )
    .option('--fresh', 'forget what the folder has kept')
    .option(
      '--fault-free <iterations>',
      'put no fault in, but run so many iterations, over restarts: none may be an alarm',
      positiveInteger,
    )
    .option('--for <minutes>', 'end after about so many minutes; the same command goes on from there', positiveInteger)
    .option('--engine <url>', 'a Spark Connect server that runs already, sc://host:port; without it one is started')
    .option('--json', 'print one JSON object on standard output: {"faults":[…]}')
    .addHelpText(
      'after',
      `
What is done is kept, and Ctrl-C loses at most the faults that are under way: the same command goes on. Other code, rules or options begin anew,
but for the faults and verdicts that do not depend on what has changed.

Exit code 1: a fault that changes an action was missed, the run does not match without any, an iteration
without a fault did not match, or --for ended it before all was done.`,
    )
    .action((project: string, flags: ProveFlags) => untilStopped((signal) => proveProject(project, flags, signal)));
}

async function proveProject(directory: string, flags: ProveFlags, signal: AbortSignal): Promise<void> {
  const begun = performance.now();
  const note = (text: string) => process.stderr.write(`${clockOf(performance.now() - begun)}  ${text}\n`);
  const project = await loadProject(resolve(directory));
  const plan = { ...WHOLE, seed: flags.seed, leadMinutes: flags.history };
  const sizes = WHOLE_SIZES;
  const folder = await keptFolder(flags);
  const prints = await printsOf(join(REPOSITORY, 'packages'), { project, plan, sizes });
  const giveBack = await takeFolder(folder);
  const { kept, goesOn } = await Kept.open(folder, prints.run, flags.fresh);
  if (goesOn) note(`goes on from what ${folder} has kept`);
  const services = await mkdtemp(join(RUNTIME, 'prove-services-'));
  const engines = new EngineKeeper({ url: flags.engine ?? null, home: services, note, signal });
  const only = flags.only?.split(',');
  const page = flags.page ?? (only === undefined ? join('docs', 'prove.html') : null);
  const endMs = flags.for === undefined ? Number.POSITIVE_INFINITY : begun + flags.for * 60_000;
  const common = {
    project,
    kept,
    note,
    signal,
    openEngine: async () =>
      openEngine({ url: await engines.url(), functionsJar: FUNCTIONS_JAR, shufflePartitions: availableParallelism() }),
    timeIsUp: () => performance.now() >= endMs,
  };
  try {
    if (flags.faultFree !== undefined) {
      const iterations = flags.faultFree;
      if (iterations < FAULT_FREE_MIN) throw usage(`--fault-free ${iterations} is too few`, `Give at least ${FAULT_FREE_MIN}.`);
      const own = { seed: flags.seed, iterations, print: prints.verdicts, work: join(folder, 'fault-free') };
      const quiet = await runFaultFree({ ...common, ...own });
      const shown = resolve(flags.page ?? join('docs', 'fault-free.html'));
      if (isWhole(quiet)) await writePage(shown, renderFaultFree(project.name, quiet));
      showFaultFree(quiet, flags.json === true, note);
      return;
    }
    const proof = await prove({
      ...common,
      plan,
      sizes,
      ...(only === undefined ? {} : { select: ({ id }) => only.some((part) => id.includes(part)) }),
      prints,
      work: join(folder, 'work'),
      engine: await engines.engine(),
      alternativeSource: join(REPOSITORY, 'packages', 'alternative', 'src'),
    });
    if (!isFinished(proof)) {
      showUnfinished(proof, note);
      return;
    }
    if (page !== null) await writePage(resolve(page), renderProof(proof));
    if (flags.json) process.stdout.write(`${JSON.stringify({ faults: proof.results.map(jsonOf) })}\n`);
    summarize(proof, page, note);
    if (proof.results.some((r) => r.changesAction && r.caughtBy === null)) process.exitCode = 1;
  } finally {
    await engines.close();
    await giveBack();
    await rm(services, { recursive: true, force: true });
  }
}

async function keptFolder({ keep }: ProveFlags): Promise<string> {
  const folder = resolve(keep);
  // Copies of the alternative's code find their packages from there.
  if (relative(REPOSITORY, folder).startsWith('..'))
    throw usage(`${folder} does not lie in ${REPOSITORY}`, 'Name a folder of this checkout.');
  const others = existsSync(folder) ? (await readdir(folder)).filter((name) => name !== IN_USE) : [];
  if (others.length > 0 && !others.includes('run.json'))
    throw usage(`${folder} holds something else than a run of prove`, 'Name an empty folder.');
  await mkdir(folder, { recursive: true });
  await mkdir(RUNTIME, { recursive: true });
  return folder;
}

function usage(message: string, advice: string): ParallaxError {
  return new ParallaxError('PRLX_USAGE', message, { exitCode: 2, advice });
}

function showUnfinished({ what, done, of }: Unfinished, note: (text: string) => void): void {
  note(`${done} of ${of} ${what} are done; the same command goes on with the others`);
  process.exitCode = 1;
}

async function writePage(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

const isWhole = (quiet: FaultFree | Unfinished): quiet is FaultFree => 'alarms' in quiet;

function showFaultFree(quiet: FaultFree | Unfinished, json: boolean, note: (text: string) => void): void {
  if (!isWhole(quiet)) {
    showUnfinished(quiet, note);
    return;
  }
  const { iterations, restarts, alarms, messages } = quiet;
  if (json) {
    const shown = alarms.map(({ minute, words }) => ({ minute: formatSecond(minute), cause: words }));
    process.stdout.write(`${JSON.stringify({ fault_free: { iterations, restarts, messages, false_alarms: shown } })}\n`);
  }
  note(`${iterations} iterations without a fault, ${restarts} restarts: ${alarms.length} false alarms`);
  if (alarms.length > 0) process.exitCode = 1;
}

/** `m:ss` */
function clockOf(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function summarize({ results, figures }: Proof, page: string | null, note: (text: string) => void): void {
  for (const { fault, survival } of results) {
    if (survival === null || survival.kind === 'equivalent') continue;
    note(`${survival.kind}: ${fault.id} (${fault.target}: ${fault.what})`);
    if (survival.kind === 'not exercised' && survival.telling !== null) {
      const { values, before, after } = survival.telling;
      note(`    with ${values.join(', ')}: ${before} becomes ${after}`);
    }
  }
  const equivalent = results.filter((r) => r.survival?.kind === 'equivalent').length;
  note(`${results.length} faults, ${equivalent} of them equivalent`);
  for (const figure of figures)
    note(
      `${holds(figure) ? 'holds ' : 'FAILS '} ${figure.name}: ${percent(share(figure))} (${outOf(figure.value, figure.of)}), goal ${percent(figure.goal)}`,
    );
  if (page !== null) note(`the report: ${page}`);
}
