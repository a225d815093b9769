/** Numbers keys, by their UTF-8 bytes in bytes[from, to); −1: it is none of those that have a number. */
export interface KeyNumbers {
  numberAt(bytes: Uint8Array, from: number, to: number): number;
}

/** Some keys by their UTF-8 bytes, one behind the other: a minute has hundreds of thousands, and nearly none is needed as text. */
export class PackedKeys {
  bytes: Uint8Array = new Uint8Array(KEYS_FIRST * KEY_BYTES);
  /** Where each key ends in them; it begins where the one before it ends. */
  ends = new Uint32Array(KEYS_FIRST);
  size = 0;
  #numbered: { readonly by: KeyNumbers; readonly numbers: Int32Array } | null = null;

  /** Adds the key in bytes[from, to). */
  add(bytes: Uint8Array, from: number, to: number): void {
    const start = this.startOf(this.size);
    const end = start + to - from;
    if (end > this.bytes.length) this.bytes = grown(this.bytes, new Uint8Array(2 * end));
    if (this.size === this.ends.length) this.ends = grown(this.ends, new Uint32Array(2 * this.size));
    for (let i = from, j = start; i < to; i++, j++) this.bytes[j] = bytes[i] as number;
    this.ends[this.size++] = end;
  }

  /** By key: its number. They are looked up once, however often the same are asked for; nothing is added then. */
  numbersIn(by: KeyNumbers): Int32Array {
    if (this.#numbered?.by === by) return this.#numbered.numbers;
    const numbers = new Int32Array(this.size);
    for (let i = 0; i < this.size; i++) numbers[i] = by.numberAt(this.bytes, this.startOf(i), this.endOf(i));
    this.#numbered = { by, numbers };
    return numbers;
  }

  startOf(index: number): number {
    return index === 0 ? 0 : (this.ends[index - 1] as number);
  }

  endOf(index: number): number {
    return this.ends[index] as number;
  }
}

/** Keys that there is room for at first, and bytes of each. */
const KEYS_FIRST = 1024;
const KEY_BYTES = 8;

/** A list's values in a larger one. */
export function grown<List extends Uint8Array | Uint32Array | Float64Array>(list: List, larger: List): List {
  larger.set(list);
  return larger;
}
