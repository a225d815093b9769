import { Pages } from './pages.ts';

const NONE = 0;
/** A node: its value as a double, its minute and the number of the next one as two integers, side by side, so that one look at memory finds all three. */
const NODE_BYTES = 16;
const NODES_FIRST = 1024;
/** Past so many nodes room is made for a quarter more at a time, not for as many again. */
const DOUBLED_UP_TO = 1024 * 1024;

/**
 * The greatest value of each cell over the last minutes, also when values come out of order. A value that leaves cannot be subtracted from a
 * maximum, so each cell keeps the raw values that can still become it: one is dropped as soon as another, of the same minute or a later one, is
 * at least as great (the monotonic queue of sliding-window maxima). What is left falls from the oldest to the newest: the first one that is
 * inside a window is its greatest.
 */
export class SlidingGreatest {
  /** First node of each cell. */
  readonly #heads: Pages<Int32Array>;
  readonly #stride: number;
  /** The value of node `n` at 2n. */
  #values: Float64Array;
  /** The minute of node `n` at 4n + 2, its next one at 4n + 3. */
  #links: Int32Array;
  /** Node 0 is none. */
  #used = 1;
  #free = NONE;

  constructor(stride: number) {
    this.#stride = stride;
    this.#heads = new Pages(stride, (length) => new Int32Array(length));
    const nodes = new ArrayBuffer(NODES_FIRST * NODE_BYTES);
    this.#values = new Float64Array(nodes);
    this.#links = new Int32Array(nodes);
  }

  /** Enters a value of `minute`. Values before `first` are forgotten. */
  enter(slot: number, index: number, minute: number, value: number, first: number): void {
    let before = NONE;
    let at = this.#dropBefore(slot, index, first);
    while (at !== NONE && this.#outlives(at, minute, value)) {
      if (this.#minute(at) >= minute) return;
      before = at;
      at = this.#next(at);
    }
    while (at !== NONE && this.#minute(at) <= minute) at = this.#release(at);
    const node = this.#node();
    this.#values[2 * node] = value;
    this.#links[4 * node + 2] = minute;
    this.#links[4 * node + 3] = at;
    if (before === NONE) this.#heads.set(slot, index, node);
    else this.#links[4 * before + 3] = node;
  }

  #minute(node: number): number {
    return this.#links[4 * node + 2] as number;
  }

  #next(node: number): number {
    return this.#links[4 * node + 3] as number;
  }

  /** Whether a node stays beside a value of `minute`: it is greater, or as great and not older. */
  #outlives(node: number, minute: number, value: number): boolean {
    const have = this.#values[2 * node] as number;
    return have > value || (have === value && this.#minute(node) >= minute);
  }

  /** The greatest value of minute `from` or later; null when there is none. */
  greatest(slot: number, index: number, from: number): number | null {
    const value = this.greatestOrNaN(slot, index, from);
    return Number.isNaN(value) ? null : value;
  }

  /** The same, for whoever reads millions: NaN when there is none. */
  greatestOrNaN(slot: number, index: number, from: number): number {
    let at = this.#heads.get(slot, index);
    while (at !== NONE && this.#minute(at) < from) at = this.#next(at);
    return at === NONE ? Number.NaN : (this.#values[2 * at] as number);
  }

  /** Forgets the values before minute `first`; returns the cell's first node. */
  #dropBefore(slot: number, index: number, first: number): number {
    const head = this.#heads.get(slot, index);
    let at = head;
    while (at !== NONE && this.#minute(at) < first) at = this.#release(at);
    if (at !== head) this.#heads.set(slot, index, at);
    return at;
  }

  reset(slot: number): void {
    for (let index = 0; index < this.#stride; index++) this.#dropBefore(slot, index, Number.POSITIVE_INFINITY);
  }

  /** Nodes in use. */
  get size(): number {
    let free = 0;
    for (let at = this.#free; at !== NONE; at = this.#next(at)) free++;
    return this.#used - 1 - free;
  }

  #node(): number {
    if (this.#free !== NONE) {
      const node = this.#free;
      this.#free = this.#next(node);
      return node;
    }
    if (2 * this.#used === this.#values.length) this.#grow();
    return this.#used++;
  }

  /** Gives a node back; returns the one after it. */
  #release(node: number): number {
    const next = this.#next(node);
    this.#links[4 * node + 3] = this.#free;
    this.#free = node;
    return next;
  }

  #grow(): void {
    const have = this.#used;
    const nodes = new ArrayBuffer((have < DOUBLED_UP_TO ? 2 * have : have + Math.ceil(have / 4)) * NODE_BYTES);
    const values = new Float64Array(nodes);
    values.set(this.#values);
    this.#values = values;
    this.#links = new Int32Array(nodes);
  }
}
