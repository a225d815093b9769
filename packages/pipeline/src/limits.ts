/** Every bound of the Spark side, with its unit. */

/** Attempts at one iteration over restarts of the engine before the failure is given to the caller. */
export const ITERATION_ATTEMPTS_MAX = 4;

/** `base` populations above this many customers are refused (contract, section 4). */
export const BASE_POPULATION_MAX = 1_000_000;

/** Minutes in the sliding window `last_hour`. */
export const LAST_HOUR_MINUTES = 60;

/** Rows that a count or a summary of one minute may have. */
export const SUMMARY_ROWS_MAX = 10_000;

/** Bytes of text an export keeps in memory before it writes. */
export const EXPORT_CHUNK_BYTES = 1 << 20;

/** Online calls begin this long before the minute ends (contract, section 7). */
export const ONLINE_LEAD_MS = 25_000;

/** Online captures close at the latest this long after the seal (contract, section 7). */
export const ONLINE_CLOSE_MS = 4_000;

/** A seal written so long after it was due at the most is on time: after that the minute's online captures are closed before anyone could top them up. */
export const SEAL_LATE_MS = ONLINE_CLOSE_MS;

/** Bulk calls in flight, a source. */
export const ONLINE_CONCURRENCY_MAX = 8;

/** Attempts at one bulk call. */
export const ONLINE_ATTEMPTS_MAX = 4;

/** First back-off between attempts at one bulk call; doubles. */
export const ONLINE_BACKOFF_MS = 200;

/** One bulk call may take this long. */
export const ONLINE_CALL_TIMEOUT_MS = 5_000;

/** The body of one bulk answer. */
export const ONLINE_BODY_BYTES_MAX = 16 << 20;

/** A broker request of the coordinator may take this long. */
export const BROKER_TIMEOUT_MS = 10_000;

/**
 * A message that the broker stamped before a cut-off may be readable only so long after it, by the coordinator's clock: the broker's may be behind, and a message is
 * readable when its replicas have it. A seal waits for it where no later message shows that nothing is missing.
 */
export const CUT_OFF_MARGIN_MS = 50;
/** Between two such questions. */
export const CUT_OFF_AGAIN_MS = 5;

/** Actions in one request to the actions topic. */
export const PUBLISH_BATCH_MAX = 500;

/** Bytes in one fetch while the actions topic is read back. */
export const ACTIONS_FETCH_BYTES = 4 << 20;

/** The broker may wait so long before it answers such a fetch with nothing. */
export const ACTIONS_FETCH_WAIT_MS = 250;

/** Such fetches that may bring nothing before reading back is given up. */
export const ACTIONS_FETCHES_FRUITLESS_MAX = 20;

/** The gate looks for verdicts, requests and terms that are over once in this time. */
export const GATE_POLL_MS = 250;

/** Requests by hand that one turn of the gate answers. */
export const REQUESTS_BATCH_MAX = 500;

/** A minute that has a verdict and actions that are held is looked up again once in this time: another verdict may clear them. */
export const VERDICT_AGAIN_MS = 5_000;

/** The gate looks out for a minute's verdict for so long: one that comes later changes nothing that it could still release. */
export const VERDICT_WATCH_MINUTES = 60;

/** Distinct undeclared field names kept a minute and stream. */
export const DRIFT_NAMES_MAX = 256;

/** Minutes that committed iterations keep their files beyond what a later minute needs. */
export const KEEP_MINUTES = 180;

/** Minutes that the messages which a minute did not accept are kept for people, and bytes of them that are kept of reclaimed iterations together. */
export const MESSAGES_KEPT_MINUTES = 2 * 1440;
export const MESSAGES_KEPT_BYTES = 2 ** 30;

/** Ids of late events that are held in memory while they are listed. */
export const LATE_IDS_MAX = 1_000_000;

/** Days that settled decisions are kept beyond the longest cool-down and validity of the project: as long as a verifier may be behind. */
export const DECISIONS_KEPT_DAYS = 7;

/** Days that a minute's seal, close, manifest and digest are kept: some 2 KiB a minute. */
export const MINUTES_KEPT_DAYS = 90;

/** Rows of a table that one transaction removes, and how long a minute removes such rows at the most. */
export const FORGET_ROWS = 5_000;
export const FORGET_MS = 500;

/** The state folder is measured again after so long at the least, and after so many times as long as it took. */
export const STATE_SIZE_EVERY_MS = 45_000;
export const STATE_SIZE_PAUSE = 200;

/** The lease of the one writer is renewed within this time, or another coordinator may take it. */
export const LEASE_MS = 15_000;

/** Actions that one minute may decide: they are held in memory until the commit. */
export const DECISIONS_MAX = 1_000_000;

/** Batch days that one look finds unreadable before it gives up: then it is not the days. */
export const DAYS_UNREADABLE_MAX = 3;

/** Between two interrupts of a batch day that is given up. */
export const BATCH_INTERRUPT_MS = 1_000;

/** Rows in one fetch of a JDBC read: the driver would else hold the whole table. */
export const JDBC_FETCH_ROWS = 1_000;

