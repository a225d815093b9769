import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { ParallaxError, type Project } from '@parallax/core';
import { resolveSecret } from '@parallax/core/secrets.ts';
import { type Bridge, openRun, recordRun, startBridge, systemClock } from '@parallax/pipeline';
import type { Command } from 'commander';
import { openProject, requireSoundSql } from '../checked-project.ts';
import { type DeploymentFlags, deploymentOf, requireKafka } from '../deployment.ts';
import { EngineKeeper } from '../engine-keeper.ts';
import { positiveInteger } from '../numbers.ts';
import { runAndShow } from '../run-minutes.ts';
import { namedMinute } from '../times.ts';
import { untilStopped } from '../until-stopped.ts';
import { againOfRun } from '../verdict/again.ts';
import { startVerifier, type VerifierChild } from '../verify/child.ts';
import { LateVerdicts } from '../verify/late-verdicts.ts';
import { showBatchProgress } from '../view/batch-progress.ts';
import { createView, processViewOptions, type View } from '../view/view.ts';

interface RunFlags extends DeploymentFlags {
  project: string;
  minutes?: number;
  from?: string;
  record?: string;
  json?: boolean;
  verify: boolean;
  metricsPort?: number;
}

/** A little more than a lease lasts: a coordinator that was killed is succeeded, one that lives is not. */
export const LEASE_WAIT_MS = 17_000;

/** `run --project DIR`: minutes of a project against its own sources. */
export function register(program: Command): void {
  program
    .command('run')
    .description("run a project's minutes against its own brokers, stores and API")
    .option('--project <dir>', 'the project folder', '.')
    .option('--kafka <bootstrap>', "Kafka's bootstrap servers, host:port,… (or kafka: in deploy.yaml, or PARALLAX_KAFKA)")
    .option('--amqp <url>', 'the AMQP 1.0 broker of streams that name no url, amqp://host:port')
    .option('--engine <url>', 'a Spark Connect server, sc://host:port/;use_ssl=true;token=…; without it one is started here')
    .option('--state <dir>', 'folder of the ledger and of state (default: .parallax/state/<project>)')
    .option('--actions-topic <topic>', 'Kafka topic for decided actions (default: parallax-actions-<project>)')
    .option(
      '--from <minute>',
      'the first minute, when the state is new: YYYY-MM-DDTHH:MM:00Z (default: the first that leaves time to warm the engine)',
    )
    .option('--minutes <n>', 'end after so many minutes', positiveInteger)
    .option('--record <dir>', 'at the end, write a recording of all minutes of this state')
    .option('--no-verify', 'do not verify the minutes by the alternative method')
    .option('--metrics-port <port>', "serve the verifier's Prometheus metrics at http://127.0.0.1:<port>/metrics", positiveInteger)
    .option('--json', 'print one JSON object a minute on standard output')
    .action((flags: RunFlags) => untilStopped((signal) => run(flags, signal)));
}

async function run(flags: RunFlags, signal: AbortSignal): Promise<void> {
  const project = await openProject(resolve(flags.project), { sources: true });
  const from = flags.from === undefined ? null : namedMinute(flags.from, '--from');
  const deployment = await deploymentOf(project, flags, process.env);
  const { amqp, engine, state, actionsTopic } = deployment;
  const view = createView(processViewOptions(project.name, flags.json === true));
  const engines = new EngineKeeper({ url: engine, home: join(state, 'services'), note: (text) => view.note(text), signal });
  const bridges: Bridge[] = [];
  let verifier: VerifierChild | null = null;
  try {
    await requireSoundSql(project, engines);
    const kafka = requireKafka(deployment);
    verifier = await startVerifier(flags.verify, {
      project,
      state,
      kafka,
      amqp,
      ...(flags.metricsPort === undefined ? {} : { metricsPort: flags.metricsPort }),
      clock: systemClock,
      note: (text) => view.note(text),
    });
    const opened = await openRun({
      project,
      state,
      bootstrap: kafka,
      actionsTopic,
      clock: systemClock,
      env: process.env,
      holder: `${hostname()}:${process.pid}`,
      waitForLeaseMs: LEASE_WAIT_MS,
      onBatchProgress: showBatchProgress(view),
    });
    try {
      bridges.push(...(await startBridges(project, kafka, amqp, (text) => view.note(text))));
      const bad = await runAndShow(
        {
          ...opened,
          withFalls: flags.json !== true,
          verdicts: verifier === null ? null : new LateVerdicts(state),
          engines,
          batchEngines: await engines.beside(),
          clock: systemClock,
          env: process.env,
          from,
          minutes: flags.minutes ?? null,
          countCaughtUp: true,
          signal,
        },
        view,
        againOfRun({ folder: flags.project, project, state, kafka: flags.kafka ?? null, first: () => opened.pipeline.ledger.oldest() }),
      );
      endWith(bad, view);
      if (flags.record !== undefined)
        await recordRun({ pipeline: opened.pipeline, engine: await engines.engine(), out: resolve(flags.record) });
    } finally {
      await opened.close();
    }
  } finally {
    await Promise.allSettled(bridges.map((bridge) => bridge.stop()));
    await verifier?.stop();
    await engines.close();
    view.close();
  }
}

/** The exit code of a run: 1 when minutes were not verified as right. */
export function endWith(bad: number, view: View): void {
  if (bad === 0) return;
  view.note(
    `${bad} minutes have a bad verdict, or none in time: \`./parallax verdicts\` says why, \`./parallax actions --held\` lists what they hold back`,
  );
  process.exitCode = 1;
}

/** One bridge for each AMQP stream; its queue exists once this returns. */
export async function startBridges(
  project: Project,
  kafka: string,
  amqp: string | undefined,
  note: (text: string) => void,
  stamp: 'now' | 'creation_time' = 'now',
): Promise<Bridge[]> {
  const bridges: Bridge[] = [];
  for (const stream of project.streams) {
    if (stream.from?.kind !== 'amqp') continue;
    const url = stream.from.url === null ? amqp : resolveSecret(stream.from.url, process.env);
    if (url === undefined) {
      throw new ParallaxError('PRLX_USAGE', `the stream ${stream.name} comes from AMQP, and no broker is named`, {
        exitCode: 2,
        advice: 'Give --amqp amqp://host:port, or from: { amqp: { url: "env:…" } }.',
      });
    }
    bridges.push(
      await startBridge({
        amqpUrl: url,
        address: stream.from.address,
        kafkaBootstrap: kafka,
        topic: stream.from.bridgeTopic,
        stamp,
        onProblem: (problem) => note(`bridge of ${stream.name}: ${problem.message}`),
      }),
    );
  }
  return bridges;
}
