import { COMMIT_MS_MAX, FIRST_COMMIT_MS_MAX } from '../limits.ts';
import type { RunningCoordinator } from './arena.ts';
import type { MinuteRecord } from './minutes.ts';

/** The minutes of one coordinator as they come, taken one after the other. */
export class LiveMinutes {
  readonly #coordinator: RunningCoordinator;
  #taken = 0;

  constructor(coordinator: RunningCoordinator) {
    this.#coordinator = coordinator;
  }

  /** Waits for the first minute that was run as it ended, and for `minutes` more. */
  async warm(minutes: number): Promise<void> {
    await this.#until('the first minute', FIRST_COMMIT_MS_MAX, () => true);
    await this.#until('a minute on time', COMMIT_MS_MAX, (record) => !record.missed);
    this.#taken = this.#coordinator.watch.records.length;
    await this.skip(minutes - 1);
  }

  /** The next so many minutes. */
  async take(minutes: number): Promise<MinuteRecord[]> {
    const first = this.#taken;
    await this.skip(minutes);
    return this.#coordinator.watch.records.slice(first, this.#taken);
  }

  async skip(minutes: number): Promise<void> {
    if (minutes <= 0) return;
    const wanted = this.#taken + minutes;
    await this.#until(`${minutes} minutes`, COMMIT_MS_MAX + minutes * 60_000, () => this.#coordinator.watch.records.length >= wanted);
    this.#taken = wanted;
  }

  /** Does `work` while minutes go on, and gives with it those that were committed meanwhile. */
  async during<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly minutes: readonly MinuteRecord[] }> {
    const { broken, watch } = this.#coordinator;
    const first = watch.records.length;
    const result = await Promise.race([broken, work()]);
    this.#taken = watch.records.length;
    return { result, minutes: watch.records.slice(first) };
  }

  async #until(what: string, ms: number, holds: (record: MinuteRecord) => boolean): Promise<void> {
    await Promise.race([this.#coordinator.broken, this.#coordinator.watch.until(what, ms, holds)]);
  }
}
