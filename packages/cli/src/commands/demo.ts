import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatDay, formatSecond, MICROS_PER_DAY, MICROS_PER_MINUTE, ParallaxError, type Project } from '@parallax/core';
import { REPOSITORY, RUNTIME, type RunningService, type Services } from '@parallax/local';
import { type Bridge, minutesBefore, openRun, recordRun, systemClock } from '@parallax/pipeline';
import { describeIncident, REGIONS, type Simulator, startSimulator, TIERS } from '@parallax/simulator';
import type { Command } from 'commander';
import { openProject, requireSoundSql } from '../checked-project.ts';
import { firstDeath, startDemoServices } from '../demo/enterprise-services.ts';
import { step } from '../demo/step.ts';
import { EngineKeeper } from '../engine-keeper.ts';
import { positiveInteger } from '../numbers.ts';
import { runAndShow, type ShownMinute } from '../run-minutes.ts';
import { untilStopped } from '../until-stopped.ts';
import { againOfRecording, shortest } from '../verdict/again.ts';
import { isBadVerdict } from '../verdict/bad.ts';
import { startVerifier } from '../verify/child.ts';
import { LateVerdicts } from '../verify/late-verdicts.ts';
import { showBatchProgress } from '../view/batch-progress.ts';
import { renderHtml } from '../view/html/page.ts';
import { createView, processViewOptions, type View } from '../view/view.ts';
import { endWith, startBridges } from './run.ts';

interface DemoFlags {
  customers: number;
  rate: number;
  minutes?: number;
  history: number;
  seed: number;
  home: string;
  record?: string;
  json?: boolean;
  verify: boolean;
  metricsPort?: number;
}

/** The project that the demo runs, within the repository. */
const EXAMPLE = 'examples/telecom';
/** Minutes of simulated past that are caught up before the first live one. */
const HISTORY_MINUTES = 5;
/** Within the home: what is recorded of a run in which minutes differ, when no other recording is asked for. */
const LEFT_RECORDING = 'recording';
/** The story's outage begins so long after the first minute: what it does to people is seen in a short demo too. */
const OUTAGE_AFTER_MINUTES = 2;
/** How long the bridge may take to carry the simulated past over. */
const BRIDGE_WAIT_MS = 60_000;

/** `demo`: a telecom, its brokers and stores, and Parallax on top, on this machine. */
export function register(program: Command): void {
  program
    .command('demo')
    .description('start every service and a simulated telecom on this machine, and run live minutes until stopped')
    .option('--customers <n>', 'customers of the telecom, each with 5,000 batch variables', positiveInteger, 5_000)
    .option('--rate <n>', 'events a second of the three streams together', positiveInteger, 500)
    .option('--minutes <n>', 'end after so many live minutes (those caught up before do not count)', positiveInteger)
    .option('--history <n>', 'minutes of simulated past that are caught up first', positiveInteger, HISTORY_MINUTES)
    .option('--seed <n>', 'another telecom, with another story', positiveInteger, 7)
    .option('--home <dir>', 'folder of its services and state; the loaded day is kept there for the next start', join(RUNTIME, 'demo'))
    .option('--record <dir>', 'at the end, write a recording of all minutes for `parallax replay`')
    .option('--no-verify', 'do not verify the minutes by the alternative method')
    .option('--metrics-port <port>', "serve the verifier's Prometheus metrics at http://127.0.0.1:<port>/metrics", positiveInteger)
    .option('--json', 'print one JSON object a minute on standard output, nothing else there')
    .action((flags: DemoFlags) => untilStopped((signal) => demo(flags, signal)));
}

