import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ParallaxError } from '@parallax/core';
import { send } from './guarded-child.ts';
import { removeHome } from './home.ts';
import { DOWN_MS_MAX, EXIT_INTERVAL_MS, KILL_MS_MAX } from './limits.ts';
import { openLog } from './log-file.ts';
import { probeService } from './probe.ts';
import { isAlive, type ProcessId, residentBytes } from './proc.ts';
import type { SupervisorMessage } from './supervisor.ts';
import { type ProgressEvent, SERVICE_NAMES, type ServiceName } from './types.ts';
import { readUpState, removeUpState, UP_FILE, UP_HOME, type UpState } from './up-state.ts';

/** Where a set of services is recorded, and where its data stands. */
export interface UpPlace {
  readonly file: string;
  readonly home: string;
}

const PLACE: UpPlace = { file: UP_FILE, home: UP_HOME };

/**
 * Starts services that go on after this process ends, and waits until they are ready. Those that are up already are left as they are.
 *
 * @throws ParallaxError PRLX_UP_OTHER when other services than these are up; PRLX_UP_FAILED with what the supervisor says
 */
export async function bringUp(
  names: readonly ServiceName[],
  onProgress: (event: ProgressEvent) => void,
  place: UpPlace = PLACE,
): Promise<UpState> {
  const state = readUpState(place.file);
  if (state !== null && isAlive(state.supervisor)) {
    const missing = names.filter((name) => !state.services.some((service) => service.name === name && isAlive(service)));
    if (missing.length === 0) return state;
    throw new ParallaxError('PRLX_UP_OTHER', `services are up, but ${missing.join(', ')} is not among them`, {
      advice: 'Run ./parallax down first, then ./parallax up with all that you need.',
    });
  }
  await startSupervisor(names, onProgress, place);
  const started = readUpState(place.file);
  if (started === null) throw new ParallaxError('PRLX_UP_FAILED', `the services are ready, but ${place.file} is gone`);
  return started;
}

function startSupervisor(names: readonly ServiceName[], onProgress: (event: ProgressEvent) => void, place: UpPlace): Promise<void> {
  const log = openLog(join(place.home, 'log', 'supervisor.log'), `up ${names.join(' ')}`);
  const child = spawn(process.execPath, [join(import.meta.dirname, 'supervisor.ts'), place.file, place.home, ...names], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  return new Promise<void>((resolve, reject) => {
    const failed = (message: string, advice?: string): void =>
      reject(new ParallaxError('PRLX_UP_FAILED', message, advice === undefined ? {} : { advice }));
    child.on('message', (message: SupervisorMessage) => {
      if (message.kind === 'progress') onProgress(message.event);
      else if (message.kind === 'ready') resolve();
      else failed(message.message, message.advice);
    });
    child.once('error', (error) => failed(`the supervisor cannot be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      failed(`the supervisor ended with ${signal ?? `exit code ${code}`}; see ${place.home}/log/supervisor.log`),
    );
  }).then(() => {
    if (child.connected) child.disconnect();
    child.unref();
  });
}

/** Stops what `up` started, whatever state it is in; false when nothing was up. With `purge`, removes the data too. */
export async function bringDown(options: { readonly purge?: boolean } = {}, place: UpPlace = PLACE): Promise<boolean> {
  const state = readUpState(place.file);
  if (state !== null) {
    send(state.supervisor, 'SIGTERM');
    if (!(await untilGone([state.supervisor], DOWN_MS_MAX))) send(state.supervisor, 'SIGKILL');
    // The kernel ends what a killed supervisor leaves; this is for what it does not.
    if (!(await untilGone([state.supervisor, ...state.services], KILL_MS_MAX))) {
      for (const service of state.services) send(service, 'SIGKILL');
    }
    if (!(await untilGone(state.services, KILL_MS_MAX))) {
      throw new ParallaxError(
        'PRLX_SERVICE_STOP',
        `still running: ${state.services.filter(isAlive).map((service) => `${service.name} (${service.pid})`)}`,
      );
    }
    removeUpState(place.file);
  }
  if (options.purge === true) removeHome(place.home);
  return state !== null;
}

async function untilGone(processes: readonly ProcessId[], withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (processes.some(isAlive)) {
    if (performance.now() > deadline) return false;
    await sleep(EXIT_INTERVAL_MS * 5);
  }
  return true;
}

export interface ServiceStatus {
  readonly service: ServiceName;
  /** `down`: not started; `gone`: was started, its process has ended; `silent`: it runs and does not answer. */
  readonly state: 'ready' | 'silent' | 'gone' | 'down';
  readonly pid: number | null;
  readonly port: number | null;
  readonly url: string | null;
  readonly rssBytes: number | null;
  readonly logFile: string | null;
  /** Why it is silent. */
  readonly detail: string | null;
}

/** One entry a service, in the order of `SERVICE_NAMES`; each running one is asked in its own protocol. */
export async function upStatus(place: UpPlace = PLACE): Promise<ServiceStatus[]> {
  const state = readUpState(place.file);
  return Promise.all(SERVICE_NAMES.map((name) => statusOf(name, state)));
}

async function statusOf(service: ServiceName, state: UpState | null): Promise<ServiceStatus> {
  const recorded = state?.services.find((candidate) => candidate.name === service);
  if (recorded === undefined) {
    return { service, state: 'down', pid: null, port: null, url: null, rssBytes: null, logFile: null, detail: null };
  }
  const { pid, port, url, logFile } = recorded;
  if (!isAlive(recorded)) return { service, state: 'gone', pid, port, url, rssBytes: 0, logFile, detail: null };
  const rssBytes = residentBytes(pid);
  try {
    await probeService(service, url);
    return { service, state: 'ready', pid, port, url, rssBytes, logFile, detail: null };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { service, state: 'silent', pid, port, url, rssBytes, logFile, detail };
  }
}
