import { closeSync, existsSync, fstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ParallaxError } from '@parallax/core';
import { type ChildPlan, type GuardedChild, startGuardedChild } from './guarded-child.ts';
import { BIND_ATTEMPTS_MAX, PROBE_INTERVAL_MS, PROBE_MS_MAX, START_MS_MAX } from './limits.ts';
import { lastLines, openLog, readLogFrom } from './log-file.ts';
import { freePorts } from './ports.ts';
import { isAlive, listensOn, type ProcessId, residentBytes } from './proc.ts';
import type { ProgressPhase, RunningService, ServiceName, ServiceOptions } from './types.ts';

/** How to run one service on ports that were free a moment ago. */
export interface LaunchPlan extends ChildPlan {
  readonly url: string;
  /** Asks the service a question in its own protocol; resolves with the answer, rejects while there is none. */
  probe(signal: AbortSignal): Promise<void>;
}

export interface ServiceSpec {
  readonly name: ServiceName;
  /** How many ports it binds; the first is the one that clients use. */
  readonly ports: number;
  /** Writes the configuration and whatever the first start needs; called again with other ports after a bind race. */
  prepare(ports: readonly number[]): Promise<LaunchPlan>;
}

export const dataFolder = (home: string, name: ServiceName): string => join(home, 'data', name);
export const logFile = (home: string, name: ServiceName): string => join(home, 'log', `${name}.log`);

/** A service's URL as it may be shown and logged. */
export const withoutPassword = (url: string): string => url.replace(/:[^:@/]*@/, ':***@');

const BIND_FAILURE = /address (?:already )?in use|BindException|could not bind|Failed to bind|EADDRINUSE/i;

type Outcome = { readonly kind: 'ready' } | { readonly kind: 'exited' | 'timeout'; readonly why: string };

/**
 * Starts a service and resolves when it has answered in its own protocol.
 *
 * @throws ParallaxError PRLX_SERVICE_START with the last lines of the log; the service's process is gone then.
 */
export async function startService(spec: ServiceSpec, options: ServiceOptions): Promise<RunningService> {
  const begin = performance.now();
  const report = (phase: ProgressPhase, detail?: string): void =>
    options.onProgress?.({
      service: spec.name,
      phase,
      elapsedMs: Math.round(performance.now() - begin),
      ...(detail === undefined ? {} : { detail }),
    });
  try {
    for (let attempt = 1; ; attempt++) {
      report('preparing');
      const result = await startOnce(spec, options, () => report('starting'));
      if (result.kind === 'running') {
        report('ready', withoutPassword(result.service.url));
        return result.service;
      }
      if (!BIND_FAILURE.test(result.log) || attempt >= BIND_ATTEMPTS_MAX) throw failure(spec.name, result.why, result.log, options);
    }
  } catch (error) {
    report('failed', error instanceof Error ? error.message.split('\n')[0] : String(error));
    throw error;
  }
}

type Attempt =
  | { readonly kind: 'running'; readonly service: RunningService }
  | { readonly kind: 'failed'; readonly why: string; readonly log: string };

async function startOnce(spec: ServiceSpec, options: ServiceOptions, onStarting: () => void): Promise<Attempt> {
  options.signal?.throwIfAborted();
  const file = logFile(options.home, spec.name);
  refuseSecondUse(spec.name, options.home);
  const ports = await freePorts(spec.ports);
  const plan = await spec.prepare(ports);
  options.signal?.throwIfAborted();
  const log = openLog(file, `${spec.name} on ports ${ports.join(', ')}`);
  const from = fstatSync(log).size;
  let child: GuardedChild;
  try {
    onStarting();
    child = await startGuardedChild(plan, log);
  } finally {
    closeSync(log);
  }
  const port = ports[0] ?? 0;
  try {
    noteUse(spec.name, options.home, child);
    const outcome = await untilReady(child, plan, port, options);
    if (outcome.kind === 'ready') return { kind: 'running', service: running(spec.name, child, plan, port, file, options) };
    await child.stop();
    return { kind: 'failed', why: outcome.why, log: readLogFrom(file, from) };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

/** Waits until the child listens on its port and answers, ends, or has had its time; rejects when the signal is aborted. */
async function untilReady(child: GuardedChild, plan: LaunchPlan, port: number, options: ServiceOptions): Promise<Outcome> {
  const startMsMax = options.startMsMax ?? START_MS_MAX;
  const deadline = performance.now() + startMsMax;
  let ended: Outcome | undefined;
  void child.exited.then(({ code, signal }) => {
    ended = { kind: 'exited', why: `its process ended with ${signal ?? `exit code ${code}`} before it was ready` };
  });
  let last = 'it does not listen yet';
  while (performance.now() < deadline) {
    options.signal?.throwIfAborted();
    if (ended !== undefined) return ended;
    if (listensOn(child.pid, port)) {
      try {
        await plan.probe(AbortSignal.timeout(PROBE_MS_MAX));
        if (ended === undefined) return { kind: 'ready' };
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
      }
    }
    await sleep(PROBE_INTERVAL_MS);
  }
  return { kind: 'timeout', why: `it gave no answer within ${startMsMax / 1000} s (last: ${last})` };
}

const useFile = (home: string, name: ServiceName): string => join(dataFolder(home, name), 'process.json');

function noteUse(name: ServiceName, home: string, { pid, startTicks }: ProcessId): void {
  writeFileSync(useFile(home, name), JSON.stringify({ pid, startTicks }));
}

/** Two servers on one data folder would destroy it; the note of one that is gone does not count. */
function refuseSecondUse(name: ServiceName, home: string): void {
  const file = useFile(home, name);
  if (!existsSync(file)) return;
  const { pid, startTicks }: Partial<ProcessId> = JSON.parse(readFileSync(file, 'utf8'));
  if (pid === undefined || startTicks === undefined || !isAlive({ pid, startTicks })) return;
  throw new ParallaxError('PRLX_SERVICE_IN_USE', `${name} already runs on ${dataFolder(home, name)}, as process ${pid}`, {
    advice: 'Stop it first (./parallax down for the services that ./parallax up started), or use another folder.',
  });
}

function running(
  name: ServiceName,
  child: GuardedChild,
  plan: LaunchPlan,
  port: number,
  file: string,
  options: ServiceOptions,
): RunningService {
  return {
    name,
    pid: child.pid,
    startTicks: child.startTicks,
    port,
    url: plan.url,
    logFile: file,
    exited: child.exited,
    rssBytes: async () => residentBytes(child.pid),
    stop: async () => {
      const begin = performance.now();
      const elapsedMs = (): number => Math.round(performance.now() - begin);
      options.onProgress?.({ service: name, phase: 'stopping', elapsedMs: 0 });
      await child.stop();
      options.onProgress?.({ service: name, phase: 'stopped', elapsedMs: elapsedMs() });
    },
  };
}

function failure(name: ServiceName, why: string, log: string, options: ServiceOptions): ParallaxError {
  const file = logFile(options.home, name);
  const tail = log.trim() === '' ? 'The log is empty.' : `The last lines of ${file}:\n${lastLines(log)}`;
  return new ParallaxError('PRLX_SERVICE_START', `${name} did not start: ${why}.\n${tail}`, {
    advice: `Read ${file}. Memory and disk short are the usual causes; a damaged data folder is cured by removing ${dataFolder(options.home, name)}.`,
  });
}