async function demo(flags: DemoFlags, signal: AbortSignal): Promise<void> {
  const project = await openProject(join(REPOSITORY, EXAMPLE), { sources: true });
  const view = createView(processViewOptions(project.name, flags.json === true));
  const home = resolve(flags.home);
  const shown: ShownMinute[] = [];
  // Brokers, ledger and minutes begin anew; the day in the stores and its batch view are used again.
  for (const folder of [
    'state/ledger.sqlite',
    'state/ledger.sqlite-wal',
    'state/ledger.sqlite-shm',
    'state/iterations',
    'state/captures',
    'state/verifier',
    LEFT_RECORDING,
    'data/kafka',
    'data/artemis',
  ])
    await rm(join(home, folder), { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  const cleanUp: (() => Promise<unknown>)[] = [];
  try {
    const services = await startDemoServices(home, view, signal);
    cleanUp.push(() => services.stop());
    await withDeaths(services, signal, (ended) => serve({ flags, project, home, view, services, shown, signal: ended, cleanUp }));
  } finally {
    for (const clean of cleanUp.reverse()) await clean();
    if (shown.length > 0) {
      const page = join(home, 'demo.html');
      await writeFile(
        page,
        renderHtml(shown, {
          project: project.name,
          facts: [`${flags.customers} customers with 5,000 batch variables each, ${flags.rate} events a second.`],
        }),
      );
      view.note(`What happened, as a page: ${page}`);
    }
    view.close();
  }
}

interface Stage {
  readonly flags: DemoFlags;
  readonly project: Project;
  readonly home: string;
  readonly view: View;
  readonly services: Services;
  readonly shown: ShownMinute[];
  readonly signal: AbortSignal;
  /** Run in reverse order at the end. */
  readonly cleanUp: (() => Promise<unknown>)[];
}

async function serve(stage: Stage): Promise<void> {
  const { flags, project, home, view, services, signal, cleanUp } = stage;
  const kafka = services.get('kafka').url;
  const amqp = services.get('artemis').url;
  const from = minutesBefore(systemClock.now(), flags.history);
  const simulator = await startSimulator({
    seed: flags.seed,
    customers: flags.customers,
    rate: flags.rate,
    canaries: true,
    outageAt: Number(from / MICROS_PER_MINUTE) + OUTAGE_AFTER_MINUTES,
    services: { kafka, amqp, postgres: services.get('postgres').url, cassandra: services.get('cassandra').url },
    signal,
  });
  cleanUp.push(() => simulator.stop());
  Object.assign(process.env, simulator.environment, { CANARIES_FROM: formatSecond(from) });

  const engines = new EngineKeeper({
    server: services.get('spark'),
    url: null,
    home,
    note: (text) => view.note(text),
    signal,
  });
  cleanUp.push(() => engines.close());
  const [bridge] = await startBridges(project, kafka, amqp, (text) => view.note(text), 'creation_time');
  if (bridge === undefined) throw new ParallaxError('PRLX_DEMO', 'the example has no AMQP stream');
  cleanUp.push(() => bridge.stop());
  const verifier = await startVerifier(flags.verify, {
    project,
    state: join(home, 'state'),
    kafka,
    amqp,
    ...(flags.metricsPort === undefined ? {} : { metricsPort: flags.metricsPort }),
    clock: systemClock,
    note: (text) => view.note(text),
  });
  cleanUp.push(async () => verifier?.stop());

  const producing = new AbortController();
  const outside = AbortSignal.any([signal, producing.signal]);
  const live = await startProducing(stage, simulator, bridge, from, outside);
  const nights = renewDaily(simulator, view, outside);
  cleanUp.push(async () => {
    producing.abort();
    await Promise.all([live.ended, nights]);
  });
  await Promise.all([
    step(view, 'the day', async (tell) => {
      const day = formatDay(systemClock.now());
      const loaded = await simulator.loadDay({
        day,
        completedAt: from - MICROS_PER_DAY / 24n,
        onProgress: ({ done, of, table }) => tell({ done, of, unit: 'tables', detail: table }),
      });
      tell({ done: flags.customers, unit: 'customers × 5,000 variables', detail: loaded ? `${day}, loaded` : `${day}, as loaded before` });
    }),
    step(view, 'the past', async (tell) => {
      await live.caughtUp;
      tell({ done: flags.history, unit: 'minutes of events' });
    }),
    step(view, "the project's SQL", () => requireSoundSql(project, engines)),
  ]);

  const opened = await openRun({
    project,
    state: join(home, 'state'),
    bootstrap: kafka,
    actionsTopic: `parallax-actions-${project.name}`,
    clock: systemClock,
    env: process.env,
    holder: `demo:${process.pid}`,
    onBatchProgress: showBatchProgress(view),
  });
  cleanUp.push(() => opened.close());
  const recording = resolve(flags.record ?? join(home, LEFT_RECORDING));
  const bad = await runAndShow(
    {
      ...opened,
      withFalls: true,
      verdicts: verifier === null ? null : new LateVerdicts(join(home, 'state')),
      engines,
      batchEngines: await engines.beside(),
      clock: systemClock,
      env: process.env,
      from,
      minutes: flags.minutes ?? null,
      countCaughtUp: false,
      signal,
    },
    view,
    againOfRecording(shortest(recording), EXAMPLE),
    (minute) => keepNewest(stage.shown, minute),
    (name) => whatHappened(simulator, name),
  );
  endWith(bad, view);
  // Its services end with it: what shows again why minutes differ is recorded now or never.
  const differ = stage.shown.some(({ report }) => report.verdict !== null && isBadVerdict(report.verdict, report.verdict_reason));
  if (flags.record !== undefined || differ) {
    const out = recording;
    await step(view, 'the recording', async (tell) => {
      await recordRun({
        pipeline: opened.pipeline,
        engine: await engines.engine(),
        out,
        onMinute: (_minute, done, of) => tell({ done, of, unit: 'minutes' }),
      });
    });
    view.note(`Run it again: ./parallax replay ${shortest(out)} --project ${EXAMPLE} --side both --out OUT`);
  }
}

/** What is shown of a minute now takes the place of what was. */
function keepNewest(shown: ShownMinute[], minute: ShownMinute): void {
  const at = shown.findLastIndex(({ report }) => report.minute === minute.report.minute);
  if (at < 0) shown.push(minute);
  else shown[at] = minute;
}

/** Loads each new day as it begins, as the enterprise's night run does, until `signal` aborts. */
async function renewDaily(simulator: Simulator, view: View, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const midnight = systemClock.now() - (systemClock.now() % MICROS_PER_DAY) + MICROS_PER_DAY;
    while (!signal.aborted && systemClock.now() < midnight) {
      await systemClock.sleep(Math.min(60_000, Number((midnight - systemClock.now()) / 1000n) + 1), signal);
    }
    if (signal.aborted) return;
    try {
      await simulator.loadDay({ day: formatDay(systemClock.now()), completedAt: systemClock.now() });
    } catch (error) {
      if (!signal.aborted) view.note(`the new day could not be loaded: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** Produces from `from` on; `caughtUp` when the simulated past is in the brokers, `ended` when producing has stopped. */
async function startProducing(
  stage: Stage,
  simulator: Simulator,
  bridge: Bridge,
  from: bigint,
  signal: AbortSignal,
): Promise<{ caughtUp: Promise<void>; ended: Promise<void> }> {
  const caughtUp = Promise.withResolvers<void>();
  const ended = simulator
    .live({ from, signal, bridged: () => bridged(simulator, bridge, signal), onCaughtUp: () => caughtUp.resolve() })
    .then(
      () => caughtUp.resolve(),
      (error: unknown) => {
        caughtUp.reject(error);
        if (!signal.aborted) stage.view.note(`the producers stopped: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
  caughtUp.promise.catch(() => undefined);
  return { caughtUp: caughtUp.promise, ended };
}

/** Waits until the bridge has carried over what the producers had sent when it was called. */
async function bridged(simulator: Simulator, bridge: Bridge, signal: AbortSignal): Promise<void> {
  const sent = Object.values(simulator.sent().care ?? {}).reduce((a, b) => a + b, 0);
  const deadline = systemClock.now() + BigInt(BRIDGE_WAIT_MS) * 1000n;
  while (bridge.counts().forwarded < sent) {
    signal.throwIfAborted();
    if (systemClock.now() > deadline)
      throw new ParallaxError('PRLX_DEMO', `the bridge carried ${bridge.counts().forwarded} of ${sent} messages over`, { retryable: true });
    await systemClock.sleep(50, signal);
  }
}

/** What the telecom's story says of a group that fell, such as `region north`. */
function whatHappened(simulator: Simulator, name: string): string | null {
  const minute = Number(systemClock.now() / MICROS_PER_MINUTE);
  const [column, value] = name.split(' ');
  const incident = simulator.enterprise.story.between(minute - 10, minute + 1).find((i) => {
    if (i.kind === 'outage') return column === 'region' && value === REGIONS[i.region];
    if (i.kind === 'billing') return column === 'tier' && value === TIERS[i.tier];
    return false;
  });
  return incident === undefined ? null : describeIncident(incident);
}

/** Runs `work` until it ends, or fails when a service that it cannot do without ends by itself. */
async function withDeaths(services: Services, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const died = new AbortController();
  let done = false;
  void firstDeath(services).then((service: RunningService) => {
    if (!done)
      died.abort(
        new ParallaxError('PRLX_SERVICE_DIED', `${service.name} ended by itself`, {
          advice: `Its log is ${service.logFile}.`,
          retryable: true,
        }),
      );
  });
  try {
    await work(AbortSignal.any([signal, died.signal]));
  } catch (error) {
    throw died.signal.aborted && !signal.aborted ? died.signal.reason : error;
  } finally {
    done = true;
  }
  died.signal.throwIfAborted();
}
