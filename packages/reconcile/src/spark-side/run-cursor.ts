import { ByteCursor, PackedFault, textOf } from './bytes.ts';
import type { Layout } from './layout.ts';

const RUN_VERSION = 2;
/** Version and fingerprint stand before the number of customers, and that before the first. */
const COUNT_AT = 5;
const HEADER_BYTES = 9;

/** Walks a packed run customer by customer, by ascending key, without copying. */
export class RunCursor {
  readonly bytes: Uint8Array;
  /** Where the customer's record begins. */
  #start = 0;
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
    this.#start = cursor.at;
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

  /** A run of the customer at hand alone, copied. */
  alone(): Uint8Array {
    const record = this.bytes.subarray(this.#start, this.#in.at);
    const run = new Uint8Array(HEADER_BYTES + record.length);
    run.set(this.bytes.subarray(0, COUNT_AT));
    new DataView(run.buffer).setUint32(COUNT_AT, 1, true);
    run.set(record, HEADER_BYTES);
    return run;
  }
}

/** A run of a bucket, and one whose customers stand in place of its own. */
export interface AmendedRun {
  readonly whole: Uint8Array | null;
  readonly amended: Uint8Array | null;
}

/** Walks both as one, by key. */
class AmendedCursor {
  /** At the customer at hand; null before the first and after the last. */
  at: RunCursor | null = null;
  readonly #whole: RunCursor | null;
  readonly #amended: RunCursor | null;
  #wholeLeft: boolean;
  #amendedLeft: boolean;

  constructor({ whole, amended }: AmendedRun, layout: Layout) {
    this.#whole = whole === null ? null : new RunCursor(whole, layout);
    this.#amended = amended === null ? null : new RunCursor(amended, layout);
    this.#wholeLeft = this.#whole?.next() ?? false;
    this.#amendedLeft = this.#amended?.next() ?? false;
    this.#choose();
  }

  next(): void {
    if (this.at === null) return;
    if (this.at === this.#amended) this.#amendedLeft = this.at.next();
    else this.#wholeLeft = this.at.next();
    this.#choose();
  }

  #choose(): void {
    const whole = this.#wholeLeft ? this.#whole : null;
    const amended = this.#amendedLeft ? this.#amended : null;
    if (whole === null || amended === null) {
      this.at = amended ?? whole;
      return;
    }
    const order = compareKeys(whole, amended);
    if (order === 0) this.#wholeLeft = whole.next();
    this.at = order < 0 ? whole : amended;
  }
}

/** Both windows' runs of one bucket together, by key. */
export class RunPair {
  readonly bucket: number;
  /** Of the customer at hand; null where it has none. */
  hour: RunCursor | null = null;
  last: RunCursor | null = null;
  readonly #hours: AmendedCursor;
  readonly #lasts: AmendedCursor;

  constructor(bucket: number, hour: AmendedRun, last: AmendedRun, layout: Layout) {
    this.bucket = bucket;
    this.#hours = new AmendedCursor(hour, layout);
    this.#lasts = new AmendedCursor(last, layout);
  }

  /** Steps to the next customer of either; false after the last. */
  next(): boolean {
    if (this.hour !== null) this.#hours.next();
    if (this.last !== null) this.#lasts.next();
    const hour = this.#hours.at;
    const last = this.#lasts.at;
    const order = hour === null ? 1 : last === null ? -1 : compareKeys(hour, last);
    this.hour = order <= 0 ? hour : null;
    this.last = order >= 0 ? last : null;
    return this.hour !== null || this.last !== null;
  }

  get key(): string {
    return this.at.key;
  }

  /** A run that is at the customer at hand. */
  get at(): RunCursor {
    const at = this.last ?? this.hour;
    if (at === null) throw new Error('no customer is at hand');
    return at;
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
