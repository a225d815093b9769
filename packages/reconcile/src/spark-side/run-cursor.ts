import { ByteCursor, PackedFault, textOf } from './bytes.ts';
import type { Layout } from './layout.ts';

const RUN_VERSION = 2;

/** Walks a packed run customer by customer, by ascending key, without copying. */
export class RunCursor {
  readonly bytes: Uint8Array;
  keyStart = 0;
  keyEnd = 0;
  /** By stream, where the customer's state lies; an empty range is no state. */
  readonly stateStart: Int32Array;
  readonly stateEnd: Int32Array;
  readonly #in = new ByteCursor();
  #left: number;

  /** Throws PackedFault when the bytes are no run of this layout. */
  constructor(bytes: Uint8Array, layout: Layout) {
    this.bytes = bytes;
    this.#in.open(bytes);
    if (this.#in.u8() !== RUN_VERSION) throw new PackedFault(`no run of version ${RUN_VERSION}`);
    if (this.#in.uint32() !== layout.fingerprint) throw new PackedFault('a run of other variables or aggregates');
    this.#left = this.#in.uint32();
    this.stateStart = new Int32Array(layout.streams.length);
    this.stateEnd = new Int32Array(layout.streams.length);
  }

  /** Steps to the next customer; false after the last. */
  next(): boolean {
    const cursor = this.#in;
    if (this.#left === 0) {
      if (cursor.hasMore) throw new PackedFault('a run that is longer than it says');
      return false;
    }
    this.#left--;
    const keyLength = cursor.length();
    this.keyStart = cursor.at;
    this.keyEnd = cursor.at + keyLength;
    cursor.skip(keyLength);
    for (let stream = 0; stream < this.stateStart.length; stream++) {
      const length = cursor.length();
      this.stateStart[stream] = cursor.at;
      this.stateEnd[stream] = cursor.at + length;
      cursor.skip(length);
    }
    return true;
  }

  get key(): string {
    return textOf(this.bytes, this.keyStart, this.keyEnd);
  }
}

/** Both windows' runs of one bucket together, by key. */
export class RunPair {
  /** Of the customer at hand; null where it has none. */
  hour: RunCursor | null = null;
  last: RunCursor | null = null;
  readonly #hours: RunCursor | null;
  readonly #lasts: RunCursor | null;
  #hourLeft: boolean;
  #lastLeft: boolean;

  constructor(hour: Uint8Array | null, last: Uint8Array | null, layout: Layout) {
    this.#hours = hour === null ? null : new RunCursor(hour, layout);
    this.#lasts = last === null ? null : new RunCursor(last, layout);
    this.#hourLeft = this.#hours?.next() ?? false;
    this.#lastLeft = this.#lasts?.next() ?? false;
  }

  /** Steps to the next customer of either; false after the last. */
  next(): boolean {
    if (this.hour !== null) this.#hourLeft = this.hour.next();
    if (this.last !== null) this.#lastLeft = this.last.next();
    const hour = this.#hourLeft ? this.#hours : null;
    const last = this.#lastLeft ? this.#lasts : null;
    const order = hour === null ? 1 : last === null ? -1 : compareKeys(hour, last);
    this.hour = order <= 0 ? hour : null;
    this.last = order >= 0 ? last : null;
    return this.hour !== null || this.last !== null;
  }

  get key(): string {
    const at = this.last ?? this.hour;
    if (at === null) throw new Error('no customer is at hand');
    return at.key;
  }
}

function compareKeys(a: RunCursor, b: RunCursor): number {
  const length = Math.min(a.keyEnd - a.keyStart, b.keyEnd - b.keyStart);
  for (let i = 0; i < length; i++) {
    const difference = (a.bytes[a.keyStart + i] as number) - (b.bytes[b.keyStart + i] as number);
    if (difference !== 0) return difference;
  }
  return a.keyEnd - a.keyStart - (b.keyEnd - b.keyStart);
}
