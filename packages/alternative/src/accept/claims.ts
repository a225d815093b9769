const MINUTE_US = 60_000_000;

/**
 * The event ids that accepted events of one stream have claimed (contract, section 3.4). A claim lasts as long as its event's time is not
 * late. Times are µs from the clock's origin.
 */
export class Claims {
  readonly #times = new Map<string, number>();
  /** Ids by the minute of their event, so that old ones are found without a look at the others. */
  readonly #byMinute = new Map<number, string[]>();

  has(id: string): boolean {
    return this.#times.has(id);
  }

  add(id: string, time: number): void {
    this.#times.set(id, time);
    const minute = Math.floor(time / MINUTE_US);
    const ids = this.#byMinute.get(minute);
    if (ids === undefined) this.#byMinute.set(minute, [id]);
    else ids.push(id);
  }

  /** Ends the claims of events before `oldest`. */
  expire(oldest: number): void {
    const last = Math.floor(oldest / MINUTE_US);
    for (const [minute, ids] of this.#byMinute) {
      if (minute > last) continue;
      const kept = minute < last ? [] : ids.filter((id) => (this.#times.get(id) as number) >= oldest);
      const keptIds = new Set(kept);
      for (const id of ids) if (!keptIds.has(id)) this.#times.delete(id);
      if (kept.length === 0) this.#byMinute.delete(minute);
      else this.#byMinute.set(minute, kept);
    }
  }

  get size(): number {
    return this.#times.size;
  }
}
