import { PAGE_SLOTS } from '../limits.ts';

/** What the cells of a column are. */
interface CellTypes {
  readonly double: Float64Array<SharedArrayBuffer>;
  readonly int: Int32Array<SharedArrayBuffer>;
  readonly uint: Uint32Array<SharedArrayBuffer>;
}
type Cells = CellTypes[keyof CellTypes];

const BYTES: Readonly<Record<keyof CellTypes, number>> = { double: 8, int: 4, uint: 4 };
const VIEWS: { readonly [K in keyof CellTypes]: (buffer: SharedArrayBuffer) => CellTypes[K] } = {
  double: (buffer) => new Float64Array(buffer),
  int: (buffer) => new Int32Array(buffer),
  uint: (buffer) => new Uint32Array(buffer),
};

/** Every column begins at a multiple of it, so that a record may have doubles anywhere. */
const ALIGNED = 8;

/**
 * The state of customers by slot: a record each, in which all columns that were declared lie side by side, so that whoever looks at one customer finds all of it in
 * one place of memory (scattered over an array a column, it took five times as long). Allocated by pages of slots, which growing does not copy, and which other
 * threads can read.
 */
export class Records {
  readonly #columns: Pick<Column<Cells>, 'add' | 'begin'>[] = [];
  #bytes = 0;
  readonly #pages: SharedArrayBuffer[] = [];

  /** Declares a column, before the first record is made. @param cells of one slot; a new one is `initial` */
  column<K extends keyof CellTypes>(kind: K, cells: number, initial = 0): Column<CellTypes[K]> {
    if (this.#pages.length > 0) throw new Error('a column is declared after the first record');
    const base = this.#bytes;
    this.#bytes += Math.ceil((cells * BYTES[kind]) / ALIGNED) * ALIGNED;
    const column = new Column<CellTypes[K]>(this, VIEWS[kind], cells, base / BYTES[kind], initial);
    this.#columns.push(column);
    return column;
  }

  /** Makes pages up to the one of this number. */
  grow(page: number): void {
    while (this.#pages.length <= page) {
      const buffer = new SharedArrayBuffer(PAGE_SLOTS * this.#bytes);
      for (const column of this.#columns) {
        column.add(buffer);
        column.begin();
      }
      this.#pages.push(buffer);
    }
  }

  get pages(): readonly SharedArrayBuffer[] {
    return this.#pages;
  }

  /** Reads the pages that another thread fills, of records with the same columns; those that were read before are the same. */
  attach(pages: readonly SharedArrayBuffer[]): void {
    for (const buffer of pages.slice(this.#pages.length)) {
      for (const column of this.#columns) column.add(buffer);
      this.#pages.push(buffer);
    }
  }
}

/** Some cells of each record. */
export class Column<A extends Cells> {
  readonly #records: Records;
  readonly #view: (buffer: SharedArrayBuffer) => A;
  readonly #cells: number;
  /** Where the column begins in a record, in cells. */
  readonly #base: number;
  readonly #initial: number;
  readonly #pages: A[] = [];
  /** Cells from record to record: known when the first is made. */
  #stride = 0;

  constructor(records: Records, view: (buffer: SharedArrayBuffer) => A, cells: number, base: number, initial: number) {
    this.#records = records;
    this.#view = view;
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
  add(buffer: SharedArrayBuffer): void {
    const page = this.#view(buffer);
    this.#stride = page.length / PAGE_SLOTS;
    this.#pages.push(page);
  }

  /** Called by `Records`: the page that was added last is a new one. */
  begin(): void {
    const page = this.#pages.at(-1) as A;
    if (this.#initial !== 0) for (let at = this.#base; at < page.length; at += this.#stride) page.fill(this.#initial, at, at + this.#cells);
  }
}
