import { setTimeout as delay } from 'node:timers/promises';

/** Time, passed in: the simulator itself reads no clock. Milliseconds since 1970. */
export interface Clock {
  readonly nowMs: () => number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
};
