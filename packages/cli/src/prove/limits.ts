/** Rows of the second, richer data that survivors are tried on. */
export const RICH_ROWS = 4_000;

/**
 * Copies that are run and then judged in one pass of the alternative: each keeps a reader of Parquet open, and what a part has found is kept when
 * it is judged.
 */
export const PART_FAULTS = 16;

/**
 * Minutes that a copy goes on after the first that says something else than the true run. None: what the verdict on that minute does not say counts as missed,
 * and what it does say comes before any action of a later one.
 */
export const MINUTES_AFTER_DIFFERENCE = 0;

/** Least faults of a whole run (issue: at least 120). */
export const FAULTS_MIN = 120;

/** Goals, as shares: of the faults that are not equivalent those caught; of those caught the ones whose source and stage were named rightly. */
export const CAUGHT_MIN = 0.95;
export const SOURCE_MIN = 0.95;
export const STAGE_MIN = 0.9;
/** And whose class was; no issue has a goal for it, the stage's is taken. */
export const CLASS_MIN = 0.9;

/** Columns that the page shows of a row that would show a survivor. */
export const WITNESS_COLUMNS_MAX = 12;
