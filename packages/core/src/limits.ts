/** Largest `.yaml` file of a project, bytes. */
export const YAML_BYTES_MAX = 4 * 1024 * 1024;

/** Largest other file of a project (`scorecard.csv`, SQL, `alternative.ts`), bytes. */
export const PROJECT_FILE_BYTES_MAX = 64 * 1024 * 1024;

/** Longest declared name, characters. */
export const NAME_LENGTH_MAX = 128;

/** Longest duration of a project file, days. */
export const DURATION_DAYS_MAX = 3_650n;

/** Most decimals of a number that the scorecard computes with: its arithmetic has scale 12 (contract, section 7). */
export const SCORECARD_DECIMALS_MAX = 12;

/** Most decimals of a scorecard weight (contract, section 7). */
export const WEIGHT_DECIMALS_MAX = 6;

/** Most digits of a decimal literal in a project file. */
export const DECIMAL_DIGITS_MAX = 30;

/** Most ids in one bulk call. */
export const ONLINE_CHUNK_MAX = 100_000;

/** Oldest online answer that may stand in, minutes. */
export const ONLINE_MAX_AGE_MAX = 100_000;

/** A file of this size or less holding one secret, bytes. */
export const SECRET_BYTES_MAX = 64 * 1024;
