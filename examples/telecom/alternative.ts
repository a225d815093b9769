// satisfaction.sql and actions.sql said a second time, for one customer, so that a mistake in one of them shows as a difference.
// It is a pure function of `c`, whose type `./parallax types` makes from this project's declarations. How the SQL and this file differ on
// purpose: that one works on sets in DECIMAL, this one on one customer in whole billionths, which hold every product below exactly.
import type { Action, Customer, Decimal } from './customer.d.ts';

const BILLIONTHS = 9;
/** 10ⁿ by n: made once, since every customer has dozens of numbers. */
const POWERS = Array.from({ length: 19 }, (_, exponent) => 10n ** BigInt(exponent));
const power = (exponent: number): bigint => POWERS[exponent] ?? 10n ** BigInt(exponent);
const ONE = power(BILLIONTHS);

/** A number of the views in billionths, or what stands for it when it is not known. */
function known(value: Decimal | bigint | null, otherwise: bigint): bigint {
  if (value === null) return otherwise;
  return typeof value === 'bigint' ? value * ONE : value.unscaled * power(BILLIONTHS - value.places);
}

/** From `low` to `high`. */
function within(low: bigint, high: bigint, value: bigint): bigint {
  return value < low ? low : value > high ? high : value;
}

/** num ÷ den at some places, rounded once, half away from zero; null by zero. */
function quotient<P extends number>(num: bigint, den: bigint, places: P): Decimal<P> | null {
  if (den === 0n) return null;
  const [n, d] = [num * power(places), den];
  const size = (2n * (n < 0n ? -n : n) + (d < 0n ? -d : d)) / (2n * (d < 0n ? -d : d));
  return { unscaled: n < 0n === d < 0n ? size : -size, places };
}

const score = (billionths: bigint): Decimal<2> => quotient(billionths, ONE, 2) as Decimal<2>;

/** The same with null for what is not known. */
function ratio(num: bigint | null, den: Decimal | null, places: 2): Decimal<2> | null {
  return num === null || den === null ? null : quotient(num, known(den, 0n), places);
}

function text(value: Decimal | null, otherwise: string): string {
  if (value === null) return otherwise;
  const { unscaled, places } = value;
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  return `${unscaled < 0n ? '-' : ''}${whole}${places === 0 ? '' : `.${digits.slice(-places)}`}`;
}

/** What the customer felt on the network: 100 less up to 20 each for latency, voice and calls, 40 for cells that are down. */
function networkScore({ stream: s }: Customer): Decimal<2> | null {
  if (s.network_call_attempts_count_1h === 0n) return null;
  const [dropped, failed] = [s.network_dropped_calls_sum_1h, s.network_failed_calls_sum_1h];
  const troubled = dropped === null || failed === null ? null : (known(dropped, 0n) + known(failed, 0n)) * 100n;
  const troublePct = ratio(troubled, s.network_call_attempts_sum_1h, 2);
  const latency = within(0n, 20n * ONE, ((known(s.network_latency_avg_1h, 0n) - 35n * ONE) * 6n) / 10n);
  const voice = within(0n, 20n * ONE, ((41n * ONE) / 10n - known(s.network_voice_quality_avg_1h, (41n * ONE) / 10n)) * 25n);
  const calls = within(0n, 20n * ONE, ((known(troublePct, 0n) - 10n * ONE) * 3n) / 10n);
  const cells = within(0n, 40n * ONE, (995n * ONE) / 10n - known(s.network_cell_availability_last_1h, 100n * ONE));
  return score(within(0n, 100n * ONE, 100n * ONE - latency - voice - calls - cells));
}

/** What it cost and whether the bill was right. */
function usageScore({ stream: s }: Customer): Decimal<2> | null {
  if (s.usage_data_sessions_count_1h === 0n) return null;
  const errors = s.usage_rating_errors_sum_1h;
  const overage = s.usage_charged_overage_sum_1h;
  const errorsPer1000 = ratio(errors === null ? null : known(errors, 0n) * 1000n, s.usage_data_sessions_sum_1h, 2);
  const overagePct = ratio(overage === null ? null : known(overage, 0n) * 100n, s.usage_charged_sum_1h, 2);
  const wrong = within(0n, 30n * ONE, ((known(errorsPer1000, 0n) - 12n * ONE) * 15n) / 100n);
  const dear = within(0n, 30n * ONE, ((known(overagePct, 0n) - 20n * ONE) * 9n) / 10n);
  const overdrawn = known(s.usage_balance_last_1h, 0n) < 0n ? 30n * ONE : 0n;
  return score(within(0n, 100n * ONE, 100n * ONE - wrong - dear - overdrawn));
}

