import { hashBytes } from '../accept/byte-table.ts';

/** Keys with their slots in memory that threads share: an open-addressing table over the keys' bytes. */
export interface SharedKeys {
  /** The UTF-8 bytes of the key in slot `s` are `[ends[s − 1], ends[s])`; of a free slot there are none. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly ends: Uint32Array<SharedArrayBuffer>;
  /** Slot + 1; 0: none. Its length is a power of two. */
  readonly table: Int32Array<SharedArrayBuffer>;
}

/** @param keys by slot; null: the slot is free */
export function sharedKeys(keys: readonly (string | null)[]): SharedKeys {
  let most = 0;
  // A UTF-16 unit has at most three bytes.
  for (const key of keys) most += 3 * (key?.length ?? 0);
  const bytes = new Uint8Array(new SharedArrayBuffer(most));
  const ends = new Uint32Array(new SharedArrayBuffer(4 * keys.length));
  let entries = 2;
  while (entries < 2 * keys.length) entries *= 2;
  const table = new Int32Array(new SharedArrayBuffer(4 * entries));
  const writer = Buffer.from(bytes.buffer);
  let end = 0;
  for (const [slot, key] of keys.entries()) {
    if (key !== null) {
      const start = end;
      end += written(writer, key, start);
      let at = hashBytes(bytes, start, end) & (entries - 1);
      while (table[at] !== 0) at = (at + 1) & (entries - 1);
      table[at] = slot + 1;
    }
    ends[slot] = end;
  }
  return { bytes, ends, table };
}

/** Keys are ASCII nearly always: then a loop costs less than a call. */
function written(bytes: Buffer, key: string, at: number): number {
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    if (unit >= 0x80) return bytes.write(key, at);
    bytes[at + i] = unit;
  }
  return key.length;
}

/** The slot of a key that is UTF-8 in bytes[from, to); −1: it has none. */
export function slotOfBytes({ bytes: keys, ends, table }: SharedKeys, bytes: Uint8Array, from: number, to: number): number {
  const mask = table.length - 1;
  for (let at = hashBytes(bytes, from, to) & mask; ; at = (at + 1) & mask) {
    const slot = (table[at] as number) - 1;
    if (slot < 0) return -1;
    const start = slot === 0 ? 0 : (ends[slot - 1] as number);
    if ((ends[slot] as number) - start !== to - from) continue;
    let i = 0;
    while (from + i < to && keys[start + i] === bytes[from + i]) i++;
    if (from + i === to) return slot;
  }
}
