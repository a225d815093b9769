import type { Aggregate } from '@parallax/core';
import type { Scaled } from '../sides.ts';
import { ByteCursor, PackedFault, textOf } from './bytes.ts';
import { KEEP_COUNT, KEEP_LAST, KEEP_MAX, KEEP_MIN, KEEP_SUM, type StreamLayout } from './layout.ts';

const TIME_BYTES = 8;

/** What orders the events of a customer: time, then id as UTF-8 bytes. */
export interface EventKey {
  /** µs since 1970. */
  readonly time: bigint;
  readonly id: string;
}

/** The partial aggregates of one stream's events of one customer, unpacked. Used again from customer to customer. */
export class StreamState {
  readonly layout: StreamLayout;
  /** Accepted events, with or without values. */
  events: number | bigint = 0;
  /** By variable: whether it has a value. What belongs to one that has none is stale. */
  readonly present: Uint8Array;
  readonly sum: (number | bigint)[];
  readonly count: (number | bigint)[];
  readonly min: (number | bigint)[];
  readonly max: (number | bigint)[];
  readonly last: (number | bigint)[];
  /** By variable: which of the keys that order events its last value has. */
  readonly #ranks: Int32Array;
  /** Where those keys begin. */
  #keys: number[] = [];
  readonly #in = new ByteCursor();

  constructor(layout: StreamLayout) {
    const width = layout.keeps.length;
    const cells = () => new Array<number | bigint>(width).fill(0);
    this.layout = layout;
    this.present = new Uint8Array(width);
    this.sum = cells();
    this.count = cells();
    this.min = cells();
    this.max = cells();
    this.last = cells();
    this.#ranks = new Int32Array(width);
  }

  /** Nothing has a value. */
  clear(): void {
    this.events = 0;
    this.present.fill(0);
  }

  /** Unpacks bytes[from, to); an empty range is a customer without events of the stream. Throws PackedFault. */
  read(bytes: Uint8Array, from: number, to: number): void {
    if (from === to) {
      this.clear();
      return;
    }
    const cursor = this.#in;
    const { keeps, keepsLast, bitmapBytes } = this.layout;
    cursor.open(bytes, from, to);
    this.events = cursor.uvarint();
    const bitmap = cursor.at;
    cursor.skip(bitmapBytes);
    this.#keys = [];
    if (keepsLast) {
      for (let keys = cursor.index(); keys > 0; keys--) {
        this.#keys.push(cursor.at);
        cursor.skip(TIME_BYTES);
        cursor.skip(cursor.length());
      }
    }
    for (let i = 0; i < keeps.length; i++) {
      const present = ((bytes[bitmap + (i >> 3)] as number) >> (i & 7)) & 1;
      this.present[i] = present;
      if (present === 0) continue;
      const kept = keeps[i] as number;
      if ((kept & KEEP_SUM) !== 0) this.sum[i] = cursor.zigzag();
      if ((kept & KEEP_COUNT) !== 0) this.count[i] = cursor.uvarint();
      if ((kept & KEEP_MIN) !== 0) this.min[i] = cursor.zigzag();
      if ((kept & KEEP_MAX) !== 0) this.max[i] = cursor.zigzag();
      if ((kept & KEEP_LAST) !== 0) {
        this.last[i] = cursor.zigzag();
        this.#ranks[i] = cursor.index();
      }
    }
    if (cursor.hasMore) throw new PackedFault('a state that is longer than its layout says');
  }

  /** The event that a variable's last value is of. Throws PackedFault when the state names none. */
  lastKey(variable: number): EventKey {
    const at = this.#keys[this.#ranks[variable] as number];
    if (at === undefined) throw new PackedFault('a last value of no event');
    const cursor = this.#in;
    cursor.open(cursor.bytes, at);
    const time = cursor.int64();
    const length = cursor.length();
    return { time, id: textOf(cursor.bytes, cursor.at, cursor.at + length) };
  }

  /** One aggregate of a variable: of one without values a count is 0, anything else null. */
  value(variable: number, aggregate: Aggregate): Scaled {
    if (this.present[variable] === 0) return aggregate === 'count' ? 0 : null;
    switch (aggregate) {
      case 'sum':
        return this.sum[variable] as Scaled;
      case 'count':
        return this.count[variable] as Scaled;
      case 'avg':
        return quotientHalfAway(BigInt(this.sum[variable] as number | bigint), BigInt(this.count[variable] as number | bigint));
      case 'min':
        return this.min[variable] as Scaled;
      case 'max':
        return this.max[variable] as Scaled;
      case 'last':
        return this.last[variable] as Scaled;
    }
  }
}

/** sum ÷ count, rounded half away from zero; null by zero. */
export function quotientHalfAway(sum: bigint, count: bigint): Scaled {
  if (count === 0n) return null;
  const size = (2n * (sum < 0n ? -sum : sum) + count) / (2n * count);
  return Number(sum < 0n ? -size : size);
}
