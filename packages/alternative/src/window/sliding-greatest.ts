import type { Column, Records } from './records.ts';

/** Of a cell's `next`: it has no value. */
const EMPTY = 0;
/** Of a value's `next`: it is the last one. */
const END = 1;
/** A value as a double, its minute and the number of the next one as two integers: side by side, so that one look at memory finds all three. */
const NODE_BYTES = 16;
const NODES_FIRST = 1024;
/** Past so many nodes room is made for a quarter more at a time, not for as many again. */
const DOUBLED_UP_TO = 1024 * 1024;

/**
 * The greatest value of each cell over the last minutes, also when values come out of order. A value that leaves cannot be subtracted from a
 * maximum, so each cell keeps the raw values that can still become it: one is dropped as soon as another, of the same minute or a later one, is
 * at least as great (the monotonic queue of sliding-window maxima). What is left falls from the oldest to the newest: the first one that is
 * inside a window is its greatest. The first one, which is asked for most, lies in the customer's record, the others are nodes.
 */
export class SlidingGreatest {
  /** The first value of each cell, its minute and its `next`: values at `index`, minutes at 2 × `index`. */
  readonly #heads: Column<Float64Array<SharedArrayBuffer>>;
  readonly #headLinks: Column<Int32Array<SharedArrayBuffer>>;
  readonly #stride: number;
  /** The value of node `n` at 2n. */
  #values: Float64Array<SharedArrayBuffer>;
  /** The minute of node `n` at 4n + 2, its `next` at 4n + 3. */
  #links: Int32Array<SharedArrayBuffer>;
  /** Nodes 0 and 1 are EMPTY and END. */
  #used = 2;
  #free = END;

  constructor(records: Records, stride: number) {
    this.#stride = stride;
    this.#heads = records.column('double', stride);
    this.#headLinks = records.column('int', 2 * stride);
    const nodes = new SharedArrayBuffer(NODES_FIRST * NODE_BYTES);
    this.#values = new Float64Array(nodes);
    this.#links = new Int32Array(nodes);
  }

  /** Enters a value of `minute`. Values before `first` are forgotten. */
  enter(slot: number, index: number, minute: number, value: number, first: number): void {
    const heads = this.#heads.page(slot);
    const links = this.#headLinks.page(slot);
    const head = this.#heads.offset(slot) + index;
    const link = this.#headLinks.offset(slot) + 2 * index;
    this.#dropBefore(heads, head, links, link, first);
    let next = links[link + 1] as number;
    if (next === EMPTY) next = END;
    else {
      const [headValue, headMinute] = [heads[head] as number, links[link] as number];
      if (outlives(headValue, headMinute, value, minute)) {
        if (headMinute < minute) this.#enterBehind(links, link + 1, minute, value);
        return;
      }
      if (headMinute <= minute) next = this.#releaseUpTo(next, minute);
      else next = this.#node(headValue, headMinute, next);
    }
    heads[head] = value;
    links[link] = minute;
    links[link + 1] = next;
  }

  /** Enters a value that is not the first. @param at where in `links` the number of the second one stands */
  #enterBehind(links: Int32Array<SharedArrayBuffer>, at: number, minute: number, value: number): void {
    let before = END;
    let node = links[at] as number;
    while (node !== END && outlives(this.#values[2 * node] as number, this.#minute(node), value, minute)) {
      if (this.#minute(node) >= minute) return;
      before = node;
      node = this.#next(node);
    }
    const made = this.#node(value, minute, this.#releaseUpTo(node, minute));
    if (before === END) links[at] = made;
    else this.#links[4 * before + 3] = made;
  }

  #minute(node: number): number {
    return this.#links[4 * node + 2] as number;
  }

  #next(node: number): number {
    return this.#links[4 * node + 3] as number;
  }

  /** The greatest value of minute `from` or later; null when there is none. */
  greatest(slot: number, index: number, from: number): number | null {
    const value = this.greatestOrNaN(slot, index, from);
    return Number.isNaN(value) ? null : value;
  }

  /** The same, for whoever reads millions: NaN when there is none. */
  greatestOrNaN(slot: number, index: number, from: number): number {
    const links = this.#headLinks.page(slot);
    const link = this.#headLinks.offset(slot) + 2 * index;
    let next = links[link + 1] as number;
    if (next === EMPTY) return Number.NaN;
    if ((links[link] as number) >= from) return this.#heads.get(slot, index);
    while (next !== END && this.#minute(next) < from) next = this.#next(next);
    return next === END ? Number.NaN : (this.#values[2 * next] as number);
  }

  /** Forgets the values of a cell before minute `first`. */
  #dropBefore(
    heads: Float64Array<SharedArrayBuffer>,
    head: number,
    links: Int32Array<SharedArrayBuffer>,
    link: number,
    first: number,
  ): void {
    let next = links[link + 1] as number;
    if (next === EMPTY || (links[link] as number) >= first) return;
    while (next !== END && this.#minute(next) < first) next = this.#release(next);
    if (next === END) {
      links[link + 1] = EMPTY;
      return;
    }
    heads[head] = this.#values[2 * next] as number;
    links[link] = this.#minute(next);
    links[link + 1] = this.#release(next);
  }

  /** The memory of all nodes, for a thread that reads them. */
  get nodes(): SharedArrayBuffer {
    return this.#values.buffer;
  }

  /** Reads the nodes that another thread writes. */
  attach(nodes: SharedArrayBuffer): void {
    this.#values = new Float64Array(nodes);
    this.#links = new Int32Array(nodes);
  }

  reset(slot: number): void {
    const [heads, links] = [this.#heads.page(slot), this.#headLinks.page(slot)];
    const [head, link] = [this.#heads.offset(slot), this.#headLinks.offset(slot)];
    for (let index = 0; index < this.#stride; index++)
      this.#dropBefore(heads, head + index, links, link + 2 * index, Number.POSITIVE_INFINITY);
  }

  /** Nodes in use. */
  get size(): number {
    let free = 0;
    for (let at = this.#free; at !== END; at = this.#next(at)) free++;
    return this.#used - 2 - free;
  }

  #node(value: number, minute: number, next: number): number {
    let node = this.#free;
    if (node !== END) this.#free = this.#next(node);
    else {
      if (2 * this.#used === this.#values.length) this.#grow();
      node = this.#used++;
    }
    this.#values[2 * node] = value;
    this.#links[4 * node + 2] = minute;
    this.#links[4 * node + 3] = next;
    return node;
  }

  /** Gives a node back; returns the one after it. */
  #release(node: number): number {
    const next = this.#next(node);
    this.#links[4 * node + 3] = this.#free;
    this.#free = node;
    return next;
  }

  /** Gives back those of `minute` or earlier; returns the first one after them. */
  #releaseUpTo(from: number, minute: number): number {
    let node = from;
    while (node !== END && this.#minute(node) <= minute) node = this.#release(node);
    return node;
  }

  #grow(): void {
    const have = this.#used;
    const nodes = new SharedArrayBuffer((have < DOUBLED_UP_TO ? 2 * have : have + Math.ceil(have / 4)) * NODE_BYTES);
    const values = new Float64Array(nodes);
    values.set(this.#values);
    this.#values = values;
    this.#links = new Int32Array(nodes);
  }
}

/** Whether a value stays beside another one that comes: it is greater, or as great and not older. */
function outlives(value: number, minute: number, other: number, otherMinute: number): boolean {
  return value > other || (value === other && minute >= otherMinute);
}
