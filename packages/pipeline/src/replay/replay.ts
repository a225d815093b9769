import type { MinuteOutcome } from '../outcome.ts';
import { SparkReplay, type SparkReplayOptions } from './spark-replay.ts';

export interface ReplayOptions extends SparkReplayOptions {
  readonly signal?: AbortSignal;
  readonly onMinute?: (outcome: MinuteOutcome, done: number, of: number) => void;
}

/** Runs every iteration of a recording on Spark from an empty starting state and writes what the Spark side made of it. */
export async function replayOnSpark(options: ReplayOptions): Promise<void> {
  const replay = await SparkReplay.open(options);
  try {
    let done = 0;
    for (const minute of replay.minutes) {
      options.signal?.throwIfAborted();
      const outcome = await replay.run(minute);
      await replay.reclaim(minute);
      options.onMinute?.(outcome, ++done, replay.minutes.length);
    }
    await replay.finish();
  } finally {
    await replay.close();
  }
}
