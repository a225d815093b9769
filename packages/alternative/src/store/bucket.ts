import { BUCKET_CELLS, EVENT_BUCKETS } from '../limits.ts';

/** FNV-1a over a key's code units: a spread, not a digest. */
export function hashKey(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** The same of a key's UTF-8 bytes [start, end); −1: they are not ASCII, and their code units are others. */
export function hashKeyBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte >= 0x80) return -1;
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** The bucket of a customer's raw events. */
export function bucketOf(key: string): number {
  return hashKey(key) % EVENT_BUCKETS;
}

/** All cells. */
export const CELLS = EVENT_BUCKETS * BUCKET_CELLS;

/** The cell of a customer's raw events: those of bucket `b` are the `BUCKET_CELLS` from `b × BUCKET_CELLS` on. */
export function cellOf(key: string): number {
  return cellOfHash(hashKey(key));
}

/** The same by the key's `hashKey`. */
export function cellOfHash(hash: number): number {
  return (hash % EVENT_BUCKETS) * BUCKET_CELLS + (Math.floor(hash / EVENT_BUCKETS) % BUCKET_CELLS);
}
