/** Every bound of the comparison, with its unit. */

/** Witnesses of one verdict (contract, section 9). */
export const WITNESSES_MAX = 5;

/** Customers that a verdict names as held back; with more of them it holds all. */
export const BLOCKED_CUSTOMERS_MAX = 100_000;

/** Minutes whose verdicts, or the customers that they name, are forgotten at once: more than one a minute, so that what is over grows no more. */
export const FORGOTTEN_AT_ONCE = 3;

/** Bytes of a line file read at a time. */
export const READ_BYTES = 1024 * 1024;

/** Longest canonical line, bytes. */
export const LINE_BYTES_MAX = 64 * 1024 * 1024;

/** Memory that reading Parquet may take, and its threads: the engines beside it need the processors. */
export const PARQUET_MEMORY = '512MB';
export const PARQUET_THREADS = 1;

/** Customers whose batch rows were found equal for the view at hand, each kept with a checksum. */
export const COMPARED_ROWS_MAX = 2_000_000;

/** Messages of one stream, minute and side that are looked at one by one when the sides differ. */
export const MESSAGES_KEPT_MAX = 10_000;

/** Messages of a stream and minute that make a gap when one side has none of them. */
export const GAP_MESSAGES_MIN = 3;

/** Messages that the sides did not treat alike and that are remembered for later minutes, all streams together. */
export const REMEMBERED_MESSAGES_MAX = 100_000;

/** Customers of one stage whose differences are looked at one by one for their cause. */
export const EXAMINED_CUSTOMERS_MAX = 10_000;

/** Customers whose inputs are replaced to see what gives the other side's result. */
export const SUBSTITUTED_CUSTOMERS_MAX = 40;

/** Earlier panes are read for this many witnesses at most. */
export const PANE_WITNESSES_MAX = 5;

/** Lines of detail of one witness. */
export const DETAIL_LINES_MAX = 8;

/** Contributions that Spark's batch rows keep of a customer: as many are looked at of the alternative's. */
export const CONTRIBUTIONS_KEPT = 5;
