import { PAGE_SLOTS } from '../limits.ts';

/** The cells of a column: what a typed array of its type holds. */
type Cells = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
type CellsType<A extends Cells> = { new (buffer: ArrayBuffer): A; readonly BYTES_PER_ELEMENT: number };

/** Every column begins at a multiple of it, so that a record may have doubles anywhere. */
const ALIGNED = 8;

/**
 * The state of customers by slot: a record each, in which all columns that were declared lie side by side, so that whoever looks at one customer finds all of it in
 * one place of memory (scattered over an array a column, it took five times as long). Allocated by pages of slots: growing copies nothing.
 */
export class Records {
  readonly #columns: { readonly add: (buffer: ArrayBuffer) => void }[] = [];
  #bytes = 0;
  #pages = 0;

  /** Declares a column, before the first record is made. @param cells of one slot; a new one is `initial` */
  column<A extends Cells>(type: CellsType<A>, cells: number, initial = 0): Column<A> {
    if (this.#pages > 0) throw new Error('a column is declared after the first record');
    const base = this.#bytes;
    this.#bytes += Math.ceil((cells * type.BYTES_PER_ELEMENT) / ALIGNED) * ALIGNED;
    const column = new Column(this, type, cells, base / type.BYTES_PER_ELEMENT, initial);
    this.#columns.push(column);
    return column;
  }

  /** Bytes of one record. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Makes pages up to the one of this number. */
  grow(page: number): void {
    for (; this.#pages <= page; this.#pages++) {
      const buffer = new ArrayBuffer(PAGE_SLOTS * this.#bytes);
      for (const column of this.#columns) column.add(buffer);
    }
  }
}

/** Some cells of each record. */
export class Column<A extends Cells> {
  readonly #records: Records;
  readonly #type: CellsType<A>;
  readonly #cells: number;
  /** Where the column begins in a record, in cells. */
  readonly #base: number;
  readonly #initial: number;
  readonly #pages: A[] = [];
  /** Cells from record to record: known when the first is made. */
  #stride = 0;

  constructor(records: Records, type: CellsType<A>, cells: number, base: number, initial: number) {
    this.#records = records;
    this.#type = type;
    this.#cells = cells;
    this.#base = base;
    this.#initial = initial;
  }

  /** The page that holds the slot; the slot's cells begin in it at `offset(slot)`. */
  page(slot: number): A {
    const index = Math.floor(slot / PAGE_SLOTS);
    if (index >= this.#pages.length) this.#records.grow(index);
    return this.#pages[index] as A;
  }

  /** Asked after `page`. */
  offset(slot: number): number {
    return (slot % PAGE_SLOTS) * this.#stride + this.#base;
  }

  get(slot: number, index: number): number {
    return this.page(slot)[this.offset(slot) + index] as number;
  }

  set(slot: number, index: number, value: number): void {
    this.page(slot)[this.offset(slot) + index] = value;
  }

  reset(slot: number): void {
    const page = this.page(slot);
    const at = this.offset(slot);
    page.fill(this.#initial, at, at + this.#cells);
  }

  /** Every second cell becomes 0, from the second on. */
  resetOdd(): void {
    for (const page of this.#pages)
      for (let at = this.#base; at < page.length; at += this.#stride) for (let cell = 1; cell < this.#cells; cell += 2) page[at + cell] = 0;
  }

  /** Called by `Records`. */
  add(buffer: ArrayBuffer): void {
    const page = new this.#type(buffer);
    this.#stride = page.length / PAGE_SLOTS;
    if (this.#initial !== 0) for (let at = this.#base; at < page.length; at += this.#stride) page.fill(this.#initial, at, at + this.#cells);
    this.#pages.push(page);
  }
}
