/** Every bound of the simulator, with its unit. */
export const LIMITS = {
  /** Ids in one bulk call of the online API (contract, section 10: `chunk`). */
  onlineIdsMax: 1_000,
  /** Body of one bulk call, bytes: 1,000 ids of 20 digits and their commas, twice over. */
  onlineBodyBytesMax: 64 * 1024,
  /** Messages in one produce request, all partitions together. */
  produceMessagesMax: 1_500,
  /** Payload bytes in one produce request; one invalid `too_large` message may exceed it on its own. */
  produceBytesMax: 3 * 1024 * 1024,
  /** Produce requests of one topic that wait for their confirmation. */
  produceInFlightMax: 2,
  /** Largest record batch that the simulated topics take, bytes (they must carry messages past the contract's 1 MiB). */
  topicBatchBytesMax: 8 * 1024 * 1024,
  /** AMQP messages sent and not yet settled by the broker. */
  amqpUnsettledMax: 2_000,
  /** Waiting for AMQP credit or an outcome, ms. */
  amqpStallMs: 30_000,
  /** A live producer wakes this often, ms. */
  liveTickMs: 100,
  /** Behind the clock by less than this, a live producer counts as caught up, ms. */
  liveCaughtUpMs: 1_000,
  /** Tries of one produce request. */
  produceAttemptsMax: 8,
  /** First pause between two tries of a produce request, ms; doubles each time. */
  produceRetryMs: 100,
  /** Rows in one chunk of COPY text; bounds memory while a day is loaded. */
  copyRowsPerChunk: 64,
  /** Tables loaded into PostgreSQL at once, each by its own connection. */
  copyTablesAtOnce: 2,
  /** Cassandra inserts in flight. */
  cassandraInFlightMax: 64,
  /** Cassandra request time-out, ms: creating a table of 250 columns on a busy machine. */
  cassandraTimeoutMs: 60_000,
} as const;
