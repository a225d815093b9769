import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ParallaxError } from '@parallax/core';
import { EXIT_INTERVAL_MS, KILL_MS_MAX, ORPHAN_MS_MAX, STOP_MS_MAX } from './limits.ts';
import { family, isAlive, type ProcessId, startTicks } from './proc.ts';
import type { ExitStatus } from './types.ts';

export interface ChildPlan {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs as this user and group instead of ours (needs root). */
  readonly uid?: number;
  readonly gid?: number;
  /** What ends it cleanly. */
  readonly stopSignal: NodeJS.Signals;
  /** What the kernel sends it when the thread that started it ends. */
  readonly deathSignal: 'KILL' | 'QUIT';
}

/** A child process that cannot outlive this one, however this one ends. */
export interface GuardedChild extends ProcessId {
  readonly exited: Promise<ExitStatus>;
  stop(): Promise<void>;
}

/**
 * Refuses to start when the parent died before `setpriv` could ask the kernel for the death signal; then becomes the command.
 * `$0` is the parent's pid.
 */
const EXEC_IF_PARENT_LIVES = '[ "$PPID" = "$0" ] || exit 125; exec "$@"';

/**
 * Waits until its standard input, which only the parent holds open, ends; then kills the process `$0` if it still is the one that was
 * started at tick `$1`.
 */
const KILL_AT_END_OF_INPUT =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own variables
  'cat >/dev/null; s=$(cat /proc/"$0"/stat 2>/dev/null) || exit 0; set -- "$1" ${s##*)}; [ "${21}" = "$1" ] && kill -KILL "$0"';

/**
 * Starts a child in a session of its own (a Ctrl-C on our terminal does not reach it), its output appended to `log`.
 *
 * With util-linux's `setpriv` the kernel sends the child `deathSignal` when the starting thread ends (PR_SET_PDEATHSIG, prctl(2)): so
 * call this from a thread that lives as long as the service should. Without it a small guard process does the same at the end of a pipe.
 *
 * @throws ParallaxError PRLX_SERVICE_START when the command cannot be run.
 */
export async function startGuardedChild(plan: ChildPlan, log: number): Promise<GuardedChild> {
  const setpriv = findOnPath('setpriv', process.env.PATH ?? '');
  const guarded =
    setpriv === null
      ? { command: plan.command, args: [...plan.args] }
      : {
          command: setpriv,
          args: ['--pdeathsig', plan.deathSignal, '/bin/sh', '-c', EXEC_IF_PARENT_LIVES, String(process.pid), plan.command, ...plan.args],
        };
  const child = spawn(guarded.command, guarded.args, {
    cwd: plan.cwd,
    env: plan.env,
    detached: true,
    stdio: ['ignore', log, log],
    ...(plan.uid === undefined ? {} : { uid: plan.uid }),
    ...(plan.gid === undefined ? {} : { gid: plan.gid }),
  });
  const exited = new Promise<ExitStatus>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  await started(child, plan.command);
  const pid = child.pid ?? -1;
  const id: ProcessId = { pid, startTicks: startTicks(pid) ?? -1 };
  const guard = setpriv === null ? startGuard(id) : null;
  void exited.then(() => guard?.kill('SIGKILL'));

  let stopping: Promise<void> | undefined;
  return {
    ...id,
    exited,
    stop: () => {
      stopping ??= stopFamily(id, plan.stopSignal, exited);
      return stopping;
    },
  };
}

function started(child: ChildProcess, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => {
      reject(new ParallaxError('PRLX_SERVICE_START', `cannot run ${command}: ${cause.message}`, { cause }));
    });
  });
}

function startGuard(id: ProcessId): ChildProcess {
  return spawn('/bin/sh', ['-c', KILL_AT_END_OF_INPUT, String(id.pid), String(id.startTicks)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
}

/** Signals the process, then waits for it and everything that it had started; kills what is left. */
async function stopFamily(id: ProcessId, signal: NodeJS.Signals, exited: Promise<ExitStatus>): Promise<void> {
  const members = family(id.pid);
  send(id, signal);
  const inTime = await Promise.race([exited.then(() => true), sleep(STOP_MS_MAX, false, { ref: false })]);
  if (!inTime) members.push(...family(id.pid));
  if (inTime && (await gone(members, ORPHAN_MS_MAX))) return;
  for (const member of members) send(member, 'SIGKILL');
  await exited;
  if (await gone(members, KILL_MS_MAX)) return;
  const left = members.filter(isAlive).map((member) => member.pid);
  throw new ParallaxError('PRLX_SERVICE_STOP', `processes survive SIGKILL: ${left.join(', ')}`);
}

/** Whether all of them end within the time. */
async function gone(members: readonly ProcessId[], withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (members.some(isAlive)) {
    if (performance.now() > deadline) return false;
    await sleep(EXIT_INTERVAL_MS);
  }
  return true;
}

/** Signals exactly this process; one that is gone, or whose pid another process has now, is left alone. */
export function send(id: ProcessId, signal: NodeJS.Signals): void {
  if (!isAlive(id)) return;
  try {
    process.kill(id.pid, signal);
  } catch (error) {
    const gone = error instanceof Error && 'code' in error && error.code === 'ESRCH';
    if (!gone) throw error;
  }
}

/** The first executable of that name on a `PATH`, or null. */
export function findOnPath(name: string, path: string): string | null {
  for (const folder of path.split(delimiter)) {
    if (folder === '') continue;
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not in this folder: look in the next.
    }
  }
  return null;
}
