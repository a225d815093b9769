import type { Stage, Witness } from '@parallax/core';
import type { Origin } from './columns.ts';
import { BLOCKED_CUSTOMERS_MAX, WITNESSES_MAX } from './limits.ts';

/** One cell, row or count that is not the same on both sides. */
export interface Difference extends Origin {
  readonly stage: Stage;
  /** Null: it belongs to no customer. */
  readonly customer: string | null;
  readonly column: string;
  /** Null: null, or no such row. */
  readonly spark: string | null;
  readonly alternative: string | null;
}

/** The differences of one minute, stage by stage: all of them counted, the first few kept. */
export class Findings {
  readonly #counts = new Map<Stage, number>();
  readonly #kept = new Map<Stage, Difference[]>();
  readonly #customers = new Set<string>();
  readonly #coverage: Record<string, number | string> = {};
  #unattributed = false;
  #overflowed = false;

  add(difference: Difference): void {
    const { stage, customer } = difference;
    this.#counts.set(stage, (this.#counts.get(stage) ?? 0) + 1);
    const kept = this.#kept.get(stage);
    if (kept === undefined) this.#kept.set(stage, [difference]);
    else if (kept.length < WITNESSES_MAX && kept.every((each) => each.customer === null || each.customer !== customer))
      kept.push(difference);
    if (customer !== null) this.hold(customer);
  }

  /** Holds a customer's actions back. */
  hold(customer: string): void {
    if (this.#customers.size < BLOCKED_CUSTOMERS_MAX) this.#customers.add(customer);
    else if (!this.#customers.has(customer)) this.#overflowed = true;
  }

  /** Something differs that no customer can be named for: everyone's actions are held back. */
  holdAll(): void {
    this.#unattributed = true;
  }

  /** Notes what was compared. */
  covered(what: string, rows: number | string): void {
    this.#coverage[what] = rows;
  }

  count(stage: Stage): number {
    return this.#counts.get(stage) ?? 0;
  }

  /** The first differences of a stage, of different customers. */
  of(stage: Stage): readonly Difference[] {
    return this.#kept.get(stage) ?? [];
  }

  get coverage(): Readonly<Record<string, number | string>> {
    return this.#coverage;
  }

  /** Null: all. */
  get customers(): ReadonlySet<string> | null {
    return this.#unattributed || this.#overflowed ? null : this.#customers;
  }
}

export function witnessOf({ customer, column, spark, alternative }: Difference, detail: readonly string[] = []): Witness {
  return { customer: customer ?? '', column, spark, alternative, detail };
}
