import type { Bench, BenchReport } from '../bench.ts';
import { withArena } from './arena.ts';
import { runLive } from './live.ts';
import { liveFigures, liveTables } from './report.ts';
import { SIZE_SETTINGS, sizeOf } from './sizes.ts';

/** `bench stream`: the hourly window at the mission's rate, on one machine with everything else that runs there. */
export const bench: Bench = {
  title: 'The hourly window',
  about:
    '5,000 events/s of JSON with 100 variables over three streams (two on Kafka, one on AMQP), 200,000 active customers; generator, brokers, stores and online API on the same machine.',
  settings: SIZE_SETTINGS,
  async run(context): Promise<BenchReport> {
    const size = sizeOf(context);
    return withArena(context, size.customers, async (arena) => {
      const live = await runLive(arena, size);
      return { figures: liveFigures(live), tables: liveTables(live), charts: [] };
    });
  },
};
