/** Every bound of the comparison, with its unit. */

/** Witnesses of one verdict (contract, section 9). */
export const WITNESSES_MAX = 5;

/** Customers that a verdict names as held back; with more of them it holds all. */
export const BLOCKED_CUSTOMERS_MAX = 100_000;

/** Bytes of a line file read at a time. */
export const READ_BYTES = 1024 * 1024;

/** Longest canonical line, bytes. */
export const LINE_BYTES_MAX = 64 * 1024 * 1024;

/** Memory that reading Parquet may take, and its threads: the engines beside it need the processors. */
export const PARQUET_MEMORY = '512MB';
export const PARQUET_THREADS = 1;

/** Keys of batch rows that are looked up in one query. */
export const BATCH_KEYS_MAX = 250_000;

/** Customers whose batch rows were compared for the day at hand, kept so that each is compared once. */
export const COMPARED_ROWS_MAX = 2_000_000;
