import { KeyTable } from './key-table.ts';

/** The customers that the alternative scores in a minute, numbered in their order. */
export class ScoredCustomers {
  readonly keys: readonly string[];
  readonly #set: ReadonlySet<string>;
  readonly #numbers: KeyTable;

  constructor(keys: readonly string[]) {
    this.keys = keys;
    this.#set = new Set(keys);
    this.#numbers = new KeyTable(keys);
  }

  has(key: string): boolean {
    return this.#set.has(key);
  }

  /** The number of the customer whose key is UTF-8 in bytes[from, to); −1: it is not scored. */
  numberAt(bytes: Uint8Array, from: number, to: number): number {
    return this.#numbers.at(bytes, from, to);
  }
}

/** Some of the customers that the alternative scores. */
export class SomeCustomers {
  readonly #scored: ScoredCustomers;
  /** By number. */
  readonly #has: Uint8Array;
  #size = 0;

  /** Nobody at first. */
  constructor(scored: ScoredCustomers, has = new Uint8Array(scored.keys.length), size = 0) {
    this.#scored = scored;
    this.#has = has;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether bytes[from, to) is the key of one that the alternative scores; it is one of these from then on. */
  add(bytes: Uint8Array, from: number, to: number): boolean {
    return this.addNumber(this.#scored.numberAt(bytes, from, to));
  }

  /** The same by a customer's number; −1 is nobody's. */
  addNumber(number: number): boolean {
    if (number < 0) return false;
    if (this.#has[number] === 0) this.#size++;
    this.#has[number] = 1;
    return true;
  }

  /** The key in bytes[from, to), of a customer that was one of these and is none from then on, as the alternative has it: what is kept by it is found faster. Null: it was none. */
  take(bytes: Uint8Array, from: number, to: number): string | null {
    return this.takeNumber(this.#scored.numberAt(bytes, from, to));
  }

  /** The same by a customer's number. */
  takeNumber(number: number): string | null {
    if (number < 0 || this.#has[number] === 0) return null;
    this.#has[number] = 0;
    this.#size--;
    return this.#scored.keys[number] as string;
  }

  copy(): SomeCustomers {
    return new SomeCustomers(this.#scored, this.#has.slice(), this.#size);
  }

  /** In the order of the alternative. */
  *keys(): Iterable<string> {
    if (this.#size === 0) return;
    for (const [number, key] of this.#scored.keys.entries()) if (this.#has[number] === 1) yield key;
  }

  /** Those that the alternative scores and are none of these. */
  *others(): Iterable<string> {
    if (this.#size === this.#scored.keys.length) return;
    for (const [number, key] of this.#scored.keys.entries()) if (this.#has[number] === 0) yield key;
  }
}
