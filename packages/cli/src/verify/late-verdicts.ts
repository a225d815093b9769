import type { Micros, MinuteVerdict, VerdictSource } from '@parallax/core';
import { VerdictStore } from '@parallax/reconcile';

/** The verdicts of a run whose verifier may not have made its store yet. */
export class LateVerdicts implements VerdictSource {
  readonly #state: string;
  #store: VerdictStore | null = null;

  /** @param state the run's state folder */
  constructor(state: string) {
    this.#state = state;
  }

  verdictOf(minute: Micros): MinuteVerdict | null {
    this.#store ??= VerdictStore.read(this.#state);
    return this.#store?.verdictOf(minute) ?? null;
  }

  close(): void {
    this.#store?.close();
  }
}
