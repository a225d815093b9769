import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { OPTIMISER_NICENESS } from './limits.ts';

/** HotSpot's optimising compilers, as the system cuts their names. */
const OPTIMISER = /^C2 CompilerThre/;

/** What says that a thread has ended, or that this system has no such priorities or does not let us set them. */
const NOT_GIVEN = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ERR_SYSTEM_ERROR']);

/**
 * Lets the threads of a JVM that work go before those that optimise its code, where a thread has a priority of its own (Linux does, setpriority(2)). What is compiled well
 * a second later costs little; a minute that waits for it is late. The compilers that make the first, plain code stay as they are.
 */
export function yieldOptimisers(pid: number): void {
  for (const thread of threadsOf(pid)) {
    try {
      if (OPTIMISER.test(readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8'))) setPriority(Number(thread), OPTIMISER_NICENESS);
    } catch (error) {
      if (!isNotGiven(error)) throw error;
    }
  }
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch (error) {
    if (isNotGiven(error)) return [];
    throw error;
  }
}

function isNotGiven(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NOT_GIVEN.has(String(error.code));
}
