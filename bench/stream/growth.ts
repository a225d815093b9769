import { MICROS_PER_MINUTE } from '@parallax/core';
import { median } from '../figures.ts';
import { GROWTH_WARM_MINUTES_MAX } from '../limits.ts';
import { step } from '../step.ts';
import { type Arena, SEED } from './arena.ts';
import { isFlat, spreadOf } from './flat.ts';
import { type MinuteRecord, pipelineCpu } from './minutes.ts';
import { catchUp } from './past.ts';
import type { StreamSize } from './sizes.ts';

/** An hour that fills: the same customers and the same rate in every minute. */
export interface GrowthRun {
  /** The minutes of another state that made the engine warm before. */
  readonly warm: readonly MinuteRecord[];
  readonly minutes: readonly MinuteRecord[];
}

/**
 * Produces minutes from a full hour on, and catches them up twice, without the alternative method: on a state of their own until what a minute
 * costs is flat, then all. Otherwise the virtual machine's compilers, busy in the first minutes, would hide what the hour adds.
 */
export async function runGrowth(arena: Arena, size: StreamSize, from: bigint): Promise<GrowthRun> {
  const { view } = arena.context;
  const to = from + BigInt(size.growthMinutes) * MICROS_PER_MINUTE;
  const flow = { seed: SEED + 3, rate: size.growthRate, customers: size.growthCustomers };
  await step(view, `${size.growthMinutes} minutes of events`, () => arena.generator.history(flow, Number(from), Number(to)));
  const toWarm = {
    ...{ state: 'growth-warm', from, minutes: Math.min(GROWTH_WARM_MINUTES_MAX, size.growthMinutes), verify: false },
    enough: (minutes: readonly MinuteRecord[]) => isFlat(costsWhileWarming(minutes)),
  };
  const warm = await step(view, 'warm until a minute is flat', () => catchUp(arena, toWarm));
  const all = { state: 'growth', from, minutes: size.growthMinutes, verify: false };
  const { minutes } = await step(view, 'the growing hour', () => catchUp(arena, all));
  return { warm: warm.minutes, minutes };
}

/** How far apart the medians were that ended the warming; null when it had too few minutes. */
export function warmSpread({ warm }: Pick<GrowthRun, 'warm'>): number | null {
  return spreadOf(costsWhileWarming(warm));
}

/** The first minute of a state does what is done once, the batch day among it. */
function costsWhileWarming(minutes: readonly MinuteRecord[]): number[] {
  return minutes.slice(1).map(pipelineCpu);
}

/** How much more the 60th minute cost than the 2nd: medians of the three minutes that end, or begin, there. Null without 60 minutes. */
export function growthRatio(minutes: readonly MinuteRecord[], cost: (record: MinuteRecord) => number): number | null {
  if (minutes.length < 60) return null;
  return median(minutes.slice(57, 60).map(cost)) / median(minutes.slice(1, 4).map(cost));
}
