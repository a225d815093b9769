/** Every bound of the live sources, with its unit. */

/** One request to a broker, ms, and how often it is tried. */
export const BROKER_TIMEOUT_MS = 10_000;
export const BROKER_TRIES = 3;

/** Bytes that one fetch answers at most, of all partitions and of one, compressed: unpacked they are ten times as many, all at once. A larger batch comes alone. */
export const FETCH_BYTES_MAX = 4 * 1024 * 1024;
export const FETCH_PARTITION_BYTES_MAX = 1024 * 1024;

/**
 * So long after a cut-off, ms, nothing that a broker stamped before it becomes readable any more; and how often it is asked until then for a message that was stamped after it,
 * which shows the same.
 */
export const CUT_OFF_SETTLED_MS = 1_000;
export const CUT_OFF_AGAIN_MS = 20;

/** How long a broker may wait for more bytes before it answers a fetch, ms. */
export const FETCH_WAIT_MS = 250;

/** A range whose end a broker has named, and of which nothing comes for so long, ms, is not read any further. */
export const FETCH_STALL_MS = 30_000;

/** Batches of open transactions that are held until their marker is read. */
export const OPEN_BATCHES_MAX = 200_000;

/** An id that only one side has seen for so long, ms, is a divergence (contract, section 2). */
export const ONE_SIDE_MS = 120_000;

/** AMQP: first messages of the queue that was made later, by which it is told where it begins in the other one. */
export const MEETING_MESSAGES = 32;

/** How long the own queue is waited for when a minute is read, ms: after a restart it has to attach first. */
export const QUEUE_PATIENCE_MS = 30_000;

/** AMQP: one attempt to connect and attach, ms; the first pause after a failure and the longest, ms. */
export const ATTACH_MS_MAX = 15_000;
export const BACK_OFF_MS = 200;
export const BACK_OFF_MS_MAX = 5_000;

/** AMQP: messages that the queue may hand over before the earlier ones are on disk. */
export const QUEUE_CREDIT = 1_000;

/** AMQP: how long messages are gathered before they are written and accepted, ms. */
export const QUEUE_GATHER_MS = 100;

/** AMQP: bytes of one file of kept payloads before the next is begun. */
export const JOURNAL_FILE_BYTES = 64 * 1024 * 1024;

/** How long messages of the own queue are kept after they came, ms, also when they were joined; and how many of the last ones, however old they are. */
export const JOURNAL_KEEP_MS = 15 * 60_000;
export const JOURNAL_KEEP_MESSAGES = 20_000;

/** Stores: rows that a cursor or a page brings at a time, and one answer, ms. */
export const STORE_PAGE_ROWS = 500;
export const STORE_TIMEOUT_MS = 120_000;

/** Stores: how often the control tables are read at most, ms. */
export const MARKERS_AGE_MS = 15_000;

/** A day that is complete and settled for so long before a seal, µs, must be the one that the seal names. */
export const STALE_AFTER_US = 10n * 60_000_000n;

/** When own bulk calls begin before the minute's end, ms, and how long one may take. */
export const SAMPLE_LEAD_MS = 12_000;
export const SAMPLE_TIMEOUT_MS = 10_000;

/** Largest body of an own bulk call, bytes. */
export const SAMPLE_BODY_BYTES_MAX = 64 * 1024 * 1024;

/** Parts of Cassandra's token ring that a table is read by, one after the other. */
export const TOKEN_RANGES = 16;

/** How long after its seal a minute's bulk calls end at the latest, µs (contract, section 7). */
export const ONLINE_CLOSE_US = 4_000_000n;

/** A call that began so shortly before that end, µs, shows that the time ran out. */
export const ASKED_MARGIN_US = 3_000_000n;

/** Bytes of all topics that wait in memory for their minute to begin, or to be sealed, about; and offsets of a partition that are read at a time. */
export const AHEAD_BYTES_MAX = 256 * 1024 * 1024;
export const AHEAD_OFFSETS_MAX = 20_000;

/** Messages of a topic that are taken at a time before their minute is sealed. */
export const AHEAD_GIVEN_MAX = 10_000;

/** Partitions of a topic. */
export const PARTITIONS_MAX = 4_096;

/** Offsets between two messages that are read once more, that are read with them. */
export const AGAIN_OFFSETS_BETWEEN = 1_000;

/** Offsets of a partition before a run's first minute in which the bridge's copies of queued messages are looked for. */
export const EARLIER_OFFSETS_MAX = 200_000;

/** What a message that was read ahead takes beside its payload, bytes. */
export const AHEAD_RECORD_BYTES = 400;

/** Fetches in which the end of a transaction is looked for, that was open when a minute was sealed. */
export const MARKER_FETCHES_MAX = 100;

/** How often it looks for a message of the bridge in its own queue, ms. */
export const QUEUE_POLL_MS = 500;

/** Rows of a batch view that its partitions are made for, and bytes of one. */
export const BATCH_ROWS_ABOUT = 1_000_000;
export const BATCH_ROW_BYTES = 512;

/** A lake's files: threads and memory of the engine that reads them. */
export const LAKE_THREADS = 1;
export const LAKE_MEMORY = '512MB';

/** Names in one folder of an object store. */
export const LISTED_NAMES_MAX = 1_000_000;
