import { ParallaxError } from '@parallax/core';
import { CANARIES } from './canaries.ts';
import { advanceStory, CHAPTER_MINUTES, type CustomerTroubles, createStory, type Story } from './incidents.ts';
import { hash32, type Rng } from './prng.ts';

export const REGIONS = ['north', 'south', 'east', 'west', 'central', 'coast', 'valley', 'islands'] as const;
export const TIERS = ['basic', 'silver', 'gold', 'platinum'] as const;
/** Cells in a region, and how many of them an outage takes down. */
export const CELLS_PER_REGION = 24;
const CELLS_DOWN = 16;
/** Of 256 customers, how many are basic, silver, gold or better, cumulated. */
const TIER_BOUNDS = [110, 185, 233, 256] as const;

/** Shares of what goes wrong with messages, each 0 to 1. A message gets the first that its dice choose. */
export interface Disorder {
  /** Sent again with the id of an earlier one. */
  readonly duplicate: number;
  /** Its event time lies beyond `lateness` (11 to 30 minutes before its arrival). */
  readonly late: number;
  /** Its event time lies beyond `max_ahead` (4 to 9 minutes after its arrival). */
  readonly ahead: number;
  /** Its event time lies after its arrival, but within `max_ahead`. */
  readonly early: number;
  /** Arrives up to 8 minutes after its event time, overtaken by others. */
  readonly outOfOrder: number;
  /** Breaks one of the contract's rules (section 3). */
  readonly invalid: number;
  /** From a customer who is not in the base population. */
  readonly outsideBase: number;
}

export const DEFAULT_DISORDER: Disorder = {
  duplicate: 0.01,
  late: 0.005,
  ahead: 0.002,
  early: 0.005,
  outOfOrder: 0.05,
  invalid: 0.005,
  outsideBase: 0.001,
};

export interface EnterpriseOptions {
  /** An integer; the same seed gives the same enterprise, story, days and messages. */
  readonly seed?: number;
  readonly customers?: number;
  /** Events a second of the three streams together. */
  readonly rate?: number;
  /** 0 (all customers alike) up to below 1: the exponent of the zipf-like activity. */
  readonly skew?: number;
  readonly disorder?: Partial<Disorder>;
  /** A minute (since 1970) at which the seed's next outage is to begin, for a short run that should show one; by default the story runs by the clock alone. */
  readonly outageAt?: number;
  /** Whether there are customers whose every result is known beforehand (`canaries.ts`). */
  readonly canaries?: boolean;
}

export interface Customer {
  readonly id: number;
  readonly region: number;
  readonly tier: number;
  readonly cell: number;
}

/** The simulated telecom: who its customers are, who is active, what happens to them. Holds no customer in memory. */
export interface Enterprise {
  readonly seed: number;
  readonly customers: number;
  /** The keys of those that exist to be known, beside the others. */
  readonly canaries: readonly number[];
  readonly rate: number;
  readonly skew: number;
  readonly disorder: Disorder;
  readonly story: Story;
  /** Customers are numbered 1 to `customers`. */
  readonly customer: (id: number) => Customer;
  /** A customer by activity: low ranks come far more often. */
  readonly pick: (rng: Rng) => number;
  /** What hurts this customer in a minute (whole minutes since 1970). */
  readonly troubles: (customer: Customer, minute: number) => CustomerTroubles;
}

/**
 * The model of the enterprise, a pure function of its options.
 * @throws ParallaxError PRLX_SIM_OPTIONS when an option is out of range.
 */
export function createEnterprise(options: EnterpriseOptions = {}): Enterprise {
  const { seed = 7, customers = 5_000, rate = 500, skew = 0.5 } = options;
  const disorder = { ...DEFAULT_DISORDER, ...options.disorder };
  check(Number.isSafeInteger(seed), `the seed must be an integer: ${seed}`);
  check(Number.isSafeInteger(customers) && customers >= 1 && customers <= 2 ** 31, `customers must be 1 to 2^31: ${customers}`);
  check(rate > 0 && rate <= 1_000_000, `the rate must be above 0 and at most 1,000,000 events/s: ${rate}`);
  check(skew >= 0 && skew < 1, `the skew must be at least 0 and below 1: ${skew}`);
  const shares = Object.values(disorder);
  check(
    shares.every((share) => share >= 0) && shares.reduce((a, b) => a + b, 0) <= 1,
    'the shares of disorder must be 0 or more, 1 together',
  );
  const seed32 = hash32(seed | 0, Math.floor(seed / 2 ** 32));
  const story = storyOf(seed32, options.outageAt);
  const exponent = 1 / (1 - skew);
  const scatter = coprime(customers, hash32(seed32, 11));

  const customer = (id: number): Customer => {
    const h = hash32(seed32, id, 1);
    const tier = TIER_BOUNDS.findIndex((bound) => (h & 0xff) < bound);
    return { id, region: (h >>> 8) % REGIONS.length, tier, cell: (h >>> 16) % CELLS_PER_REGION };
  };
  const pick = (rng: Rng): number => {
    const rank = Math.floor(customers * rng.fraction() ** exponent);
    return 1 + ((rank * scatter) % customers);
  };
  const troubles = (who: Customer, minute: number): CustomerTroubles => {
    const now = story.troublesOf(minute);
    const outage = who.cell < CELLS_DOWN ? (now.outageByRegion[who.region] ?? 0) : 0;
    return { outage, billing: now.billingByTier[who.tier] ?? 0, backlog: now.backlog };
  };
  const canaries = options.canaries === true ? CANARIES : [];
  return { seed: seed32, customers, canaries, rate, skew, disorder, story, customer, pick, troubles };
}

/** The seed's story; told early enough that its next outage from `outageAt` on begins right then. */
function storyOf(seed: number, outageAt: number | undefined): Story {
  const story = createStory(seed, REGIONS.length, TIERS.length);
  if (outageAt === undefined) return story;
  const next = story.between(outageAt, outageAt + 2 * CHAPTER_MINUTES).find((i) => i.kind === 'outage' && i.startMinute >= outageAt);
  return next === undefined ? story : advanceStory(story, next.startMinute - outageAt);
}

/** A multiplier below 2^21 (so that rank × multiplier stays exact) that shares no factor with `n`: ranks become scattered ids. */
function coprime(n: number, h: number): number {
  let candidate = (h % 1_048_576) + 1_048_576;
  while (gcd(candidate, n) !== 1) candidate += 1;
  return candidate;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function check(holds: boolean, message: string): void {
  if (!holds) throw new ParallaxError('PRLX_SIM_OPTIONS', message, { exitCode: 2, advice: 'Change the option of the simulator.' });
}
