import type { Column, Records } from './records.ts';

/** Sums of integers by slot and index, exact at any size: a double while it is one exactly, a bigint beyond 2⁵³. */
export class ExactSums {
  readonly #cells: Column<Float64Array<SharedArrayBuffer>>;
  readonly #stride: number;
  /** By slot × stride + index, of the cells that hold NaN. */
  readonly #wide = new Map<number, bigint>();

  constructor(records: Records, stride: number) {
    this.#stride = stride;
    this.#cells = records.column('double', stride);
  }

  add(slot: number, index: number, value: number): void {
    const page = this.#cells.page(slot);
    const at = this.#cells.offset(slot) + index;
    const sum = (page[at] as number) + value;
    if (isExact(sum)) page[at] = sum;
    else this.#addWide(page, at, slot * this.#stride + index, value);
  }

  /** Adds to a cell and to the one after it. */
  addPair(slot: number, index: number, value: number): void {
    const page = this.#cells.page(slot);
    const at = this.#cells.offset(slot) + index;
    const first = (page[at] as number) + value;
    const second = (page[at + 1] as number) + value;
    if (isExact(first) && isExact(second)) {
      page[at] = first;
      page[at + 1] = second;
      return;
    }
    this.add(slot, index, value);
    this.add(slot, index + 1, value);
  }

  #addWide(page: Float64Array, at: number, cell: number, value: number): void {
    const sum = (this.#wide.get(cell) ?? BigInt(page[at] as number)) + BigInt(value);
    if (sum <= BigInt(Number.MAX_SAFE_INTEGER) && sum >= -BigInt(Number.MAX_SAFE_INTEGER)) {
      page[at] = Number(sum);
      this.#wide.delete(cell);
    } else {
      page[at] = Number.NaN;
      this.#wide.set(cell, sum);
    }
  }

  /** The cells of a slot lie in this page from `offset(slot)` on; NaN stands for a sum that only `get` can give. For whoever reads many. */
  page(slot: number): Float64Array {
    return this.#cells.page(slot);
  }

  offset(slot: number): number {
    return this.#cells.offset(slot);
  }

  get(slot: number, index: number): number | bigint {
    const sum = this.#cells.get(slot, index);
    return Number.isNaN(sum) ? (this.#wide.get(slot * this.#stride + index) as bigint) : sum;
  }

  reset(slot: number): void {
    this.#cells.reset(slot);
    if (this.#wide.size > 0) for (let index = 0; index < this.#stride; index++) this.#wide.delete(slot * this.#stride + index);
  }

  /** The cells of odd index become 0. The stride is even. */
  resetOdd(): void {
    this.#cells.resetOdd();
    for (const cell of this.#wide.keys()) if (cell % 2 === 1) this.#wide.delete(cell);
  }
}

/** False for NaN too, which stands for a sum that is kept elsewhere. */
function isExact(sum: number): boolean {
  return sum <= Number.MAX_SAFE_INTEGER && sum >= -Number.MAX_SAFE_INTEGER;
}
