import { type Micros, ParallaxError } from '@parallax/core';

/** A row of a control table: the day's table is complete since `completed`. */
export interface Marker {
  /** `YYYY-MM-DD` */
  readonly day: string;
  readonly table: string;
  /** µs since 1970. */
  readonly completed: Micros;
}

/** One batch source by its Node driver. Cells are texts; null is null. */
export interface Store {
  markers(): Promise<readonly Marker[]>;
  /** The named columns of one day of a table, row by row, in any order. */
  rows(table: string, key: string, day: string, columns: readonly string[]): AsyncIterable<readonly (string | null)[]>;
  close(): Promise<void>;
}

/** What a store answers with instead of rows. */
export function storeError(what: string, cause: unknown): ParallaxError {
  return new ParallaxError('PRLX_ALTERNATIVE_STORE', `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
    retryable: true,
    advice: 'Is the store running, and `alternative: { stores: … }` in deploy.yaml right when the verifier reads a copy?',
  });
}
