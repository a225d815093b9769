import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MICROS_PER_MINUTE } from '@parallax/core';
import { minutesBefore, systemClock } from '@parallax/pipeline';
import type { Bench, BenchReport } from '../bench.ts';
import { type Arena, stateFolder, withArena } from './arena.ts';
import { runGrowth } from './growth.ts';
import { arrivingMinute, runLive } from './live.ts';
import type { MinuteRecord } from './minutes.ts';
import { runPast } from './past.ts';
import { type StreamRuns, streamReport } from './report.ts';
import { SIZE_SETTINGS, type StreamSize, sizeOf } from './sizes.ts';
import { verdictsOf } from './verdicts.ts';

/** The state that the past leaves is the one that live minutes go on with. */
const STATE = 'main';
const MINUTES_PER_HOUR = 60n;
const MIB = 2 ** 20;

/** `bench stream`: the hourly window at the mission's rate, on one machine with everything else that runs there. */
export const bench: Bench = {
  title: 'The hourly window',
  about:
    '5,000 events/s of JSON with 100 variables over three streams (two on Kafka, one on AMQP), 200,000 active customers; generator, brokers, stores and online API on the same machine.',
  settings: SIZE_SETTINGS,
  async run(context): Promise<BenchReport> {
    const size = sizeOf(context);
    return withArena(context, size.customers, async (arena) => streamReport(await runAll(arena, size)));
  },
};

/** The parts in the order of their simulated times: a log's timestamps may not go back. */
async function runAll(arena: Arena, size: StreamSize): Promise<StreamRuns> {
  const pastFrom = minutesBefore(systemClock.now(), size.pastMinutes);
  const hour = MINUTES_PER_HOUR * MICROS_PER_MINUTE;
  const growthLatest = pastFrom - BigInt(size.growthMinutes) * MICROS_PER_MINUTE;
  const growth = size.growthMinutes === 0 ? null : await runGrowth(arena, size, growthLatest - (growthLatest % hour));
  // What growth took is past too: the past ends where the live minutes begin.
  const from = growth === null ? pastFrom : minutesBefore(systemClock.now(), size.pastMinutes);
  const past = size.pastMinutes === 0 ? null : await runPast(arena, size, STATE, from);
  const first = past === null ? arrivingMinute() : from;
  if (growth !== null || past !== null) await arena.renewGenerator();
  const live = size.liveMinutes === 0 ? null : await runLive(arena, size, STATE, first);
  const state = stateFolder(arena, STATE);
  const verdicts = (minutes: readonly MinuteRecord[] = []) =>
    verdictsOf(
      state,
      minutes.map(({ minute }) => minute),
    );
  return {
    ...{ size, growth, past, live },
    verdicts: { full: verdicts(live?.full), slow: verdicts(live?.slow) },
    state: past === null && live === null ? null : await stateSizes(state),
  };
}

async function stateSizes(folder: string): Promise<NonNullable<StreamRuns['state']>> {
  let total = 0;
  let ledger = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const { size } = await stat(join(entry.parentPath, entry.name));
    total += size;
    if (entry.name.startsWith('ledger.sqlite')) ledger += size;
  }
  return { folderMib: (total - ledger) / MIB, ledgerMib: ledger / MIB };
}
