/** Bytes that one block of the arena holds at least. */
const BLOCK_BYTES = 1024 * 1024;

/** 32 bits of a hash of bytes: FNV-1a with its bits stirred, since tables use the low ones. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

/**
 * A set of byte strings, numbered in the order in which they came: an open-addressing table over one copy of their bytes. There are millions of
 * event ids and hundreds of thousands of keys: as texts in a map they would cost several times the memory, and the collector's time.
 */
export class ByteTable {
  #slots: Int32Array;
  #hashes = new Int32Array(1024);
  /** Block and place of each entry's bytes. */
  #blocks = new Int32Array(1024);
  #starts = new Int32Array(1024);
  #lengths = new Int32Array(1024);
  #arena: Uint8Array[] = [];
  #used = 0;
  #size = 0;

  constructor(capacity = 1024) {
    let slots = 2048;
    while (slots < capacity * 2) slots *= 2;
    this.#slots = new Int32Array(slots);
  }

  get size(): number {
    return this.#size;
  }

  /** The number of an entry; −1 when there is none. `hash` is its `hashBytes`. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const entry = (this.#slots[at] as number) - 1;
      if (entry < 0) return -1;
      if (this.#hashes[entry] === hash && this.#isEqual(entry, bytes, start, end)) return entry;
    }
  }

  /** Adds an entry that is not there; returns its number. */
  add(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const entry = this.#size++;
    if (entry === this.#hashes.length) this.#growEntries();
    if (this.#size * 2 > this.#slots.length) this.#growSlots();
    const length = end - start;
    let block = this.#arena.at(-1);
    if (block === undefined || this.#used + length > block.length) {
      block = new Uint8Array(Math.max(BLOCK_BYTES, length));
      this.#arena.push(block);
      this.#used = 0;
    }
    for (let i = 0; i < length; i++) block[this.#used + i] = bytes[start + i] as number;
    this.#hashes[entry] = hash;
    this.#blocks[entry] = this.#arena.length - 1;
    this.#starts[entry] = this.#used;
    this.#lengths[entry] = length;
    this.#used += length;
    this.#put(entry, hash);
    return entry;
  }

  hashOf(entry: number): number {
    return this.#hashes[entry] as number;
  }

  /** An entry's bytes, by block, start and end, without a copy. */
  blockOf(entry: number): Uint8Array {
    return this.#arena[this.#blocks[entry] as number] as Uint8Array;
  }

  startOf(entry: number): number {
    return this.#starts[entry] as number;
  }

  endOf(entry: number): number {
    return (this.#starts[entry] as number) + (this.#lengths[entry] as number);
  }

  #isEqual(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    const length = this.#lengths[entry] as number;
    if (length !== end - start) return false;
    const block = this.#arena[this.#blocks[entry] as number] as Uint8Array;
    const own = this.#starts[entry] as number;
    for (let i = 0; i < length; i++) if (block[own + i] !== bytes[start + i]) return false;
    return true;
  }

  #put(entry: number, hash: number): void {
    const mask = this.#slots.length - 1;
    let at = hash & mask;
    while (this.#slots[at] !== 0) at = (at + 1) & mask;
    this.#slots[at] = entry + 1;
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let entry = 0; entry < this.#size - 1; entry++) this.#put(entry, this.#hashes[entry] as number);
  }

  #growEntries(): void {
    const grown = (list: Int32Array): Int32Array<ArrayBuffer> => {
      const larger = new Int32Array(list.length * 2);
      larger.set(list);
      return larger;
    };
    this.#hashes = grown(this.#hashes);
    this.#blocks = grown(this.#blocks);
    this.#starts = grown(this.#starts);
    this.#lengths = grown(this.#lengths);
  }
}
