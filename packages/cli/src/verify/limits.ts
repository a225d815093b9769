/** Every bound of the verifier, with its unit. */

/** How often the ledger is looked at while a minute is awaited, ms. */
export const LEDGER_POLL_MS = 50;

/** How often the verifier asks the stores whether a new day is complete, ms. */
export const DAYS_EVERY_MS = 5_000;

/** How often messages of the running minute are read ahead, ms; and after the broker has refused, ms. */
export const AHEAD_EVERY_MS = 1_000;

/** How long a commit is waited for, ms, before messages of the next minute are read meanwhile: nearly always it comes first, and has a verdict at once. */
export const COMMIT_FIRST_MS = 5_000;
export const AHEAD_AGAIN_MS = 10_000;

/** How often it is looked what Spark has written of the running minute, and compared, ms. */
export const COMPARED_EVERY_MS = 1_000;

/** How long before a minute's end its customers are scored as if it ended then, ms: long enough that they all are, and few of them change afterwards. */
export const SCORED_BEFORE_MS = 10_000;

/** Threads that compare a minute's windows beside the one that compares the rest. */
export const COMPARING_THREADS = 2;

/** Times that a minute is compared when its comparison fails for something that may be over the next time. */
export const COMPARED_TRIES_MAX = 3;

/** The first pause after the verifier could not go on, and the longest, ms. */
export const RETRY_MS = 1_000;
export const RETRY_MS_MAX = 30_000;

/** Minutes of events that a window may hold: an hour. */
export const HOUR_MINUTES = 60n;

/** Days that verdicts are kept, as long as the ledger keeps their minutes; and whom they hold back, beyond the longest validity of an action. */
export const VERDICTS_KEPT_DAYS = 90n;
export const BLOCKED_KEPT_DAYS = 7n;

/** How long a child may take to be ready, ms. */
export const READY_MS_MAX = 60_000;

/** MiB of each half of the young generation: messages live for seconds, and are not copied from half to half meanwhile. */
export const SEMI_SPACE_MIB = 64;

/** Scheduling priority of a verifier beside its run (0 is everybody's, 19 the last). */
export const VERIFIER_NICENESS = 10;