/** Connections that one table is read by, at the most. */
export const JDBC_PARTITIONS = 4;

/** Data of one Cassandra read task. */
export const CASSANDRA_SPLIT_MB = 32;

/** Control tables are asked for new days once in this time. */
export const DAYS_POLL_MS = 60_000;

/** Keys of known customers that are kept in memory for the online calls (a population larger is topped up after the seal). */
export const KNOWN_CUSTOMERS_MAX = 1_000_000;

/** Customers outside the base population that a draft keeps in memory, to count them when the minute is over. */
export const OUTSIDE_KEPT_MAX = 100_000;

/** Falls are measured against the oldest committed minute of the last so many. */
export const FALL_MINUTES = 5;

/** Customers and groups that are named as having fallen most. */
export const FALLS_SHOWN = 5;

/** Pauses between attempts, doubled from the first to the last. */
export const RETRY_FIRST_MS = 500;
export const RETRY_LAST_MS = 10_000;

/** How often a lease that another coordinator holds is asked for again. */
export const LEASE_POLL_MS = 1_000;

/** Groups of customers that state is kept by, unless the deployment says otherwise. */
export const BUCKETS = 64;

/** The same in a replay, which is small as a rule. */
export const REPLAY_BUCKETS = 8;

/** Minutes whose windows are kept, with what was unpacked of them: the newest, and those that a verifier may still be behind. */
export const WINDOWS_KEPT_MINUTES = 20;

/** Minutes whose parts are kept for a verifier that has not seen them yet. */
export const UNVERIFIED_KEPT_MINUTES = 60;

/** Iterations that each minute looks for leftovers in. */
export const RECLAIM_BAND_MINUTES = 5;

/** Nothing is done ahead of a minute earlier in it: until then the one before is committed and verified. */
export const AHEAD_FIRST_MS = 10_000;

/** Pause between two slices of a running minute. */
export const SLICE_PAUSE_MS = 40_000;

/** How long a slice takes, before one has been measured, and the bounds of what is believed. */
export const SLICE_FIRST_MS = 4_000;
export const SLICE_LEAST_MS = 600;
export const SLICE_MOST_MS = 20_000;

/** How much after the instant of the seal a slice before it may end. */
export const SLICE_OVER_MS = 250;

/** Rows from which on generated code pays for its compilation. */
export const COMPILED_ROWS_MIN = 20_000;

/** Calls that read one topic's part of a slice, at least: so many can run at once. */
export const TOPIC_CALLS = 2;

/** Messages that are not worth a call, and with it a consumer, of their own. */
export const TOPIC_CALL_LEAST = 10_000;

/** Messages that one such call holds in memory, packed to some hundred bytes each. */
export const TOPIC_CALL_MESSAGES = 100_000;

/** Columns of stream and batch that are unpacked whether the SQL reads them or not: to ask the planner costs more. */
export const UNPACKED_ANYWAY = 64;

/** A side of a join up to this size is sent to every task: tables of some hundred thousand customers are not shuffled. */
export const BROADCAST_BYTES_MAX = 64 << 20;

/** How long a draft takes, before one has been measured, and the bounds of what is believed; it begins so much of itself earlier. */
export const DRAFT_FIRST_MS = 12_000;
export const DRAFT_LEAST_MS = 1_500;
export const DRAFT_MOST_MS = 30_000;
export const DRAFT_MARGIN = 1.15;

/** A draft begins no earlier than so long after its minute: the bulk calls have to be made. */
export const DRAFT_EARLIEST_MS = 38_000;

/** The minutes that are run to warm the engine, each by how much of its messages is drafted: the rest touches many customers, or few. */
export const WARM_DRAFTED: readonly number[] = [0.5, 0.95, 0.5];

/** How long before the first seal nothing of them is begun any more, and how long before that there is room for them. */
export const WARM_UNTIL_MS = 15_000;
export const WARM_ROOM_MS = 30_000;

/** Customers of one page of the batch view: what is read of it at the least for one customer that enters the window. */
export const BATCH_PAGE_CUSTOMERS = 64;

/** Customers of the batch view that one call joins over all tables: it holds their rows in memory. */
export const BATCH_LANE_CUSTOMERS = 20_000;

/**
 * Tables of a lake that one statement reduces together: compressed bytes, some seconds' work that a restart does anew, and columns, of which the
 * statement's text holds what is made of each.
 */
export const REDUCED_TOGETHER = { bytes: 128 << 20, columns: 10_000 };

/** Iterations whose results are put together into one overlay; KEEP_MINUTES leaves room for several tries. */
export const OVERLAY_ITERATIONS = 60;

/** Days after which nothing is kept any more of a version's profile and drift, and of its rows that were kept aside, which name customers. */
export const DAY_RECORD_KEPT_DAYS = 400;
export const ASIDE_KEPT_DAYS = 35;

/** Versions of which something is kept, for a store that marks its days again and again. */
export const DAY_RECORDS_MAX = 2_000;

/** Rows of one version, table and reason that are listed of those kept aside; the others are counted. */
export const ASIDE_LISTED = 1_000;
