import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type StopSignal = (typeof SIGNALS)[number];

/** The user stopped the command before it was done: nothing to explain, and the exit code that a shell expects. */
export class Stopped extends Error {
  /** 128 plus the signal's number. */
  readonly exitCode: number;

  constructor(signal: StopSignal) {
    super(`stopped by ${signal}`);
    this.name = 'Stopped';
    this.exitCode = 128 + constants.signals[signal];
  }
}

/**
 * Runs `work` with a signal that is aborted by the first Ctrl-C (SIGINT), SIGTERM or SIGHUP. A second one ends the process at
 * once; what it started notices and ends too.
 *
 * @param work should end soon after the abort: by returning, when stopping is how it ends well, or by throwing
 * @param onStop told of the first signal, to say on the terminal that the stop is under way
 * @returns what `work` returns; when it throws after the abort, whatever it throws, a `Stopped` with that as its cause
 */
export async function untilStopped<T>(work: (signal: AbortSignal) => Promise<T>, onStop: () => void = () => {}): Promise<T> {
  const controller = new AbortController();
  let stopped: Stopped | null = null;
  const handlers = SIGNALS.map((name) => {
    const handler = (): void => {
      if (stopped !== null) process.exit(stopped.exitCode);
      stopped = new Stopped(name);
      onStop();
      controller.abort(stopped);
    };
    process.on(name, handler);
    return { name, handler };
  });
  try {
    return await work(controller.signal);
  } catch (error) {
    if (stopped === null) throw error;
    (stopped as Stopped).cause = error;
    throw stopped;
  } finally {
    for (const { name, handler } of handlers) process.removeListener(name, handler);
  }
}
