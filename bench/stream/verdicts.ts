import { MICROS_PER_MINUTE, type Verdict } from '@parallax/core';
import { VerdictStore } from '@parallax/reconcile';
import { GRACE_MS } from './arena.ts';

/** What a minute's verdict was, and how long after the seal's instant it came. */
export interface TimedVerdict {
  readonly verdict: Verdict;
  readonly lagSeconds: number;
}

/**
 * The verdicts on minutes, in their order; null: it has none.
 *
 * @param state the run's state folder
 */
export function verdictsOf(state: string, minutes: readonly bigint[]): readonly (TimedVerdict | null)[] {
  const store = VerdictStore.read(state);
  try {
    return minutes.map((minute) => {
      const given = store?.given(minute) ?? null;
      if (given === null) return null;
      const sealed = minute + MICROS_PER_MINUTE + BigInt(GRACE_MS) * 1000n;
      return { verdict: given.verdict.verdict, lagSeconds: Number(given.at - sealed) / 1_000_000 };
    });
  } finally {
    store?.close();
  }
}
