import { type Micros, ParallaxError } from '@parallax/core';
import type { Engine } from './engine/engine.ts';
import { brokerFailure } from './ingest/broker-failure.ts';
import { runIteration } from './iteration.ts';
import { ITERATION_ATTEMPTS_MAX, RETRY_FIRST_MS, RETRY_LAST_MS } from './limits.ts';
import type { MinuteOutcome } from './outcome.ts';
import type { Pipeline } from './pipeline.ts';
import { type Clock, systemClock } from './run/clock.ts';

/** Gives an engine session that works, opening a new one (and starting the engine again, if it is ours) after the last was lost. */
export interface EngineProvider {
  engine(): Promise<Engine>;
  /** Tells that the engine's session failed in a way that a new one may not. */
  lost(engine: Engine, cause: unknown): Promise<void>;
}

/** How often and how patiently a failure is repeated that says it may pass. */
export interface Patience {
  readonly attemptsMax: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly onRetry?: (error: ParallaxError, attempt: number) => void;
}

const FEW_ATTEMPTS: Patience = { attemptsMax: ITERATION_ATTEMPTS_MAX, clock: systemClock };

/** Repeats `work` while it fails with errors that may pass, with back-off; throws the last of them, or at once what will not pass. */
export async function patiently<T>(patience: Patience, work: (attempt: number) => Promise<T>): Promise<T> {
  let pauseMs = RETRY_FIRST_MS;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (!(error instanceof ParallaxError) || !error.retryable || attempt >= patience.attemptsMax || patience.signal?.aborted) throw error;
      patience.onRetry?.(error, attempt);
      await patience.clock.sleep(pauseMs, patience.signal);
      pauseMs = Math.min(2 * pauseMs, RETRY_LAST_MS);
    }
  }
}

/**
 * Runs one iteration to its commit, over losses of the engine and of brokers: an attempt that failed leaves nothing visible and is
 * repeated from the seal. Throws what a repetition cannot mend, or the last failure.
 *
 * @param after runs on the attempt's session once it is committed, within the same protection; it must be repeatable
 */
export async function runToCommit(
  pipeline: Pipeline,
  engines: EngineProvider,
  minute: Micros,
  after: (engine: Engine, outcome: MinuteOutcome) => Promise<void> = async () => undefined,
  patience: Patience = FEW_ATTEMPTS,
): Promise<MinuteOutcome> {
  let committed: MinuteOutcome | null = null;
  return patiently(patience, async (attempt) => {
    const engine = await engines.engine();
    try {
      committed ??= await runIteration(pipeline, engine, minute, attempt);
      await after(engine, committed);
      return committed;
    } catch (thrown) {
      const error = brokerFailure(thrown, minute, pipeline.ledger.seal(minute));
      if (error instanceof ParallaxError && error.retryable && error.code.startsWith('PRLX_SPARK')) await engines.lost(engine, error);
      throw error;
    }
  });
}
