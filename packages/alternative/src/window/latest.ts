import { PAGE_SLOTS } from '../limits.ts';
import { compareUtf8 } from '../parse/text.ts';
import type { Column, Records } from './records.ts';

/**
 * The value of the latest event of each cell, by (event time, event id as UTF-8 bytes). What leaves a window is older than all that stays, so
 * the latest of any window that reaches up to now is this one, or there is none.
 */
export class Latest {
  readonly #times: Column<Float64Array<SharedArrayBuffer>>;
  readonly #values: Column<Float64Array<SharedArrayBuffer>>;
  /** By pages of slots. */
  readonly #ids: string[][] = [];
  readonly #stride: number;

  constructor(records: Records, stride: number) {
    this.#stride = stride;
    this.#times = records.column('double', stride, Number.NEGATIVE_INFINITY);
    this.#values = records.column('double', stride);
  }

  enter(slot: number, index: number, time: number, id: string, value: number): void {
    const have = this.#times.get(slot, index);
    if (time < have) return;
    const ids = this.#idsOf(slot);
    const at = (slot % PAGE_SLOTS) * this.#stride + index;
    if (time === have && compareUtf8(id, ids[at] as string) <= 0) return;
    this.#times.set(slot, index, time);
    this.#values.set(slot, index, value);
    ids[at] = id;
  }

  /** The latest value whose time is `from` or later, µs; null when there is none. */
  latest(slot: number, index: number, from: number): number | null {
    const value = this.latestOrNaN(slot, index, from);
    return Number.isNaN(value) ? null : value;
  }

  /** The same, for whoever reads millions: NaN when there is none. */
  latestOrNaN(slot: number, index: number, from: number): number {
    return this.#times.get(slot, index) >= from ? this.#values.get(slot, index) : Number.NaN;
  }

  reset(slot: number): void {
    this.#times.reset(slot);
    const at = (slot % PAGE_SLOTS) * this.#stride;
    this.#idsOf(slot).fill('', at, at + this.#stride);
  }

  #idsOf(slot: number): string[] {
    const page = Math.floor(slot / PAGE_SLOTS);
    while (this.#ids.length <= page) this.#ids.push(new Array<string>(PAGE_SLOTS * this.#stride).fill(''));
    return this.#ids[page] as string[];
  }
}
