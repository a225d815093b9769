import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ParallaxError } from '@parallax/core';
import { RUNTIME } from '@parallax/local';
import { replayOnSpark, systemClock } from '@parallax/pipeline';
import type { Command } from 'commander';
import { openRecordedProject } from '../checked-project.ts';
import { EngineKeeper } from '../engine-keeper.ts';
import { reportOf } from '../report-minute.ts';
import { untilStopped } from '../until-stopped.ts';

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
    .action((recording: string, flags: ReplayFlags) => untilStopped((signal) => replay(recording, flags, signal)));
}

async function replay(recording: string, flags: ReplayFlags, signal: AbortSignal): Promise<void> {
  if (flags.side !== 'spark') {
    throw new ParallaxError('PRLX_USAGE', `--side ${flags.side} is not possible yet`, {
      exitCode: 2,
      advice: 'Use --side spark: the alternative method is not built yet.',
    });
  }
  const note = (text: string) => process.stderr.write(`${text}\n`);
  const project = await openRecordedProject(resolve(flags.project), note);
  await mkdir(RUNTIME, { recursive: true });
  const work = await mkdtemp(join(RUNTIME, 'replay-'));
  const engines = new EngineKeeper({ url: flags.engine ?? null, home: join(work, 'services'), note, signal });
  try {
    await replayOnSpark({
      recording: resolve(recording),
      project,
      out: resolve(flags.out),
      state: join(work, 'state'),
      engines,
      now: () => systemClock.now(),
      signal,
      onWarning: (text) => note(`warning: ${text}`),
      onBatchProgress: ({ day, aside = [] }) => {
        for (const { table, reason, rows } of aside) note(`batch day ${day}: ${rows} rows of ${table} kept aside (${reason})`);
      },
      onMinute: (outcome, done, of) => {
        const report = reportOf(outcome);
        if (flags.json) process.stdout.write(`${JSON.stringify(report)}\n`);
        else
          note(
            `${done}/${of}  ${report.minute}  population ${report.population}, ${report.actions.taken} actions, digest ${report.digest.slice(0, 12)}`,
          );
      },
    });
  } finally {
    await engines.close();
    await rm(work, { recursive: true, force: true });
  }
}