/** What they told us, and what still waits for us. */
function careScore({ stream: s, online: o }: Customer): Decimal<2> | null {
  const open = known(o.care_open_tickets, 0n);
  if (s.care_attempts_count_1h === 0n && open <= 0n) return null;
  const mood = known(s.care_sentiment_avg_1h, 0n) * 45n;
  const solved = known(s.care_resolved_last_1h, 0n) > 0n ? 10n * ONE : 0n;
  const wait = within(0n, 25n * ONE, ((known(s.care_wait_time_avg_1h, 0n) - 120n * ONE) * 5n) / 100n);
  // These two have a most, but no least, as in the SQL.
  const complaints = known(s.care_complaint_sum_1h, 0n) * 8n;
  const tickets = open * 6n + known(o.care_overdue_tickets, 0n) * 9n;
  const lost = wait + (complaints > 25n * ONE ? 25n * ONE : complaints) + (tickets > 30n * ONE ? 30n * ONE : tickets);
  return score(within(0n, 100n * ONE, 65n * ONE + mood + solved - lost));
}

/** Who they are: the scorecard, how long they stay, how often they complained. */
function baseScore({ batch: b }: Customer): Decimal<2> {
  const card = (known(b.scorecard, 0n) * 8n) / 10n;
  const tenure = (known(b.profile_tenure_months, 0n) * 5n) / 100n;
  const complaints = known(b.profile_complaints_12m, 0n) * 4n;
  const gained = tenure > 8n * ONE ? 8n * ONE : tenure;
  const lost = complaints > 20n * ONE ? 20n * ONE : complaints;
  return score(within(0n, 100n * ONE, 62n * ONE + card + gained - lost));
}

export interface Satisfaction {
  readonly satisfaction: Decimal<2> | null;
  readonly network_score: Decimal<2> | null;
  readonly usage_score: Decimal<2> | null;
  readonly care_score: Decimal<2> | null;
  readonly base_score: Decimal<2>;
}

export function satisfaction(c: Customer): Satisfaction {
  const parts = { network_score: networkScore(c), usage_score: usageScore(c), care_score: careScore(c), base_score: baseScore(c) };
  const weights: readonly (readonly [Decimal<2> | null, bigint])[] = [
    [parts.network_score, 40n],
    [parts.usage_score, 25n],
    [parts.care_score, 15n],
    [parts.base_score, 20n],
  ];
  let points = 0n;
  let weight = 0n;
  for (const [part, share] of weights) {
    if (part === null) continue;
    points += part.unscaled * share;
    weight += share;
  }
  // Hundredths over whole weights: their quotient is in hundredths.
  return { satisfaction: quotient(points, weight * 100n, 2), ...parts };
}

export function actions(c: Customer, result: Satisfaction): readonly Action[] {
  const { stream: s, batch: b, online: o } = c;
  const taken: Action[] = [];
  const below = (part: Decimal<2> | null, limit: bigint): boolean => part !== null && part.unscaled < limit * 100n;
  if (below(result.satisfaction, 45n) && (b.profile_tier === 'gold' || b.profile_tier === 'platinum')) {
    const reason = `satisfaction ${text(result.satisfaction, '')}, ${b.profile_tier} customer, lifetime value ${text(b.profile_lifetime_value, 'unknown')}`;
    taken.push({ action: 'retention_call', reason });
  }
  if (below(result.network_score, 40n)) {
    const availability = text(s.network_cell_availability_last_1h, 'unknown');
    const reason = `network score ${text(result.network_score, '')}, cell availability ${availability} % in ${b.profile_region ?? 'an unknown region'}`;
    taken.push({ action: 'network_credit', reason });
  }
  if (below(result.usage_score, 50n) && known(s.usage_rating_errors_sum_1h, 0n) >= 20n * ONE) {
    const reason = `${text(s.usage_rating_errors_sum_1h, '')} rating errors in the last hour, usage score ${text(result.usage_score, '')}`;
    taken.push({ action: 'billing_correction', reason });
  }
  if (below(result.care_score, 35n) && known(o.care_open_tickets, 0n) >= 2n * ONE) {
    const [open, overdue] = [text(o.care_open_tickets, ''), text(o.care_overdue_tickets, '0')];
    taken.push({ action: 'proactive_care', reason: `${open} open tickets, ${overdue} overdue, care score ${text(result.care_score, '')}` });
  }
  return taken;
}
