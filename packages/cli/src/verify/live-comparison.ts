import type { CommittedMinute } from '@parallax/alternative';
import { formatSecond, type Micros, type MinuteVerdict, ParallaxError } from '@parallax/core';
import {
  type AheadFolders,
  type AlternativeLookups,
  type AlternativeMinuteSide,
  changedOutputs,
  Reconciler,
  type ReconcilerOptions,
  type SparkMinute,
} from '@parallax/reconcile';
import { COMPARED_TRIES_MAX } from './limits.ts';
import { comparisonFailed, withoutComparison } from './without-comparison.ts';

/** Errors of the system that say that this process, or the machine, has run out of something: not the minute's fault. */
const EXHAUSTED: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOSPC']);

/**
 * Compares minutes in order and has a verdict on each: one whose files cannot be read, or whose comparison fails in any other way, is inconclusive, and
 * the next is compared by a reconciler that begins anew with what was known before.
 */
export class LiveComparison {
  readonly #options: ReconcilerOptions;
  readonly #note: (text: string) => void;
  #reconciler: Reconciler;
  #remembered: string;

  private constructor(options: ReconcilerOptions, note: (text: string) => void, reconciler: Reconciler) {
    this.#options = options;
    this.#note = note;
    this.#reconciler = reconciler;
    this.#remembered = reconciler.remembered();
  }

  static async open(options: ReconcilerOptions, note: (text: string) => void): Promise<LiveComparison> {
    return new LiveComparison(options, note, await Reconciler.open(options));
  }

  close(): Promise<void> {
    return this.#reconciler.close();
  }

  /** What the minutes after the newest need to know, as text. */
  remembered(): string {
    return this.#remembered;
  }

  /** Compares what can be before a minute is over. What fails of it is asked again when the minute is: nobody relies on it. */
  async ahead(minute: Micros, folders: AheadFolders, lookups: AlternativeLookups): Promise<void> {
    try {
      await this.#reconciler.ahead(minute, folders, lookups);
    } catch (error) {
      if (isExhausted(error)) throw error;
      this.#note(`${formatSecond(minute)} cannot be compared ahead: ${error instanceof Error ? error.message : String(error)}`);
      await this.#beginAnew();
    }
  }

  /** Does what can be done of a minute whose messages the alternative has taken in, before its online calls are closed. */
  async takenIn(lookups: AlternativeLookups): Promise<void> {
    await this.#reconciler.takenIn(lookups);
  }

  /** Does what can be done of a minute that the alternative has run before the Spark side's files are there. */
  async prepare(lookups: AlternativeLookups): Promise<void> {
    await this.#reconciler.prepare(lookups);
  }

  /** The verdict on a minute. Throws only what is this process's own trouble: that it has run out of files, memory or disk. */
  async minute(committed: CommittedMinute, spark: SparkMinute, alternative: AlternativeMinuteSide): Promise<MinuteVerdict> {
    for (let tries = 1; ; tries++) {
      try {
        const changed = await changedOutputs(spark, alternative.lookups);
        if (changed !== null) return withoutComparison(committed, 'overwritten', 'files', changed);
        const verdict = await this.#reconciler.minute(spark, alternative);
        this.#remembered = this.#reconciler.remembered();
        return verdict;
      } catch (error) {
        if (isExhausted(error)) throw error;
        await this.#beginAnew();
        if (error instanceof ParallaxError && error.retryable && tries < COMPARED_TRIES_MAX) continue;
        return this.#failed(committed, spark, alternative, error);
      }
    }
  }

  /** Threads of one that failed may still be at work on the minute: its successor has its own. */
  async #beginAnew(): Promise<void> {
    await this.#reconciler.close();
    this.#reconciler = await Reconciler.open({ ...this.#options, remembered: this.#remembered });
  }

  async #failed(
    committed: CommittedMinute,
    spark: SparkMinute,
    alternative: AlternativeMinuteSide,
    error: unknown,
  ): Promise<MinuteVerdict> {
    await this.#reconciler.passOver(spark, alternative);
    this.#remembered = this.#reconciler.remembered();
    const failed = comparisonFailed(committed, error);
    this.#note(`${formatSecond(committed.minute)} cannot be compared: ${failed.witnesses[0]?.detail.join(' ')}`);
    // Who is late may have its files reclaimed while it reads them.
    const gone = await changedOutputs(spark, alternative.lookups).catch(() => null);
    return gone === null ? failed : withoutComparison(committed, 'overwritten', 'files', gone);
  }
}

function isExhausted(error: unknown): boolean {
  return error instanceof Error && 'code' in error && EXHAUSTED.has(error.code);
}
