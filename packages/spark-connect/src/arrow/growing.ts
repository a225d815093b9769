/** A typed array that grows by doubling; `used` gives exactly what was pushed. */
export class Growing<T extends Int8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array | Uint8Array> {
  array: T;
  length = 0;
  readonly #make: new (
    length: number,
  ) => T;

  constructor(make: new (length: number) => T) {
    this.#make = make;
    this.array = new make(64);
  }

  /** Makes room for `count` more and returns the index of the first. */
  reserve(count: number): number {
    const start = this.length;
    this.length += count;
    if (this.length > this.array.length) {
      const grown = new this.#make(Math.max(this.length, this.array.length * 2));
      // TypeScript sees a union of `set`s; both arrays are of the one type T.
      (grown as Uint8Array).set(this.array as unknown as Uint8Array);
      this.array = grown;
    }
    return start;
  }

  push(value: T[number]): void {
    const at = this.reserve(1);
    this.array[at] = value;
  }

  /** A copy of just the used part, so that the writer never sends spare capacity. */
  used(): T {
    return this.array.slice(0, this.length) as T;
  }
}

/** Bits, least significant first, as Arrow packs validity and booleans. */
export class Bits {
  length = 0;
  zeros = 0;
  readonly #bytes = new Growing(Uint8Array);

  push(bit: boolean): void {
    if ((this.length & 7) === 0) this.#bytes.reserve(1);
    if (bit) {
      const at = this.length >> 3;
      this.#bytes.array[at] = (this.#bytes.array[at] ?? 0) | (1 << (this.length & 7));
    } else {
      this.zeros++;
    }
    this.length++;
  }

  bytes(): Uint8Array {
    return this.#bytes.used();
  }
}
