import { BUCKET_CELLS, EVENT_BUCKETS } from '../limits.ts';

/** FNV-1a over a key's code units: a spread, not a digest. */
export function hashKey(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** The bucket of a customer's raw events. */
export function bucketOf(key: string): number {
  return hashKey(key) % EVENT_BUCKETS;
}

/** The cell of a customer's raw events: those of bucket `b` are the `BUCKET_CELLS` from `b × BUCKET_CELLS` on. */
export function cellOf(key: string): number {
  const hash = hashKey(key);
  return (hash % EVENT_BUCKETS) * BUCKET_CELLS + (Math.floor(hash / EVENT_BUCKETS) % BUCKET_CELLS);
}
