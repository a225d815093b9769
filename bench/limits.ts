import { HEAP_MB } from '@parallax/local/limits.ts';

/** Every bound of the benches, with its unit in its name. */

/** Between two looks at the ledger and at the CPU accounts; also the greatest error of a latency. */
export const WATCH_INTERVAL_MS = 50;
/** Heaps of the embedded services, MiB. */
export const HEAPS_MB = { ...HEAP_MB, cassandra: 512 } as const;
/** A coordinator commits its first minute within this time, or the bench gives up. */
export const FIRST_COMMIT_MS_MAX = 1_800_000;
/** A minute that is due is committed within this time, or the bench gives up. */
export const COMMIT_MS_MAX = 900_000;
/** Minutes that are caught up to warm the engine for the growing hour, at the most. */
export const GROWTH_WARM_MINUTES_MAX = 34;
/** One micro-batch of Structured Streaming beside everything else, the first of several minutes' messages. */
export const MICRO_BATCH_MS_MAX = 300_000;
/** One order to the generator: loading the day of 200,000 customers is the longest. */
export const GENERATOR_ORDER_MS_MAX = 1_800_000;
/** A service is ready within this time; five JVMs start at once. */
export const SERVICE_START_MS_MAX = 600_000;
