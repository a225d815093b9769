import { MICROS_PER_MINUTE } from '@parallax/core';
import { median } from '../figures.ts';
import { step } from '../step.ts';
import { type Arena, SEED } from './arena.ts';
import type { MinuteRecord } from './minutes.ts';
import { catchUp } from './past.ts';
import type { StreamSize } from './sizes.ts';

/** Minutes that make the engine warm, on a state of their own, so that minute 2 is not the one that pays for it. */
const WARM_MINUTES = 6;

/** An hour that fills: the same customers and the same rate in every minute. */
export interface GrowthRun {
  readonly minutes: readonly MinuteRecord[];
}

/** Produces minutes from a full hour on, and catches them up twice: some to warm up, then all. */
export async function runGrowth(arena: Arena, size: StreamSize, from: bigint): Promise<GrowthRun> {
  const { view } = arena.context;
  const to = from + BigInt(size.growthMinutes) * MICROS_PER_MINUTE;
  const flow = { seed: SEED + 3, rate: size.growthRate, customers: size.growthCustomers };
  await step(view, `${size.growthMinutes} minutes of events`, () => arena.generator.history(flow, Number(from), Number(to)));
  await step(view, 'warm for the growing hour', () => catchUp(arena, 'growth-warm', from, Math.min(WARM_MINUTES, size.growthMinutes)));
  const { minutes } = await step(view, 'the growing hour', () => catchUp(arena, 'growth', from, size.growthMinutes));
  return { minutes };
}

/** How much more the 60th minute cost than the 2nd: medians of the three minutes that end, or begin, there. Null without 60 minutes. */
export function growthRatio(minutes: readonly MinuteRecord[], cost: (record: MinuteRecord) => number): number | null {
  if (minutes.length < 60) return null;
  return median(minutes.slice(57, 60).map(cost)) / median(minutes.slice(1, 4).map(cost));
}
