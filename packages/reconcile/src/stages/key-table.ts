/** Some keys by their UTF-8 bytes, numbered in their order: what is found in packed bytes need not be made text first. */
export class KeyTable {
  /** All keys, one behind the other. */
  readonly #bytes: Buffer;
  /** Where each key ends in them. */
  readonly #ends: Uint32Array;
  /** Open addressing: a key's number, plus one. */
  readonly #places: Uint32Array;

  constructor(keys: readonly string[]) {
    this.#bytes = Buffer.allocUnsafe(keys.reduce((sum, key) => sum + key.length, 0) * UTF8_BYTES_MAX);
    this.#ends = new Uint32Array(keys.length);
    let places = 16;
    while (places < 2 * keys.length) places *= 2;
    this.#places = new Uint32Array(places);
    let end = 0;
    for (let number = 0; number < keys.length; number++) {
      const from = end;
      end += this.#bytes.write(keys[number] as string, end);
      this.#ends[number] = end;
      const place = this.#placeOf(this.#bytes, from, end);
      // Of a key that stands twice the later number counts, as in a map.
      this.#places[place] = number + 1;
    }
  }

  /** The number of the key in bytes[from, to); −1: it is none of these. */
  at(bytes: Uint8Array, from: number, to: number): number {
    return (this.#places[this.#placeOf(bytes, from, to)] as number) - 1;
  }

  /** Where the key stands, or may be put. */
  #placeOf(bytes: Uint8Array, from: number, to: number): number {
    const mask = this.#places.length - 1;
    for (let place = hashOf(bytes, from, to) & mask; ; place = (place + 1) & mask) {
      const number = (this.#places[place] as number) - 1;
      if (number < 0 || this.#isAt(number, bytes, from, to)) return place;
    }
  }

  #isAt(number: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = number === 0 ? 0 : (this.#ends[number - 1] as number);
    if ((this.#ends[number] as number) - start !== to - from) return false;
    for (let i = from, j = start; i < to; i++, j++) if (bytes[i] !== this.#bytes[j]) return false;
    return true;
  }
}

/** Of a UTF-16 unit. */
const UTF8_BYTES_MAX = 3;

/** FNV-1a, its upper half folded into the lower. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
