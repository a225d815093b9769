/** Every bound of this package, with its unit in its name. */

/** From a service's first start to its first answer; a busy machine may take several times the usual 10 s. */
export const START_MS_MAX = 180_000;
/** Between two looks at a service that is not ready yet. */
export const PROBE_INTERVAL_MS = 100;
/** One question to a service in its own protocol. */
export const PROBE_MS_MAX = 10_000;
/** From the polite signal to SIGKILL. */
export const STOP_MS_MAX = 15_000;
/** What a service had started may live this much longer than it; then it is killed. */
export const ORPHAN_MS_MAX = 1_000;
/** Between two looks at a process that is ending. */
export const EXIT_INTERVAL_MS = 20;
/** From the signal to the supervisor of `up` to its end: it stops Spark, then the stores. */
export const DOWN_MS_MAX = 3 * STOP_MS_MAX;
/** From SIGKILL to the last process of a service gone from /proc. */
export const KILL_MS_MAX = 10_000;
/** A free port may be taken by another process before the service binds it: then others are tried. */
export const BIND_ATTEMPTS_MAX = 4;
/** Lines of a service's log that an error shows. */
export const LOG_TAIL_LINES = 25;
/** Bytes read from the end of a log for that. */
export const LOG_TAIL_BYTES = 64 * 1024;
/** A log file larger than this is moved aside (one generation) at the next start. */
export const LOG_FILE_BYTES_MAX = 16 * 1024 * 1024;

/** Heap, MiB, unless the caller says otherwise: a laptop's share. */
export const HEAP_MB = { spark: 2560, kafka: 512, artemis: 256, cassandra: 768 } as const;
/** PostgreSQL's shared buffers, MiB. */
export const POSTGRES_BUFFERS_MB = 128;

/** The largest Kafka record batch, bytes; the contract's largest event (1 MiB) with its headers fits. */
export const KAFKA_MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
/** Kafka keeps this much of each partition, bytes. Age removes nothing: a demo's history has old timestamps. */
export const KAFKA_RETENTION_BYTES = 2 * 1024 * 1024 * 1024;
/** The largest gRPC message that the embedded Spark server accepts, bytes. */
export const SPARK_MESSAGE_BYTES_MAX = 512 * 1024 * 1024;
/** What Artemis holds in memory before it pages to disk, bytes. */
export const ARTEMIS_MEMORY_BYTES = 96 * 1024 * 1024;

/** Scheduling priority of the threads that optimise a JVM's code (0 is everybody's, 19 the last). */
export const OPTIMISER_NICENESS = 10;
