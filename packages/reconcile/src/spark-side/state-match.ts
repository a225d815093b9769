import type { WindowCells } from '../sides.ts';
import { KEEP_COUNT, KEEP_LAST, KEEP_MAX, KEEP_MIN, KEEP_SUM, type StreamLayout } from './layout.ts';

/** What no packed number is. */
const NONE = -1;
/** Seven bits each: 49 bits, which a double holds. */
const DOUBLE_GROUPS = 7;
const TIME_BYTES = 8;

/**
 * Tells whether a packed state of one stream says the very numbers that the other side keeps: every kept aggregate of every variable is compared as it
 * is read, and nothing is unpacked. A minute has a million states and nearly all are equal. False says nothing yet: the state may differ, hold
 * numbers that no double holds, or be no state at all, which `StreamState` tells.
 */
export class StateMatch {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** @param cells of the same window; a sum that is NaN there is never equal */
  isEqual(bytes: Uint8Array, from: number, to: number, { keeps, keepsLast, bitmapBytes }: StreamLayout, cells: WindowCells): boolean {
    const { count, sum, min, max, last } = cells;
    if (from === to) return isNothing(count);
    this.#bytes = bytes;
    this.#at = from;
    if (this.#uvarint() === NONE) return false;
    const bitmap = this.#at;
    this.#at += bitmapBytes;
    if (keepsLast && !this.#skipKeys(to)) return false;
    for (let i = 0; i < keeps.length; i++) {
      const n = count[i] as number;
      if (((bytes[bitmap + (i >> 3)] as number) & (1 << (i & 7))) === 0) {
        if (n !== 0) return false;
        continue;
      }
      if (n === 0) return false;
      const kept = keeps[i] as number;
      if ((kept & KEEP_SUM) !== 0 && this.#uvarint() !== zigzag(sum[i] as number)) return false;
      if ((kept & KEEP_COUNT) !== 0 && this.#uvarint() !== n) return false;
      if ((kept & KEEP_MIN) !== 0 && this.#uvarint() !== zigzag(min[i] as number)) return false;
      if ((kept & KEEP_MAX) !== 0 && this.#uvarint() !== zigzag(max[i] as number)) return false;
      if ((kept & KEEP_LAST) !== 0 && (this.#uvarint() !== zigzag(last[i] as number) || this.#uvarint() === NONE)) return false;
    }
    return this.#at === to;
  }

  /** The keys that order `last`. */
  #skipKeys(to: number): boolean {
    for (let keys = this.#uvarint(); keys > 0; keys--) {
      this.#at += TIME_BYTES;
      const length = this.#uvarint();
      if (length === NONE) return false;
      this.#at += length;
      if (this.#at > to) return false;
    }
    return true;
  }

  /** LEB128; NONE of what has more than 49 bits, or is cut short. */
  #uvarint(): number {
    const bytes = this.#bytes;
    const first = bytes[this.#at++] as number;
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let unit = 0x80;
    for (let group = 1; group < DOUBLE_GROUPS && this.#at < bytes.length; group++) {
      const byte = bytes[this.#at++] as number;
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
      unit *= 0x80;
    }
    return NONE;
  }
}

/** The number with its sign in the lowest bit, as `ByteCursor.zigzag` reads it. Past 2⁵² it is no packed number of at most 49 bits, so it is not equal. */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function isNothing(count: Float64Array): boolean {
  for (let i = 0; i < count.length; i++) if (count[i] !== 0) return false;
  return true;
}
