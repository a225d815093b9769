import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { family } from '@parallax/local/proc.ts';

/** CPU and memory of processes, by the kernel's own accounts: proc_pid_stat(5), proc_pid_status(5). */

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/**
 * Who plays a role: a process, whose living descendants count with it unless they play a role of their own, as this process's do; or the descendants of
 * one, without it.
 */
export type Roles = ReadonlyMap<string, number | { readonly childrenOf: number }>;

/**
 * CPU seconds, user and system, that a process and its living descendants have used since they began, with those of descendants that
 * ended and were waited for. 0 when the process is gone.
 */
export function cpuSeconds(pid: number): number {
  return family(pid).reduce((sum, member) => sum + ownSeconds(member.pid, true), 0);
}

/** The same of one process alone, in one cheap read: for processes that start no others. */
export function ownSeconds(pid: number, withWaited = false): number {
  const text = readProc(pid, 'stat');
  if (text === null) return 0;
  // From the third field on: the name before it may hold blanks. Fields 14 to 17 are utime, stime, cutime, cstime.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = [11, 12, ...(withWaited ? [13, 14] : [])].reduce((sum, at) => sum + Number(fields[at]), 0);
  return ticks / TICKS_PER_SECOND;
}

/** The most resident memory that a process has had so far, MiB (VmHWM); 0 when it is gone. */
export function peakRssMib(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readProc(pid, 'status') ?? '')?.[1];
  return Number(kilobytes ?? 0) / 1024;
}

/** CPU seconds since the beginning, by role. */
export function cpuByRole(roles: Roles): Map<string, number> {
  const parents = new Set([
    process.pid,
    ...[...roles.values()].flatMap((player) => (typeof player === 'number' ? [] : [player.childrenOf])),
  ]);
  return new Map(
    [...roles].map(([role, player]) => {
      if (typeof player !== 'number') return [role, Math.max(0, cpuSeconds(player.childrenOf) - ownSeconds(player.childrenOf))];
      return [role, parents.has(player) ? ownSeconds(player) : cpuSeconds(player)];
    }),
  );
}

/** The most resident memory that who plays a role has had so far, MiB: of several processes the greatest. */
export function peakRssOf(player: number | { readonly childrenOf: number }): number {
  if (typeof player === 'number') return peakRssMib(player);
  const descendants = family(player.childrenOf).filter(({ pid }) => pid !== player.childrenOf);
  return Math.max(0, ...descendants.map(({ pid }) => peakRssMib(pid)));
}

/** What was used between two accounts, by role. A role that is only in `after` began in between. */
export function usedBetween(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...after].map(([role, seconds]) => [role, Math.max(0, seconds - (before.get(role) ?? 0))]));
}

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}
