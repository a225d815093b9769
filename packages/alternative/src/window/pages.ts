import { PAGE_SLOTS } from '../limits.ts';

/** Numbers by slot and index, allocated by pages of slots, so that growing copies nothing. A new cell is 0. */
export class Pages<A extends Float64Array | Int32Array | Uint32Array> {
  readonly #pages: A[] = [];
  readonly #stride: number;
  readonly #make: (length: number) => A;

  /** @param stride cells of one slot */
  constructor(stride: number, make: (length: number) => A) {
    this.#stride = stride;
    this.#make = make;
  }

  /** The page that holds the slot; the slot's cells begin in it at `offset(slot)`. */
  page(slot: number): A {
    const index = Math.floor(slot / PAGE_SLOTS);
    while (this.#pages.length <= index) this.#pages.push(this.#make(PAGE_SLOTS * this.#stride));
    return this.#pages[index] as A;
  }

  offset(slot: number): number {
    return (slot % PAGE_SLOTS) * this.#stride;
  }

  get(slot: number, index: number): number {
    return this.page(slot)[this.offset(slot) + index] as number;
  }

  set(slot: number, index: number, value: number): void {
    this.page(slot)[this.offset(slot) + index] = value;
  }

  reset(slot: number): void {
    const at = this.offset(slot);
    this.page(slot).fill(0, at, at + this.#stride);
  }

  /** Every second cell becomes 0, from the second on. */
  resetOdd(): void {
    for (const page of this.#pages) for (let at = 1; at < page.length; at += 2) page[at] = 0;
  }
}
