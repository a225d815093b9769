import { AlternativeReplay, type AlternativeReplayOptions } from './alternative-replay.ts';
import type { AlternativeMinute } from './minute.ts';

export interface ReplayAlternativeOptions extends AlternativeReplayOptions {
  readonly onMinute?: (minute: AlternativeMinute, done: number, of: number) => void;
}

/** Runs every iteration of a recording by the alternative method, from an empty starting state. */
export async function replayAlternative(options: ReplayAlternativeOptions): Promise<void> {
  const replay = await AlternativeReplay.open(options);
  try {
    let done = 0;
    for (const minute of replay.minutes) {
      options.signal?.throwIfAborted();
      const outcome = await replay.run(minute);
      options.onMinute?.(outcome, ++done, replay.minutes.length);
    }
    await replay.finish();
  } finally {
    await replay.close();
  }
}
