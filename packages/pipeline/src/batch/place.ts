import { BATCH_LANE_CUSTOMERS, BATCH_PAGE_CUSTOMERS } from '../limits.ts';

/**
 * Where a batch view keeps its customers: in `buckets`, as the windows; each has `pages`, of which neighbours make the `lanes` that are
 * joined at once.
 */
export interface Placement {
  readonly buckets: number;
  /** A bucket. */
  readonly pages: number;
  /** A bucket; no more than pages. */
  readonly lanes: number;
}

/** The placement of a base of so many rows. */
export function placementOf(rows: number, buckets: number): Placement {
  const each = rows / buckets;
  return {
    buckets,
    pages: Math.max(1, Math.ceil(each / BATCH_PAGE_CUSTOMERS)),
    lanes: Math.max(1, Math.ceil(each / BATCH_LANE_CUSTOMERS)),
  };
}
