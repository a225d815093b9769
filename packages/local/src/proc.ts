import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** One process, named so that a recycled pid is not mistaken for it. */
export interface ProcessId {
  readonly pid: number;
  readonly startTicks: number;
}

interface Stat {
  readonly state: string;
  readonly parent: number;
  readonly startTicks: number;
}

/** Whether an error only says that a process or one of its files in /proc is gone. */
function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ESRCH';
}

/** `/proc/<pid>/stat`, or null when there is no such process. See proc_pid_stat(5): the name may hold blanks and brackets. */
function readStat(pid: number): Stat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '?', parent: Number(fields[1]), startTicks: Number(fields[19]) };
}

/** When the process was started, in clock ticks since boot; null when it is gone or only waits to be reaped. */
export function startTicks(pid: number): number | null {
  const stat = readStat(pid);
  return stat === null || stat.state === 'Z' || stat.state === 'X' ? null : stat.startTicks;
}

/** Whether exactly this process still runs. A zombie does not: in a container PID 1 may never reap it. */
export function isAlive(id: ProcessId): boolean {
  return startTicks(id.pid) === id.startTicks;
}

/** The process and all that descend from it, as far as their parents live. */
export function family(pid: number): ProcessId[] {
  const children = new Map<number, ProcessId[]>();
  const result: ProcessId[] = [];
  for (const entry of readdirSync('/proc')) {
    const candidate = Number(entry);
    if (!Number.isInteger(candidate)) continue;
    const stat = readStat(candidate);
    if (stat === null || stat.state === 'Z' || stat.state === 'X') continue;
    const id = { pid: candidate, startTicks: stat.startTicks };
    if (candidate === pid) result.push(id);
    children.set(stat.parent, [...(children.get(stat.parent) ?? []), id]);
  }
  for (let i = 0; i < result.length; i++) {
    const member = result[i];
    if (member !== undefined) result.push(...(children.get(member.pid) ?? []));
  }
  return result;
}

/** Kilobytes after `field:` in a /proc file of a process; 0 when the process is gone. */
function readKilobytes(path: string, field: string): number {
  try {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(path, 'latin1'));
    return Number(match?.[1] ?? 0);
  } catch (error) {
    if (isGone(error)) return 0;
    throw error;
  }
}

/** Resident bytes of a process with its descendants; pages that several of them share count once (proportionally). */
export function residentBytes(pid: number): number {
  const members = family(pid);
  if (members.length === 1) return readKilobytes(`/proc/${pid}/status`, 'VmRSS') * 1024;
  return members.reduce((sum, member) => sum + readKilobytes(`/proc/${member.pid}/smaps_rollup`, 'Pss') * 1024, 0);
}

/** Socket inodes that listen on a TCP port of this machine, IPv4 and IPv6. See proc_net(5). */
function listeningInodes(port: number): Set<string> {
  const inodes = new Set<string>();
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    let text: string;
    try {
      text = readFileSync(table, 'latin1');
    } catch (error) {
      if (isGone(error)) continue;
      throw error;
    }
    for (const line of text.split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === '0A' && fields[1]?.endsWith(`:${hex}`) && fields[9] !== undefined) inodes.add(fields[9]);
    }
  }
  return inodes;
}

/**
 * Whether the process itself listens on the port. Another process that took the port first would otherwise answer the readiness
 * probe in its place.
 */
export function listensOn(pid: number, port: number): boolean {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return false;
  try {
    for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
      const target = readDescriptor(pid, descriptor);
      const inode = /^socket:\[(\d+)\]$/.exec(target ?? '')?.[1];
      if (inode !== undefined && inodes.has(inode)) return true;
    }
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
  return false;
}

function readDescriptor(pid: number, descriptor: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/fd/${descriptor}`);
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}
