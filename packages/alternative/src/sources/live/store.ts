import { type Micros, ParallaxError } from '@parallax/core';

/** A row of a control table: the day's table is complete since `completed`. */
export interface Marker {
  /** `YYYY-MM-DD` */
  readonly day: string;
  readonly table: string;
  /** µs since 1970. */
  readonly completed: Micros;
}

/** Where a value stands in a stored row: a column, then the fields inside of it. Never empty. */
export type FieldPath = readonly string[];

/** What a store keeps in a column, as far as its texts do not say how they compare: exact numbers, doubles, or all else. */
export type StoredKind = 'exact' | 'double' | 'other';

/** Which rows of a store are wanted, and what of each. */
export interface TableOfDay {
  readonly table: string;
  /** The name of the key's column. */
  readonly key: string;
  /** `YYYY-MM-DD` */
  readonly day: string;
  readonly fields: readonly FieldPath[];
}

/** One batch source by its Node driver. Cells are texts; null is null. */
export interface Store {
  markers(): Promise<readonly Marker[]>;
  /** The wanted fields of one day of a table, row by row, in any order. */
  rows(wanted: TableOfDay): AsyncIterable<readonly (string | null)[]>;
  /** What each of the wanted fields holds. */
  kinds(wanted: TableOfDay): Promise<readonly StoredKind[]>;
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

/** A declared field that a table does not have, or that its store cannot have. */
export function fieldError(place: string, path: FieldPath): ParallaxError {
  return new ParallaxError('PRLX_BATCH_COLUMN', `the table ${place} has no ${path.length > 1 ? 'field' : 'column'} ${path.join('.')}`, {
    exitCode: 2,
    advice: 'Its file in batch/ or scorecard.csv names it.',
  });
}
