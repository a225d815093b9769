import { ParallaxError } from '@parallax/core';
import type { BenchContext } from '../bench.ts';

/** How much of each part of the bench is run. Rates in events a second, times in whole minutes; 0 leaves a part out. */
export interface StreamSize {
  /** Base population, all of them active within the hour. */
  readonly customers: number;
  readonly rate: number;
  /** Live minutes at the full rate that count, after `warmMinutes` that do not. */
  readonly liveMinutes: number;
  readonly warmMinutes: number;
  /** Then live minutes at `slowRate`. */
  readonly slowMinutes: number;
  readonly slowRate: number;
  /** Then live minutes at the full rate with Structured Streaming, and after it DuckDB, beside them. */
  readonly besideMinutes: number;
  /** Then minutes at three times the rate. */
  readonly burstMinutes: number;
  /** Minutes of simulated past at the full rate, all caught up: pipeline, DuckDB and Structured Streaming do the same ones. */
  readonly pastMinutes: number;
  /** Minutes of simulated past in which the hour fills and turns, at `growthRate` from `growthCustomers`. */
  readonly growthMinutes: number;
  readonly growthRate: number;
  readonly growthCustomers: number;
}

const QUICK: StreamSize = {
  customers: 200_000,
  rate: 5_000,
  liveMinutes: 2,
  warmMinutes: 1,
  slowMinutes: 0,
  slowRate: 1_000,
  besideMinutes: 0,
  burstMinutes: 0,
  pastMinutes: 3,
  growthMinutes: 0,
  growthRate: 1_000,
  growthCustomers: 40_000,
};
const FULL: StreamSize = {
  ...QUICK,
  liveMinutes: 30,
  slowMinutes: 8,
  besideMinutes: 5,
  burstMinutes: 5,
  pastMinutes: 6,
  growthMinutes: 62,
  growthRate: 1_500,
  growthCustomers: 60_000,
};

/** The settings of the bench that change its size. */
export const SIZE_SETTINGS = {
  customers: 'base population',
  rate: 'events a second',
  live: 'live minutes at the full rate',
  warm: 'live minutes before those',
  slow: 'live minutes at slow_rate',
  slow_rate: 'events a second of those',
  beside: 'live minutes at the full rate with Structured Streaming beside them, and then DuckDB',
  burst: 'minutes at three times the rate',
  past: 'minutes that pipeline, DuckDB and Structured Streaming catch up',
  growth: 'minutes in which the hour fills',
  growth_rate: 'events a second of those',
  growth_customers: 'customers of those',
} as const;

/** The size asked for, with its settings. Throws PRLX_USAGE when a setting is no whole number. */
export function sizeOf({ size, settings }: Pick<BenchContext, 'size' | 'settings'>): StreamSize {
  const base = size === 'full' ? FULL : QUICK;
  const number = (name: keyof typeof SIZE_SETTINGS, otherwise: number, least = 0): number => {
    const text = settings.get(name);
    if (text === undefined) return otherwise;
    if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
    throw new ParallaxError('PRLX_USAGE', `the setting ${name}=${text} is no whole number of at least ${least}`, { exitCode: 2 });
  };
  return {
    customers: number('customers', base.customers, 1),
    rate: number('rate', base.rate, 1),
    liveMinutes: number('live', base.liveMinutes),
    warmMinutes: number('warm', base.warmMinutes),
    slowMinutes: number('slow', base.slowMinutes),
    slowRate: number('slow_rate', base.slowRate, 1),
    besideMinutes: number('beside', base.besideMinutes),
    burstMinutes: number('burst', base.burstMinutes),
    pastMinutes: number('past', base.pastMinutes),
    growthMinutes: number('growth', base.growthMinutes),
    growthRate: number('growth_rate', base.growthRate, 1),
    growthCustomers: number('growth_customers', base.growthCustomers, 1),
  };
}
