// Customers that exist to be known: every minute their producers send the same plain events, the stores hold the same plain rows, and care
// gives the same plain answers, so that every result follows by hand. Both methods could be wrong in the same way and agree; these show it.
// This file says what must come out, in whole numbers, without a line of either method. docs/contract.md says what it exports.

/** Since when their producers send; without the variable the canaries are off. */
export const from = 'env:CANARIES_FROM';

/** Always the same, in numbers that a parser may read wrongly: 47.505 as 4.7505e1, a half to be rounded, minus zero. */
const STEADY = '9000000001';
/** Says the minute of the hour, so that every edge of a window shows. */
const COUNTING = '9000000002';

export const customers = [STEADY, COUNTING];

/** The minutes of which each window holds the canary's events, µs since 1970, and the age of the answer that counts. */
interface At {
  readonly minute: bigint;
  readonly windows: { readonly hour_to_date: readonly bigint[]; readonly last_hour: readonly bigint[] };
  readonly online_age: Readonly<Record<string, number | null>>;
}

type Texts = Record<string, string | null>;

export function expected(customer: string, at: At) {
  return customer === STEADY ? steady(at) : counting(at);
}

function steady({ windows, online_age }: At) {
  const stream: Texts = {};
  for (const [minutes, _1h] of [
    [windows.hour_to_date, ''],
    [windows.last_hour, '_1h'],
  ] as const) {
    const n = minutes.length;
    Object.assign(stream, {
      [`network_latency_avg${_1h}`]: '47.51', // 47.505 in turns of its spellings
      [`network_latency_max${_1h}`]: '47.51',
      [`network_latency_last${_1h}`]: '47.51',
      [`network_call_attempts_sum${_1h}`]: `${10 * n}`,
      [`network_call_attempts_count${_1h}`]: `${n}`,
      [`network_failed_calls_sum${_1h}`]: `${n}`, // 1.4 calls
      [`network_voice_quality_avg${_1h}`]: '3.80', // 3.795
      [`network_cell_availability_last${_1h}`]: '97.50',
      [`network_jitter_avg${_1h}`]: null, // never said
      [`usage_data_sessions_sum${_1h}`]: `${50 * n}`,
      [`usage_charged_sum${_1h}`]: `${n}.0000`, // 1.00004 each, rounded where it is read, not where it is summed
      [`usage_balance_last${_1h}`]: '0.00', // −0.004
      [`care_wait_time_avg${_1h}`]: '140', // 139.5
      [`care_sentiment_avg${_1h}`]: '0.200', // 0.1995
      [`care_complaint_sum${_1h}`]: null, // null in every message
      [`care_attempts_count${_1h}`]: `${n}`,
    });
  }
  const answered = typeof online_age.care === 'number';
  // Care: 65 + 0.2 × 45 + 10 for what was solved − 20 × 0.05 for the wait − 6 for the open ticket.
  const care = answered ? 77_00 : 83_00;
  // Network: 100 − (47.51 − 35) × 0.6 − (4.1 − 3.8) × 25 − (20 − 10) × 0.3 − (99.5 − 97.5) = 79.994. Usage: 100 − (20 − 12) × 0.15 − (30 − 20) × 0.9.
  // Base: 62 + 15.848902 × 0.8 + 40 × 0.05 − 4 = 72.6791216; the scorecard of 60 everywhere was added up by Python's decimal.
  const points = 79_99 * 40 + 89_80 * 25 + care * 15 + 72_68 * 20;
  return {
    stream,
    batch: { scorecard: '15.848902', profile_tier: 'basic', profile_tenure_months: '40', profile_complaints_12m: '1', profile_plan: null },
    online: { care_open_tickets: answered ? '1' : null, care_overdue_tickets: answered ? '0' : null, care_last_survey: null },
    result: {
      satisfaction: hundredths(half(points, 100)),
      network_score: '79.99',
      usage_score: '89.80',
      care_score: hundredths(care),
      base_score: '72.68',
    },
    actions: [],
  };
}

function counting({ windows }: At) {
  const stream: Texts = {};
  for (const [minutes, _1h] of [
    [windows.hour_to_date, ''],
    [windows.last_hour, '_1h'],
  ] as const) {
    const said = minutes.map(ofHour);
    const n = said.length;
    const sum = total(said);
    Object.assign(stream, {
      [`network_latency_avg${_1h}`]: hundredths(half(100 * sum, n)),
      [`network_latency_max${_1h}`]: `${Math.max(...said)}.00`,
      [`network_latency_last${_1h}`]: `${said.at(-1)}.00`,
      [`network_call_attempts_sum${_1h}`]: `${sum + n}`,
      [`network_dropped_calls_sum${_1h}`]: `${n}`,
      [`network_dropped_calls_max${_1h}`]: '1',
      [`network_voice_quality_avg${_1h}`]: null,
      [`usage_charged_sum${_1h}`]: `${sum}.0000`,
      [`usage_balance_min${_1h}`]: `${Math.min(...said) - 30}.00`,
      [`usage_data_sessions_count${_1h}`]: `${n}`,
      [`care_attempts_count${_1h}`]: '0',
      [`care_sentiment_last${_1h}`]: null,
    });
  }
  const said = windows.last_hour.map(ofHour);
  const n = said.length;
  const sum = total(said);
  const over = (most: number, thousandths: number) => Math.max(0, Math.min(most * 1000, thousandths));
  // In thousandths: each hundredth of latency over 35 ms costs 6, each hundredth of a percent of troubled calls over 10 % 3, of overage over 20 % 9.
  const latency = over(20, (half(100 * sum, n) - 35_00) * 6);
  const calls = over(20, (half(n * 100 * 100, sum + n) - 10_00) * 3);
  const overage = sum === 0 ? 0 : over(30, (half(n * 100 * 100, sum) - 20_00) * 9);
  const network = half(100_000 - latency - calls, 10);
  const usage = half(100_000 - overage - ((said.at(-1) ?? 0) < 30 ? 30_000 : 0), 10);
  // 62 + 0.425401 × 0.8: what is missing counts as the scorecard says.
  const base = 62_34;
  return {
    stream,
    batch: { scorecard: '0.425401', profile_tenure_months: null },
    online: { care_open_tickets: null, care_overdue_tickets: null },
    result: {
      satisfaction: hundredths(half(network * 40 + usage * 25 + base * 20, 85)),
      network_score: hundredths(network),
      usage_score: hundredths(usage),
      care_score: null,
      base_score: hundredths(base),
    },
    actions: [],
  };
}

const ofHour = (minute: bigint): number => Number((minute / 60_000_000n) % 60n);
const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** a ÷ b of whole numbers that are not negative, a half rounded up. */
const half = (a: number, b: number): number => Math.floor((2 * a + b) / (2 * b));

const hundredths = (value: number): string => `${Math.floor(value / 100)}.${String(value % 100).padStart(2, '0')}`;
