/** Keys in the order of the outputs, kept from minute to minute: few come and go, and sorting all of them takes longer than all else that is asked of them. */
export class SortedKeys {
  readonly #precedes: (a: string, b: string) => boolean;
  #keys: readonly string[] = [];

  /** @param precedes whether a key comes before another */
  constructor(precedes: (a: string, b: string) => boolean) {
    this.#precedes = precedes;
  }

  /** A list that never changes. */
  get keys(): readonly string[] {
    return this.#keys;
  }

  /** @param added are not there yet; in any order */
  change(added: readonly string[], removed: ReadonlySet<string>): void {
    if (added.length === 0 && removed.size === 0) return;
    const precedes = this.#precedes;
    const sorted = [...added].sort((a, b) => (precedes(a, b) ? -1 : 1));
    const keys: string[] = [];
    let next = 0;
    for (const key of this.#keys) {
      if (removed.has(key)) continue;
      for (; next < sorted.length && precedes(sorted[next] as string, key); next++) keys.push(sorted[next] as string);
      keys.push(key);
    }
    for (; next < sorted.length; next++) keys.push(sorted[next] as string);
    this.#keys = keys;
  }

  clear(): void {
    this.#keys = [];
  }
}
