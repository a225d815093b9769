import { ParallaxError } from '@parallax/core';
import type { BenchContext } from '../bench.ts';

/** How much of each part of the bench is run. Rates in events a second, times in whole minutes. */
export interface StreamSize {
  /** Base population, all of them active within the hour. */
  readonly customers: number;
  readonly rate: number;
  /** Live minutes at the full rate that count, after `warmMinutes` that do not. */
  readonly liveMinutes: number;
  readonly warmMinutes: number;
}

const QUICK: StreamSize = { customers: 200_000, rate: 5_000, liveMinutes: 3, warmMinutes: 2 };
const FULL: StreamSize = { ...QUICK, liveMinutes: 30 };

/** The settings of the bench that change its size. */
export const SIZE_SETTINGS = {
  customers: 'base population',
  rate: 'events a second',
  live: 'live minutes at the full rate',
  warm: 'live minutes before those',
} as const;

/** The size asked for, with its settings. Throws PRLX_USAGE when a setting is no positive whole number. */
export function sizeOf({ size, settings }: Pick<BenchContext, 'size' | 'settings'>): StreamSize {
  const base = size === 'full' ? FULL : QUICK;
  const number = (name: keyof typeof SIZE_SETTINGS, otherwise: number): number => {
    const text = settings.get(name);
    if (text === undefined) return otherwise;
    if (/^\d+$/.test(text) && Number(text) >= 1) return Number(text);
    throw new ParallaxError('PRLX_USAGE', `the setting ${name}=${text} is no whole number of at least 1`, { exitCode: 2 });
  };
  return {
    customers: number('customers', base.customers),
    rate: number('rate', base.rate),
    liveMinutes: number('live', base.liveMinutes),
    warmMinutes: number('warm', base.warmMinutes),
  };
}
