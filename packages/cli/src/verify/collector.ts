import { setFlagsFromString } from 'node:v8';

/** MiB of each half of the young generation: messages live for seconds, and are not copied from half to half meanwhile. */
const SEMI_SPACE_MIB = 64;

/**
 * Fits V8's collector to a process through which hundreds of megabytes of payloads run each minute beside a large heap that stays. By itself V8 marks the whole
 * heap after every 64 MiB of buffers, whatever the heap's size: two thirds of the verifier's CPU. With the flag the limit grows with the heap. Both flags are read
 * when a collection is decided on, so that they may be set while the process runs.
 */
export function fitCollector(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit');
  setFlagsFromString(`--max-semi-space-size=${SEMI_SPACE_MIB}`);
}
