import { type Micros, ParallaxError } from '@parallax/core';
import type { Engine } from './engine/engine.ts';
import { runIteration } from './iteration.ts';
import { ITERATION_ATTEMPTS_MAX } from './limits.ts';
import type { MinuteOutcome } from './outcome.ts';
import type { Pipeline } from './pipeline.ts';

/** Gives an engine session that works, opening a new one (and starting the engine again, if it is ours) after the last was lost. */
export interface EngineProvider {
  engine(): Promise<Engine>;
  /** Tells that the engine's session failed in a way that a new one may not. */
  lost(engine: Engine, cause: unknown): Promise<void>;
}

/**
 * Runs one iteration to its commit, over losses of the engine: an attempt that failed leaves nothing visible and is
 * repeated from the seal. Throws what a repetition cannot mend, or the last failure.
 *
 * @param after runs on the attempt's session once it is committed, within the same protection; it must be repeatable
 */
export async function runToCommit(
  pipeline: Pipeline,
  engines: EngineProvider,
  minute: Micros,
  after: (engine: Engine, outcome: MinuteOutcome) => Promise<void> = async () => undefined,
): Promise<MinuteOutcome> {
  let committed: MinuteOutcome | null = null;
  for (let attempt = 1; ; attempt++) {
    const engine = await engines.engine();
    try {
      if (committed === null) committed = await runIteration(pipeline, engine, minute, attempt);
      await after(engine, committed);
      return committed;
    } catch (error) {
      if (!isRetryable(error) || attempt >= ITERATION_ATTEMPTS_MAX) throw error;
      await engines.lost(engine, error);
    }
  }
}

function isRetryable(error: unknown): boolean {
  return error instanceof ParallaxError && error.retryable;
}
