import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ParallaxError } from '@parallax/core';
import type { SentCounts } from '@parallax/simulator';
import { GENERATOR_ORDER_MS_MAX } from '../limits.ts';
import { openLogFile } from '../log-file.ts';
import type { Answer, Flow, GeneratorSettings, Order } from './generator-orders.ts';

const MODULE = fileURLToPath(new URL('./generator-process.ts', import.meta.url));

/** The generator's process, as the bench drives it. */
export interface Generator {
  readonly pid: number;
  /** What the project's files name: DWH_URL, NOSQL_CONTACT, CARE_URL. */
  readonly environment: Readonly<Record<string, string>>;
  loadDay(day: string, completedAtUs: number): Promise<void>;
  /** Returns the messages sent, by stream and kind. */
  history(flow: Flow, fromUs: number, toUs: number): Promise<SentCounts>;
  start(name: string, flow: Flow): Promise<void>;
  stopFlow(name: string): Promise<SentCounts>;
  stop(): Promise<void>;
}

/** Starts the generator; it ends with this process, whose channel it watches. */
export async function startGenerator(settings: GeneratorSettings, logFile: string, execArgv: readonly string[] = []): Promise<Generator> {
  const log = openLogFile(logFile);
  const child = fork(MODULE, [JSON.stringify(settings)], {
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning', ...execArgv],
  });
  log.close();
  const waiting = new Map<number, { resolve: (sent: SentCounts) => void; reject: (error: Error) => void }>();
  const ready = Promise.withResolvers<Readonly<Record<string, string>>>();
  child.on('message', (message: Answer) => {
    if (message.kind === 'ready') return ready.resolve(message.environment);
    const order = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === 'done') order?.resolve(message.sent);
    else order?.reject(new ParallaxError('PRLX_BENCH_GENERATOR', `the generator failed: ${message.message}`));
  });
  child.on('exit', () => {
    const gone = new ParallaxError('PRLX_BENCH_GENERATOR', 'the generator ended by itself', { advice: `Its log is ${logFile}.` });
    ready.reject(gone);
    for (const { reject } of waiting.values()) reject(gone);
  });
  const environment = await ready.promise;
  let id = 0;
  const order = async (what: Order): Promise<SentCounts> => {
    const { promise, resolve, reject } = Promise.withResolvers<SentCounts>();
    const number = id++;
    waiting.set(number, { resolve, reject });
    child.send({ id: number, order: what });
    const late = setTimeout(
      () => reject(new ParallaxError('PRLX_BENCH_GENERATOR', `the generator did not answer ${what.kind}`)),
      GENERATOR_ORDER_MS_MAX,
    );
    return promise.finally(() => clearTimeout(late));
  };
  return {
    pid: child.pid ?? -1,
    environment,
    loadDay: async (day, completedAtUs) => void (await order({ kind: 'load', day, completedAtUs })),
    history: (flow, fromUs, toUs) => order({ kind: 'history', flow, fromUs, toUs }),
    start: async (name, flow) => void (await order({ kind: 'start', name, flow })),
    stopFlow: (name) => order({ kind: 'stop', name }),
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.disconnect();
  await exited;
}
