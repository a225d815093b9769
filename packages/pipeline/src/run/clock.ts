import { setTimeout as delay } from 'node:timers/promises';
import type { Micros } from '@parallax/core';

/** Time as it is passed in, so that tests can turn it. */
export interface Clock {
  now(): Micros;
  /** Resolves after `ms`, or early when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)),
  async sleep(ms, signal) {
    if (signal?.aborted) return;
    await delay(Math.max(0, ms), undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
  },
};

/** Sleeps until `at`, in pieces, so that a machine that was suspended notices. */
export async function sleepUntil(clock: Clock, at: Micros, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const left = Number((at - clock.now()) / 1000n);
    if (left < 0) return;
    await clock.sleep(Math.min(left + 1, 10_000), signal);
  }
}
