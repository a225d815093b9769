import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { formatSecond } from '@parallax/core';
import { openRun, recordRun, systemClock } from '@parallax/pipeline';
import type { Command } from 'commander';
import { openProject } from '../checked-project.ts';
import { type DeploymentFlags, deploymentOf, requireKafka } from '../deployment.ts';
import { EngineKeeper } from '../engine-keeper.ts';
import { positiveInteger } from '../numbers.ts';
import { requireRun } from '../run-place.ts';
import { namedMinute } from '../times.ts';
import { untilStopped } from '../until-stopped.ts';
import { LEASE_WAIT_MS } from './run.ts';

interface RecordFlags extends DeploymentFlags {
  project: string;
  out: string;
  from?: string;
  iterations?: number;
}

/** `record --state DIR --out DIR`: what committed minutes read, as a recording that `replay` runs again. */
export function register(program: Command): void {
  program
    .command('record')
    .description('write what committed minutes read as a recording, from the brokers and stores that still hold it')
    .option('--project <dir>', 'the project folder', '.')
    .option('--state <dir>', 'the state folder of the run (its coordinator must be stopped)')
    .option('--kafka <bootstrap>', "Kafka's bootstrap servers, host:port,… (or kafka: in deploy.yaml, or PARALLAX_KAFKA)")
    .requiredOption('--out <dir>', 'the folder of the new recording')
    .option('--engine <url>', 'a Spark Connect server that runs already; without it one is started')
    .option('--from <minute>', 'the first minute (default: the first of the run, since a replay begins with empty windows)')
    .option('--iterations <n>', 'how many minutes (default: all that are committed)', positiveInteger)
    .action((flags: RecordFlags) => untilStopped((signal) => record(flags, signal)));
}

async function record(flags: RecordFlags, signal: AbortSignal): Promise<void> {
  const project = await openProject(resolve(flags.project), { sources: true });
  const from = flags.from === undefined ? undefined : namedMinute(flags.from, '--from');
  const note = (text: string) => process.stderr.write(`${text}\n`);
  const deployment = await deploymentOf(project, flags, process.env);
  const { engine, state } = deployment;
  const kafka = requireKafka(deployment);
  requireRun(state);
  const engines = new EngineKeeper({ url: engine, home: resolve(state, 'services'), note, signal });
  try {
    const opened = await openRun({
      project,
      state,
      bootstrap: kafka,
      actionsTopic: null,
      clock: systemClock,
      env: process.env,
      holder: `${hostname()}:${process.pid}`,
      waitForLeaseMs: LEASE_WAIT_MS,
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
