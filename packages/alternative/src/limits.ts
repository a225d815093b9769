/** Largest payload of a message, bytes (contract, section 3). */
export const PAYLOAD_BYTES_MAX = 1024 * 1024;

/** Longest event id, UTF-8 bytes (contract, section 10). */
export const ID_BYTES_MAX = 256;

/** Deepest JSON, counting objects and arrays; the outer object is 1 (contract, section 3). */
export const JSON_DEPTH_MAX = 32;

/** Largest scaled integer of a declared variable (contract, section 3). */
export const VALUE_MAX = 100_000_000_000;

/** Most digits of a number before its exponent (contract, section 3). */
export const NUMBER_DIGITS_MAX = 64;

/** Largest written exponent of a number, either sign (contract, section 3). */
export const EXPONENT_MAX = 30;

/** Digits that fit a double's integers whatever they are; longer numbers are converted as bigint. */
export const SAFE_DIGITS = 15;

/** Most digits of a batch cell's scaled integer: DECIMAL(20, places). */
export const CELL_DIGITS_MAX = 20;

/** Scale of the scorecard's arithmetic (contract, section 7). */
export const SCORECARD_SCALE = 12;

/** Longest line of a recording, bytes: a message of the largest size with every byte escaped, or an online answer. */
export const LINE_BYTES_MAX = 256 * 1024 * 1024;

/** Bytes read from a file at a time. */
export const READ_BYTES = 1024 * 1024;

/** Bytes that are read at once, and not by a turn through the thread pool that costs more than they do. */
export const READ_AT_ONCE_BYTES = 256 * 1024;

/** Bytes that are read with what lies on either side of them rather than jumped over. */
export const READ_THROUGH_BYTES = 4 * 1024;

/** Characters of lines gathered before they are written. */
export const WRITE_CHARS = 1024 * 1024;

/** Room for the bytes of result lines that are gathered before they are written. */
export const WRITE_BYTES = 2 * 1024 * 1024;

/** Largest small file of a recording (`recording.json`, `seal.json`, a marker), bytes. */
export const SMALL_FILE_BYTES_MAX = 1024 * 1024;

/** Most iterations of a recording. */
export const ITERATIONS_MAX = 1_000_000;

/** Longest cell of a batch file, characters. */
export const CELL_CHARS_MAX = 16 * 1024 * 1024;

/** Most columns of a batch file. */
export const COLUMNS_MAX = 100_000;

/** Events of one stream and iteration: their ids are in memory, since only at the iteration's end it is known which of equal ids is accepted. */
export const PENDING_EVENTS_MAX = 20_000_000;

/** Accepted events of one stream and iteration that are gathered in memory before they are written, bytes; and bytes of all of them: their places are 32 bits. */
export const SPILL_BLOCK_BYTES = 1024 * 1024;
export const SPILL_BYTES_MAX = 2 ** 32 - 1;

/** Messages of one id and time with different contents whose payloads are in memory at a time. */
export const TIES_AT_ONCE = 2_000;

/** Raw events that are sorted at a time, bytes: those of one cell are in any case. */
export const SORTED_BYTES = 16 * 1024 * 1024;

/** Messages of one stream and iteration that were not accepted and are kept in memory, to be looked at when the sides differ. */
export const REJECTED_KEPT_MAX = 20_000;

/** Buckets of a minute's raw events: each hour, every customer is computed again from them, a bucket a minute. */
export const EVENT_BUCKETS = 60;

/** Parts of a bucket, so that one customer's events are found without reading the bucket's. */
export const BUCKET_CELLS = 64;

/** Customers with actions whose windows are computed again from raw events in one minute, others each minute. What is beyond is said in the verdict's coverage. */
export const RAW_ACTED_MAX = 1_000;

/** Bytes of batch files that make one partition of a batch view: one partition at a time is joined in memory. */
export const PARTITION_SOURCE_BYTES = 64 * 1024 * 1024;

/** Most partitions of a batch view. */
export const PARTITIONS_MAX = 1024;

/** Partitions of a batch view that stay in memory. */
export const PARTITIONS_CACHED = 8;

/** Parts of a table whose rows are gathered by customer: one at a time is in memory; and characters of one before they are written. */
export const SHAPE_PARTS = 256;
export const SHAPE_PART_CHARS = 64 * 1024;

/** Most customers of the population `base` (contract, section 4). */
export const BASE_POPULATION_MAX = 1_000_000;

/** Customers whose state is allocated at a time. */
export const PAGE_SLOTS = 1024;

/** Customer keys that are kept as texts, so that each is made once. */
export const KEYS_INTERNED_MAX = 4_000_000;

/** Customers that are scored before anybody else has a turn. */
export const SCORED_AT_ONCE = 2_000;
