import { Pages } from './pages.ts';

const NONE = 0;

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
  #values = new Float64Array(1024);
  #minutes = new Int32Array(1024);
  #nexts = new Int32Array(1024);
  /** Node 0 is none. */
  #used = 1;
  #free = NONE;

  constructor(stride: number) {
    this.#stride = stride;
    this.#heads = new Pages(stride, (length) => new Int32Array(length));
  }

  /** Enters a value of `minute`. Values before `first` are forgotten. */
  enter(slot: number, index: number, minute: number, value: number, first: number): void {
    let before = NONE;
    let at = this.#dropBefore(slot, index, first);
    while (at !== NONE && this.#outlives(at, minute, value)) {
      if ((this.#minutes[at] as number) >= minute) return;
      before = at;
      at = this.#nexts[at] as number;
    }
    while (at !== NONE && (this.#minutes[at] as number) <= minute) at = this.#release(at);
    const node = this.#node();
    this.#values[node] = value;
    this.#minutes[node] = minute;
    this.#nexts[node] = at;
    if (before === NONE) this.#heads.set(slot, index, node);
    else this.#nexts[before] = node;
  }

  /** Whether a node stays beside a value of `minute`: it is greater, or as great and not older. */
  #outlives(node: number, minute: number, value: number): boolean {
    const have = this.#values[node] as number;
    return have > value || (have === value && (this.#minutes[node] as number) >= minute);
  }

  /** The greatest value of minute `from` or later; null when there is none. */
  greatest(slot: number, index: number, from: number): number | null {
    let at = this.#heads.get(slot, index);
    while (at !== NONE && (this.#minutes[at] as number) < from) at = this.#nexts[at] as number;
    return at === NONE ? null : (this.#values[at] as number);
  }

  /** Forgets the values before minute `first`; returns the cell's first node. */
  #dropBefore(slot: number, index: number, first: number): number {
    const head = this.#heads.get(slot, index);
    let at = head;
    while (at !== NONE && (this.#minutes[at] as number) < first) at = this.#release(at);
    if (at !== head) this.#heads.set(slot, index, at);
    return at;
  }

  reset(slot: number): void {
    for (let index = 0; index < this.#stride; index++) this.#dropBefore(slot, index, Number.POSITIVE_INFINITY);
  }

  /** Nodes in use. */
  get size(): number {
    let free = 0;
    for (let at = this.#free; at !== NONE; at = this.#nexts[at] as number) free++;
    return this.#used - 1 - free;
  }

  #node(): number {
    if (this.#free !== NONE) {
      const node = this.#free;
      this.#free = this.#nexts[node] as number;
      return node;
    }
    if (this.#used === this.#values.length) this.#grow();
    return this.#used++;
  }

  /** Gives a node back; returns the one after it. */
  #release(node: number): number {
    const next = this.#nexts[node] as number;
    this.#nexts[node] = this.#free;
    this.#free = node;
    return next;
  }

  #grow(): void {
    const length = this.#values.length * 2;
    const values = new Float64Array(length);
    values.set(this.#values);
    const minutes = new Int32Array(length);
    minutes.set(this.#minutes);
    const nexts = new Int32Array(length);
    nexts.set(this.#nexts);
    this.#values = values;
    this.#minutes = minutes;
    this.#nexts = nexts;
  }
}
