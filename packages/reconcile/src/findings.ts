import type { Stage, Witness } from '@parallax/core';
import type { Origin } from './columns.ts';
import { BLOCKED_CUSTOMERS_MAX, EXAMINED_CUSTOMERS_MAX, WITNESSES_MAX } from './limits.ts';

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

/** A customer's result on both sides; null: it has none. */
export interface ResultLines {
  readonly spark: string | null;
  readonly alternative: string | null;
}

/** The differences of one minute, stage by stage: all of them counted, the first few kept. */
export class Findings {
  readonly #counts = new Map<Stage, number>();
  readonly #kept = new Map<Stage, Difference[]>();
  /** Customers that differ, by stage. */
  readonly #differing = new Map<Stage, Set<string>>();
  /** The differences of each customer of a stage, as long as there are few. */
  readonly #firsts = new Map<Stage, Map<string, Difference[]>>();
  readonly #customers = new Set<string>();
  readonly #lines = new Map<string, ResultLines>();
  readonly #coverage: Record<string, number | string> = {};
  /** Stages with a difference that belongs to no customer. */
  readonly #common = new Set<Stage>();
  #unattributed = false;
  #overflowed = false;

  add(difference: Difference): void {
    const { stage, customer } = difference;
    this.#counts.set(stage, (this.#counts.get(stage) ?? 0) + 1);
    const kept = this.#kept.get(stage);
    if (kept === undefined) this.#kept.set(stage, [difference]);
    else if (kept.length < WITNESSES_MAX && kept.every((each) => each.customer === null || each.customer !== customer))
      kept.push(difference);
    if (customer === null) {
      this.#common.add(stage);
      return;
    }
    this.#keepFirst(stage, customer, difference);
    this.hold(customer);
  }

  #keepFirst(stage: Stage, customer: string, difference: Difference): void {
    const differing = this.#differing.get(stage) ?? new Set();
    const firsts = this.#firsts.get(stage) ?? new Map<string, Difference[]>();
    if (differing.size < BLOCKED_CUSTOMERS_MAX) differing.add(customer);
    const own = firsts.get(customer);
    if (own !== undefined) {
      if (firsts.size <= EXAMINED_CUSTOMERS_MAX / 10) own.push(difference);
    } else if (firsts.size < EXAMINED_CUSTOMERS_MAX) firsts.set(customer, [difference]);
    this.#differing.set(stage, differing);
    this.#firsts.set(stage, firsts);
  }

  /** Keeps both sides' result lines of the first customers that differ. */
  keepLines(customer: string, lines: ResultLines): void {
    if (this.#lines.size < EXAMINED_CUSTOMERS_MAX / 10) this.#lines.set(customer, lines);
  }

  linesOf(customer: string): ResultLines | undefined {
    return this.#lines.get(customer);
  }

  /** The differences of one of the first customers of a stage. */
  all(stage: Stage, customer: string): readonly Difference[] {
    return this.#firsts.get(stage)?.get(customer) ?? [];
  }

  /** The columns of a stage in which one of its first customers differs. */
  columns(stage: Stage, customer: string): ReadonlySet<string> {
    return new Set(this.all(stage, customer).map(({ column }) => column));
  }

  /** Whether a customer differs at a stage. */
  differs(stage: Stage, customer: string): boolean {
    return this.#differing.get(stage)?.has(customer) ?? false;
  }

  /** Whether something differs at a stage that belongs to no customer. */
  isCommon(stage: Stage): boolean {
    return this.#common.has(stage);
  }

  /** How many customers differ at a stage. */
  differing(stage: Stage): number {
    return this.#differing.get(stage)?.size ?? 0;
  }

  /** The first difference of each of the first customers of a stage, then those of no customer. */
  firsts(stage: Stage): readonly Difference[] {
    const own = [...(this.#firsts.get(stage)?.values() ?? [])].flatMap((list) => list.slice(0, 1));
    return [...own, ...this.of(stage).filter(({ customer }) => customer === null)];
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
