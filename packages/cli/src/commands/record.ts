import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { formatSecond, ParallaxError, parseSecond } from '@parallax/core';
import { openRun, recordRun, systemClock } from '@parallax/pipeline';
import type { Command } from 'commander';
import { openProject } from '../checked-project.ts';
import { EngineKeeper } from '../engine-keeper.ts';
import { positiveInteger } from '../numbers.ts';
import { untilStopped } from '../until-stopped.ts';

interface RecordFlags {
  project: string;
  state: string;
  kafka: string;
  engine?: string;
  out: string;
  from?: string;
  iterations?: number;
}

/** `record --state DIR --out DIR`: what committed minutes read, as a recording that `replay` runs again. */
export function register(program: Command): void {
  program
    .command('record')
    .description('write what committed minutes read as a recording, from the brokers and stores that still hold it')
    .requiredOption('--project <dir>', 'the project folder')
    .requiredOption('--state <dir>', 'the state folder of the run (its coordinator must be stopped)')
    .requiredOption('--kafka <bootstrap>', "Kafka's bootstrap servers, host:port,…")
    .requiredOption('--out <dir>', 'the folder of the new recording')
    .option('--engine <url>', 'a Spark Connect server that runs already; without it one is started')
    .option('--from <minute>', 'the first minute (default: the first of the run, since a replay begins with empty windows)')
    .option('--iterations <n>', 'how many minutes (default: all that are committed)', positiveInteger)
    .action((flags: RecordFlags) => untilStopped((signal) => record(flags, signal)));
}

async function record(flags: RecordFlags, signal: AbortSignal): Promise<void> {
  const project = await openProject(resolve(flags.project), { sources: true });
  const from = flags.from === undefined ? undefined : parseSecond(flags.from);
  if (from === null)
    throw new ParallaxError('PRLX_USAGE', `--from ${flags.from} is no minute`, {
      exitCode: 2,
      advice: 'Write it as YYYY-MM-DDTHH:MM:00Z.',
    });
  const note = (text: string) => process.stderr.write(`${text}\n`);
  const state = resolve(flags.state);
  const engines = new EngineKeeper({ url: flags.engine ?? null, home: resolve(state, 'services'), note, signal });
  try {
    const opened = await openRun({
      project,
      state,
      bootstrap: flags.kafka,
      actionsTopic: null,
      clock: systemClock,
      env: process.env,
      holder: `${hostname()}:${process.pid}`,
    });
    try {
      const recorded = await recordRun({
        pipeline: opened.pipeline,
        engine: await engines.engine(),
        out: resolve(flags.out),
        signal,
        onMinute: (minute, done, of) => note(`${done}/${of}  ${formatSecond(minute)}`),
        ...(from === undefined ? {} : { from }),
        ...(flags.iterations === undefined ? {} : { iterations: flags.iterations }),
      });
      note(`recorded ${recorded.iterations} minutes from ${formatSecond(recorded.from)} into ${resolve(flags.out)}`);
    } finally {
      await opened.close();
    }
  } finally {
    await engines.close();
  }
}
