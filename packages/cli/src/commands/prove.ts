import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { loadProject } from '@parallax/core/load-project.ts';
import { REPOSITORY, RUNTIME } from '@parallax/local/paths.ts';
import { openEngine } from '@parallax/pipeline';
import type { Command } from 'commander';
import { EngineKeeper, FUNCTIONS_JAR } from '../engine-keeper.ts';
import { positiveInteger } from '../numbers.ts';
import { jsonOf } from '../prove/assess.ts';
import { WHOLE_SIZES } from '../prove/faults/catalogue.ts';
import { renderProof } from '../prove/page/page.ts';
import { outOf, percent } from '../prove/page/words.ts';
import { type Proof, prove } from '../prove/prove.ts';
import { WHOLE } from '../prove/recording/plan.ts';
import { holds, share } from '../prove/result.ts';
import { untilStopped } from '../until-stopped.ts';

interface ProveFlags {
  seed: string;
  only?: string;
  history: number;
  page: string;
  engine?: string;
  json?: boolean;
}

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
    .option('--page <file>', 'where to write the report, a page to read', join('docs', 'prove.html'))
    .option('--engine <url>', 'a Spark Connect server that runs already, sc://host:port; without it one is started')
    .option('--json', 'print one JSON object on standard output: {"faults":[…]}')
    .addHelpText('after', '\nExit code 1: a fault that changes an action was missed, or the run does not match without any.')
    .action((project: string, flags: ProveFlags) => untilStopped((signal) => proveProject(project, flags, signal)));
}

async function proveProject(directory: string, flags: ProveFlags, signal: AbortSignal): Promise<void> {
  const note = (text: string) => process.stderr.write(`${text}\n`);
  const project = await loadProject(resolve(directory));
  await mkdir(RUNTIME, { recursive: true });
  const work = await mkdtemp(join(RUNTIME, 'prove-'));
  const engines = new EngineKeeper({ url: flags.engine ?? null, home: join(work, 'services'), note, signal });
  const only = flags.only?.split(',');
  try {
    const proof = await prove({
      project,
      plan: { ...WHOLE, seed: flags.seed, leadMinutes: flags.history },
      sizes: WHOLE_SIZES,
      ...(only === undefined ? {} : { select: ({ id }) => only.some((part) => id.includes(part)) }),
      work: join(work, 'proof'),
      engine: await engines.engine(),
      openEngine: async () =>
        openEngine({ url: await engines.url(), functionsJar: FUNCTIONS_JAR, shufflePartitions: availableParallelism() }),
      alternativeSource: join(REPOSITORY, 'packages', 'alternative', 'src'),
      note,
      signal,
    });
    await mkdir(dirname(resolve(flags.page)), { recursive: true });
    await writeFile(flags.page, renderProof(proof));
    if (flags.json) process.stdout.write(`${JSON.stringify({ faults: proof.results.map(jsonOf) })}\n`);
    summarize(proof, flags.page, note);
    if (proof.results.some((r) => r.changesAction && r.caughtBy === null)) process.exitCode = 1;
  } finally {
    await engines.close();
    await rm(work, { recursive: true, force: true });
  }
}

function summarize({ results, figures }: Proof, page: string, note: (text: string) => void): void {
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
  note(`the report: ${page}`);
}
