import { canaryProfile, isCanary, STEADY, STEADY_WIDE_VALUE } from './canaries.ts';
import { PROFILE_COLUMNS, type ProfileColumn, type WideTable } from './catalogue/batch.ts';
import { type Enterprise, REGIONS, TIERS } from './enterprise.ts';
import { decimalText } from './message-bytes.ts';
import { hash32, hashText, Rng } from './prng.ts';

/** Days since 1970. */
export type DayNumber = number;

/** In a row of a wide table: the column's value is not known. */
export const MISSING = -1;
/** A value is noise in `[0, 64)` plus what the customer's standing adds, in `[0, STANDING]`. */
const STANDING = 35;
const PLANS = ['start', 'flex', 'unlimited', 'family', 'business'] as const;
const SEGMENTS = ['young', 'family', 'senior', 'self_employed', 'corporate'] as const;
const CHANNELS = ['web', 'store', 'partner', 'phone'] as const;

/**
 * How a customer stands in the eyes of one table, 0 (badly) to 35 (well): mostly the same everywhere and every day, partly the table's own,
 * and a little the day's. It moves all columns of the table the same way, which is what a scorecard can find.
 */
function standing(enterprise: Enterprise, customerId: number, tableSeed: number, day: DayNumber): number {
  const common = hash32(enterprise.seed, customerId, 21) / 2 ** 32;
  const common2 = hash32(enterprise.seed, customerId, 22) / 2 ** 32;
  const own = hash32(enterprise.seed, customerId, 23, tableSeed) / 2 ** 32;
  const today = hash32(enterprise.seed, customerId, day, tableSeed) / 2 ** 32;
  return Math.floor((0.3 * common + 0.3 * common2 + 0.3 * own + 0.1 * today) * (STANDING + 1));
}

/** Fills `row` (one entry a column) with the values of one customer on one day: 0 to 99, or `MISSING` (about one in 64). */
export type RowMaker = (customerId: number, row: Int8Array) => void;

/** The values of a wide table on a day: a function of seed, table, day and customer. */
export function wideRows(enterprise: Enterprise, table: WideTable, day: DayNumber): RowMaker {
  const tableSeed = hashText(`${table.source}.${table.name}`);
  const good = Uint8Array.from(table.columns, (column) => (column.direction === 1 ? 1 : 0));
  return (customerId, row) => {
    if (isCanary(customerId)) {
      row.fill(customerId === STEADY ? STEADY_WIDE_VALUE : MISSING);
      return;
    }
    const high = standing(enterprise, customerId, tableSeed, day);
    const low = STANDING - high;
    // xorshift32, inlined: millions of values a day; four values a step.
    let x = hash32(enterprise.seed, customerId, day, tableSeed ^ 0x5bd1) | 1;
    for (let i = 0; i < row.length; i += 1) {
      if ((i & 3) === 0) {
        x ^= x << 13;
        x ^= x >>> 17;
        x ^= x << 5;
      }
      const bits = (x >>> ((i & 3) << 3)) & 0xff;
      row[i] = bits >= 252 ? MISSING : (bits & 63) + (good[i] === 1 ? high : low);
    }
  };
}

/** One row of `dwh.profile` as text, in the order of `PROFILE_COLUMNS`; null where unknown. */
export function profileRow(enterprise: Enterprise, customerId: number, day: DayNumber): (string | null)[] {
  if (isCanary(customerId)) {
    const known = canaryProfile(customerId);
    return PROFILE_COLUMNS.map(({ name }) => known[name] ?? null);
  }
  const customer = enterprise.customer(customerId);
  const rng = new Rng(hash32(enterprise.seed, customerId, 31));
  const tenure = rng.below(180);
  // The day adds to tenure and moves the balance; who a customer is does not change.
  const months = tenure + (Math.floor(day / 30) % 12);
  const fee = 900 + customer.tier * 1_500 + rng.below(1_600);
  const rank = rng.fraction() ** 4;
  const values: Record<string, string | null> = {
    tier: TIERS[customer.tier] ?? null,
    region: REGIONS[customer.region] ?? null,
    plan: PLANS[rng.below(PLANS.length)] ?? null,
    segment: rng.chance(0.03) ? null : (SEGMENTS[rng.below(SEGMENTS.length)] ?? null),
    channel: CHANNELS[rng.below(CHANNELS.length)] ?? null,
    tenure_months: String(months),
    contract_months_left: rng.chance(0.2) ? null : String(rng.below(25)),
    lines: String(1 + rng.below(4)),
    products: String(1 + rng.below(6)),
    device_age_months: String(rng.below(60)),
    complaints_12m: String(Math.floor(rank * 6)),
    contacts_12m: String(rng.below(12)),
    late_payments_12m: String(Math.max(0, rng.below(9) - 6)),
    nps_last: rng.chance(0.4) ? null : String(rng.below(11)),
    auto_pay: rng.chance(0.7) ? '1' : '0',
    monthly_fee: decimalText(fee, 2),
    lifetime_value: decimalText(fee * months, 2),
    discount_pct: rng.chance(0.5) ? '0.0' : decimalText(rng.below(300), 1),
    outstanding_balance: decimalText(rng.chance(0.8) ? 0 : (hash32(enterprise.seed, customerId, day) % 20_000) - 1_000, 2),
    revenue_3m: decimalText(fee * 3 + rng.below(2_000), 2),
  };
  return PROFILE_COLUMNS.map((column: ProfileColumn) => values[column.name] ?? null);
}
