import { ParallaxError } from '@parallax/core';
import type { Bench, BenchReport } from '../bench.ts';
import { type Arena, stateFolder, withArena } from '../stream/arena.ts';
import { arrivingMinute, runLive } from '../stream/live.ts';
import type { MinuteRecord } from '../stream/minutes.ts';
import { SIZE_SETTINGS, type StreamSize, sizeOf } from '../stream/sizes.ts';
import { type TimedVerdict, verdictsOf } from '../stream/verdicts.ts';
import { type VerifiedMinute, type VerifyRuns, verifyReport } from './report.ts';
import { VerifierWatch } from './verifier-watch.ts';

const STATE = 'verify';
/** Live minutes at 1,000 events/s that a run of either size has at least. */
const SLOW_MINUTES = { quick: 2, full: 8 } as const;

const { customers, rate, live, warm, slow, slow_rate } = SIZE_SETTINGS;

/** `bench verify`: what the second line of sight costs beside the first, and how soon its verdict comes. */
export const bench: Bench = {
  title: 'The verdict on every minute',
  about:
    'The alternative method and the comparison on live minutes: 5,000 events/s of JSON with 100 variables over three streams, 200,000 active customers; everything on the same machine, the Spark side too.',
  settings: { customers, rate, live, warm, slow, slow_rate },
  async run(context): Promise<BenchReport> {
    const sized = sizeOf(context);
    const slowMinutes = context.settings.has('slow') ? sized.slowMinutes : SLOW_MINUTES[context.size];
    // Nothing but live minutes: the verdict of the last one may not have come when they end, so there is one more.
    const size: StreamSize = { ...sized, slowMinutes, besideMinutes: 0, burstMinutes: 0, pastMinutes: 0, growthMinutes: 0 };
    if (size.liveMinutes === 0)
      throw new ParallaxError('PRLX_USAGE', 'live=0 leaves nothing to verify', { exitCode: 2, advice: 'Set live=1 or more.' });
    return withArena(context, size.customers, async (arena) => verifyReport(await runVerified(arena, size)));
  },
};

async function runVerified(arena: Arena, size: StreamSize): Promise<VerifyRuns> {
  const watch = new VerifierWatch();
  const used = new Map<bigint, number>();
  const onMinute = ({ minute }: MinuteRecord, coordinator: number): void => {
    used.set(minute, watch.used(coordinator));
  };
  const more = size.slowMinutes === 0 ? { liveMinutes: size.liveMinutes + 1 } : { slowMinutes: size.slowMinutes + 1 };
  const run = await runLive(arena, { ...size, ...more }, STATE, arrivingMinute(), onMinute);
  const verified = (records: readonly MinuteRecord[]) => {
    const verdicts = verdictsOf(stateFolder(arena, STATE), minutesOf(records));
    return records.map((record, i) => verifiedMinute(record, used.get(record.minute) ?? 0, verdicts[i] ?? null));
  };
  return {
    rate: size.rate,
    slowRate: size.slowRate,
    full: verified(run.full.slice(0, size.liveMinutes)),
    slow: verified(run.slow.slice(0, size.slowMinutes)),
    peakMib: watch.peakMib,
  };
}

function minutesOf(records: readonly MinuteRecord[]): readonly bigint[] {
  return records.map(({ minute }) => minute);
}

function verifiedMinute(record: MinuteRecord, verifier: number, given: TimedVerdict | null): VerifiedMinute {
  const { minute, events, population, cpu } = record;
  return {
    minute,
    events,
    population,
    verifier,
    sparkSide: (cpu.get('spark') ?? 0) + Math.max(0, (cpu.get('coordinator') ?? 0) - verifier),
    verdict: given?.verdict ?? null,
    lagSeconds: given?.lagSeconds ?? null,
    commitSeconds: record.latencyMs / 1_000,
  };
}
