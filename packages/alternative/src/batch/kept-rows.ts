import type { BatchRow, BatchView, RowWithout } from './batch-view.ts';

/** The batch rows of the customers at hand, kept from when they come until they go or the day changes. */
export class KeptRows {
  #view: BatchView | null = null;
  /** Null: not in the base. */
  readonly #rows = new Map<string, BatchRow | null>();

  use(view: BatchView): void {
    if (view === this.#view) return;
    this.#view = view;
    this.#rows.clear();
  }

  /** Looks up those that are not at hand. */
  async ensure(keys: Iterable<string>): Promise<void> {
    if (this.#view === null) throw new Error('no batch view is in use');
    const missing: string[] = [];
    for (const key of keys) if (!this.#rows.has(key)) missing.push(key);
    if (missing.length === 0) return;
    const found = await this.#view.rows(missing);
    for (const key of missing) this.#rows.set(key, found.get(key) ?? null);
  }

  /** Null when the customer is not in the base. */
  get(key: string): BatchRow | null {
    return this.#rows.get(key) ?? null;
  }

  /** A customer's row without each of its tables; nothing when no view is in use. */
  async without(key: string): Promise<readonly RowWithout[]> {
    return (await this.#view?.without(key)) ?? [];
  }

  forget(keys: Iterable<string>): void {
    for (const key of keys) this.#rows.delete(key);
  }
}
