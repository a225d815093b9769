import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How much may come to what stays before it is marked anew, per cent: V8 allows more by itself, and the memory of a verifier is bounded. */
const GROWTH_PER_CENT = 30;

/**
 * Fits V8's collector to a process through which hundreds of megabytes of payloads run each minute beside a large heap that stays. By itself V8 marks the whole
 * heap after every 64 MiB of new buffers, whatever the heap's size: a dozen times a minute at 5,000 events a second. With the flag the limit grows with the
 * heap. V8 reads these flags whenever it decides on a collection, so that they may be set while the process runs; the size of the young generation it does not.
 *
 * @returns collects all garbage at once: the limit is then as far away as it can be, and what comes next is not interrupted by it
 */
export function fitCollector(): () => void {
  setFlagsFromString('--external-memory-accounted-in-global-limit');
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PER_CENT}`);
  setFlagsFromString('--expose-gc');
  // A context that is made after the flag was set has the function.
  return runInNewContext('gc') as () => void;
}
