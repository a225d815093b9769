import { spawn } from 'node:child_process';
import { REPOSITORY } from '@parallax/local';
import type { Step } from './steps.ts';
import { add, NOTHING, type Tally } from './tally.ts';

/** From the signal to SIGKILL, for a step that is stopped: vitest stops the services meanwhile. */
const STOP_MS_MAX = 60_000;

/** Runs every step, also after one that failed, and adds up. An abort ends the running step, with all that it started, and throws. */
export async function runSteps(steps: readonly Step[], signal: AbortSignal): Promise<Tally> {
  let total = NOTHING;
  for (const step of steps) {
    signal.throwIfAborted();
    const begin = performance.now();
    process.stdout.write(`== ${step.name}\n`);
    step.clean();
    const exitCode = await run(step, signal);
    signal.throwIfAborted();
    const tally = step.count(exitCode);
    total = add(total, tally);
    process.stdout.write(
      `== ${step.name}: ${tally.passed} passed, ${tally.failed} failed in ${((performance.now() - begin) / 1000).toFixed(1)} s\n`,
    );
  }
  return total;
}

/** Runs the step's program in a process group of its own, and leaves nothing of the group behind. @returns its exit code, 1 for a signal */
function run(step: Step, signal: AbortSignal): Promise<number> {
  const child = spawn(step.command, step.args, { cwd: REPOSITORY, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  const group = (name: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch (error) {
      const gone = error instanceof Error && 'code' in error && error.code === 'ESRCH';
      if (!gone) throw error;
    }
  };
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    group('SIGTERM');
    timer = setTimeout(() => group('SIGKILL'), STOP_MS_MAX);
  };
  signal.addEventListener('abort', stop);
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  }).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    group('SIGKILL');
  });
}
