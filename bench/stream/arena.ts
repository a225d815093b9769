import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { formatDay, MICROS_PER_DAY, ParallaxError } from '@parallax/core';
import { REPOSITORY, type Services, startServices } from '@parallax/local';
import { type GuardedChild, startGuardedChild } from '@parallax/local/guarded-child.ts';
import { systemClock } from '@parallax/pipeline';
import type { BenchContext } from '../bench.ts';
import { HEAPS_MB, SERVICE_START_MS_MAX } from '../limits.ts';
import { openLogFile } from '../log-file.ts';
import type { Roles } from '../processes.ts';
import { step } from '../step.ts';
import { type Generator, startGenerator } from './generator.ts';
import { LedgerWatch } from './ledger-watch.ts';
import type { MinuteRecord } from './minutes.ts';
import { PROJECT, writeProject } from './project.ts';

/** The seed of the bench's enterprise. */
export const SEED = 11;
/** The same as in the project's parallax.yaml. */
export const GRACE_MS = 2_000;

/** Everything on this machine that a stream bench runs against. */
export interface Arena {
  readonly context: BenchContext;
  readonly home: string;
  readonly project: string;
  readonly services: Services;
  readonly generator: Generator;
  /** Starts the generator anew: one that has made hours of simulated past uses about twice the CPU for live events. */
  renewGenerator(): Promise<void>;
  readonly customers: number;
}

/** One coordinator, `./parallax run` in a process of its own, and what was seen of its minutes. */
export interface RunningCoordinator {
  readonly pid: number;
  readonly watch: LedgerWatch;
  /** Lets it finish its minute, then ends it. */
  stop(): Promise<void>;
  /** Resolves when its process has ended. */
  readonly exited: Promise<unknown>;
  /** Rejects when it ends while it is still needed, or can no longer be watched. */
  readonly broken: Promise<never>;
}

/**
 * Starts all services, the generator, and loads the day; runs `work`; stops everything, whatever happens. Brokers begin empty, the day and the
 * stores are used again.
 */
export async function withArena<T>(context: BenchContext, customers: number, work: (arena: Arena) => Promise<T>): Promise<T> {
  const { home, view, signal } = context;
  for (const folder of ['data/kafka', 'data/artemis', 'states', 'log']) await rm(join(home, folder), { recursive: true, force: true });
  await mkdir(join(home, 'log'), { recursive: true });
  const project = join(home, 'project');
  await writeProject(project);
  const services = await step(view, 'services', () => start(home, signal));
  try {
    const settings = {
      kafka: services.get('kafka').url,
      amqp: services.get('artemis').url,
      postgres: services.get('postgres').url,
      cassandra: services.get('cassandra').url,
      customers,
      seed: SEED,
    };
    const startOne = () => startGenerator(settings, join(home, 'log', 'generator.log'));
    let generator = await startOne();
    try {
      const now = systemClock.now();
      const yesterday = now - (now % MICROS_PER_DAY) - MICROS_PER_DAY;
      // Complete since its day began: minutes of a simulated past find it active too.
      await step(view, 'the day', () => generator.loadDay(formatDay(yesterday), Number(yesterday)));
      return await work({
        context,
        home,
        project,
        services,
        get generator() {
          return generator;
        },
        async renewGenerator() {
          await generator.stop();
          generator = await startOne();
        },
        customers,
      });
    } finally {
      await generator.stop();
    }
  } finally {
    await services.stop();
  }
}

function start(home: string, signal: AbortSignal): Promise<Services> {
  return startServices({
    names: ['kafka', 'artemis', 'postgres', 'cassandra', 'spark'],
    home,
    signal,
    startMsMax: SERVICE_START_MS_MAX,
    // As the coordinator's own server would have it.
    spark: { heapMb: HEAPS_MB.spark, conf: { 'spark.sql.shuffle.partitions': String(availableParallelism()) } },
    kafka: { heapMb: HEAPS_MB.kafka },
    artemis: { heapMb: HEAPS_MB.artemis },
    cassandra: { heapMb: HEAPS_MB.cassandra },
  });
}

/**
 * Starts `./parallax run` on a state folder.
 *
 * @param from the first minute (microseconds) when the state is new
 * @param minutes how many to commit before it ends by itself; null: until it is stopped
 * @param verify false: without the alternative method beside it
 */
export async function startCoordinator(
  arena: Arena,
  options: {
    state: string;
    from: bigint;
    minutes: number | null;
    verify?: boolean;
    onMinute?: (record: MinuteRecord, coordinator: number) => void;
  },
): Promise<RunningCoordinator> {
  const { services, generator, home, project, context } = arena;
  const state = stateFolder(arena, options.state);
  const log = openLogFile(join(home, 'log', `coordinator-${options.state}.log`));
  let child: GuardedChild;
  try {
    const args = [
      ...['--disable-warning=ExperimentalWarning', join(REPOSITORY, 'packages/cli/src/main.ts'), 'run', '--json'],
      ...['--project', project, '--state', state, '--engine', services.get('spark').url],
      ...['--kafka', services.get('kafka').url, '--amqp', services.get('artemis').url],
      ...['--actions-topic', `parallax-actions-${PROJECT}`, '--from', minuteText(options.from)],
      ...(options.minutes === null ? [] : ['--minutes', String(options.minutes)]),
      ...(options.verify === false ? ['--no-verify'] : []),
    ];
    const env = { ...definedOf(process.env), ...generator.environment };
    child = await startGuardedChild(
      { command: process.execPath, args, cwd: REPOSITORY, env, stopSignal: 'SIGTERM', deathSignal: 'KILL' },
      log.fd,
    );
  } finally {
    log.close();
  }
  const ended = new AbortController();
  const watch = new LedgerWatch({
    ledger: join(state, 'ledger.sqlite'),
    graceMs: GRACE_MS,
    roles: rolesOf(arena, child.pid),
    pipeline: ['coordinator', 'spark'],
    signal: AbortSignal.any([ended.signal, context.signal]),
    onMinute: (record) => options.onMinute?.(record, child.pid),
  });
  const watching = watch.run();
  // Without its watch a coordinator is of no use: both ends are told in one.
  const broken = Promise.race([watching.then(() => new Promise<never>(() => undefined)), child.exited.then(endedByItself)]);
  broken.catch(() => undefined);
  return {
    pid: child.pid,
    watch,
    exited: child.exited,
    broken,
    async stop() {
      await child.stop();
      ended.abort();
      await watching;
    },
  };
}

function endedByItself(): never {
  throw new ParallaxError('PRLX_BENCH_COORDINATOR', 'the coordinator ended by itself', { advice: 'Its log is log/coordinator-….log.' });
}

/** Where a coordinator keeps ledger and state. */
export function stateFolder({ home }: Arena, state: string): string {
  return join(home, 'states', state);
}

function rolesOf({ services, generator }: Arena, coordinator: number): Roles {
  const roles = new Map<string, number | { readonly childrenOf: number }>([
    ['spark', services.get('spark').pid],
    ['coordinator', coordinator],
    ['verifier', { childrenOf: coordinator }],
    ['generator', generator.pid],
    ['bench', process.pid],
  ]);
  for (const { name, pid } of services.running) if (name !== 'spark') roles.set(name, pid);
  return roles;
}

function minuteText(micros: bigint): string {
  return `${new Date(Number(micros / 1000n)).toISOString().slice(0, 19)}Z`;
}

function definedOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
