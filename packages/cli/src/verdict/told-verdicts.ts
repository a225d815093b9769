import { formatSecond, type Micros, type MinuteVerdict } from '@parallax/core';
import type { Again } from './again.ts';
import { verdictHead, verdictLines } from './cause.ts';

/** What is told of a run's verdicts as they come: who differs, once a minute, and minute after minute of one cause in short. */
export class ToldVerdicts {
  readonly #again: Again;
  readonly #place: string;
  #told: { readonly minute: Micros; readonly head: string } | null = null;

  /** @param place the flags by which `parallax verdicts` finds the run */
  constructor(again: Again, place: string) {
    this.#again = again;
    this.#place = place;
  }

  /** The lines to tell of a verdict; none of a match, or of a minute that was told of, or that is older. */
  of(verdict: MinuteVerdict): readonly string[] {
    const { minute } = verdict;
    if (verdict.verdict === 'match' || (this.#told !== null && minute <= this.#told.minute)) return [];
    const head = verdictHead(verdict);
    const before = this.#told;
    this.#told = { minute, head };
    if (head !== before?.head) return verdictLines(verdict, this.#again);
    return [`${formatSecond(minute)} ${head}, as before: ./parallax verdicts ${formatSecond(minute)} ${this.#place} says for whom`];
  }
}
