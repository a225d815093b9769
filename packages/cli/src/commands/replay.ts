import { mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { mkdir } from 'node:fs/promises';
import type { Command } from 'commander';
import { ParallaxError } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { RUNTIME } from '@parallax/local';
import { replayOnSpark } from '@parallax/pipeline';
import { systemClock } from '@parallax/pipeline/run/clock.ts';
import { EngineKeeper } from '../engine-keeper.ts';
import { minuteLine } from '../minute-line.ts';

interface ReplayFlags {
  project: string;
  side: string;
  out: string;
  engine?: string;
  json?: boolean;
}

/** `replay RECORDING --project DIR --out DIR`: a recording's minutes once more, byte for byte. */
export function register(program: Command): void {
  program
    .command('replay')
    .description('run a recording again on real Spark, without brokers or stores, to the same bytes')
    .argument('<recording>', 'the folder that holds recording.json')
    .requiredOption('--project <dir>', 'the project folder (parallax.yaml, streams/, batch/, online/, *.sql)')
    .requiredOption('--out <dir>', 'where to write spark/{events,windows,results,actions}.ndjson')
    .option('--side <side>', 'which side computes: spark', 'spark')
    .option('--engine <url>', 'a Spark Connect server that runs already, sc://host:port; without it one is started')
    .option('--json', 'print one JSON object a minute on standard output')
    .action((recording: string, flags: ReplayFlags) => replay(recording, flags));
}

async function replay(recording: string, flags: ReplayFlags): Promise<void> {
  if (flags.side !== 'spark') {
    throw new ParallaxError('PRLX_USAGE', `--side ${flags.side} is not possible yet`, { exitCode: 2, advice: 'Use --side spark: the alternative method is issue 5 of this project.' });
  }
  const project = await loadProject(resolve(flags.project));
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  await mkdir(RUNTIME, { recursive: true });
  const work = await mkdtemp(join(RUNTIME, 'replay-'));
  const note = (text: string) => process.stderr.write(`${text}\n`);
  const engine = new EngineKeeper({ url: flags.engine ?? null, home: join(work, 'services'), note, signal: stop.signal });
  try {
    await replayOnSpark({
      recording: resolve(recording),
      project,
      out: resolve(flags.out),
      state: join(work, 'state'),
      engines: engine,
      now: () => systemClock.now(),
      signal: stop.signal,
      onMinute: (outcome, done, of) => {
        if (flags.json) process.stdout.write(`${JSON.stringify(minuteLine(outcome))}\n`);
        else note(`${done}/${of} ${minuteLine(outcome).minute} population ${outcome.population}, ${outcome.decided.length} actions, ${outcome.digest.slice(0, 12)}`);
      },
    });
  } finally {
    await engine.close();
    await rm(work, { recursive: true, force: true });
    process.removeListener('SIGINT', abort);
    process.removeListener('SIGTERM', abort);
  }
}
