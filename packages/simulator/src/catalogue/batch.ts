/**
 * The 5,000 variables a customer that the two stores hold for a day: 4,000 in the DWH, 1,000 in the NoSQL store.
 * Wide tables are a grid of metric × period, as data warehouses really have them.
 */

export const SCORE_MODULES = ['value', 'network', 'billing', 'care', 'engagement'] as const;
export type ScoreModule = (typeof SCORE_MODULES)[number];

export interface WideColumn {
  readonly name: string;
  /** A high value is good news (+1) or bad news (−1) about the customer's satisfaction. */
  readonly direction: 1 | -1;
}

/** A table whose columns are all small integers (0–99, some null) and all scorecard variables. */
export interface WideTable {
  readonly source: 'dwh' | 'nosql';
  readonly name: string;
  readonly key: string;
  readonly module: ScoreModule;
  readonly columns: readonly WideColumn[];
}

const BAD = new Set([
  ...['failures', 'delay', 'ratio', 'tickets', 'exits', 'errors', 'crashes', 'wait', 'transfers', 'reopened', 'declined'],
  ...['dispute', 'overage', 'contacts'],
]);

/** `count` periods named `w01`, `w02`, …; 01 is the newest. */
function periods(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${letter}${String(i + 1).padStart(2, '0')}`);
}

function grid(subjects: string, measures: string, spans: readonly string[]): WideColumn[] {
  const columns: WideColumn[] = [];
  for (const subject of subjects.split(' ')) {
    for (const measure of measures.split(' ')) {
      const direction = BAD.has(subject) || BAD.has(measure) ? -1 : 1;
      for (const span of spans) columns.push({ name: `${subject}_${measure}_${span}`, direction });
    }
  }
  return columns;
}

export const WIDE_TABLES: readonly WideTable[] = [
  {
    source: 'dwh',
    name: 'usage_history',
    key: 'cust',
    module: 'value',
    columns: grid('data voice sms video social music gaming roaming', 'volume sessions days peak trend', periods('w', 20)),
  },
  {
    source: 'dwh',
    name: 'network_history',
    key: 'subscriber',
    module: 'network',
    columns: grid(
      'voice data video handover coverage indoor transport cell',
      'quality failures availability speed delay',
      periods('w', 20),
    ),
  },
  {
    source: 'dwh',
    name: 'billing_history',
    key: 'customer_id',
    module: 'billing',
    columns: grid('fee overage roaming device discount tax payment dispute', 'amount count delay ratio', periods('m', 25)),
  },
  {
    source: 'dwh',
    name: 'product_holdings',
    key: 'customer_id',
    module: 'value',
    columns: grid(
      'mobile broadband tv landline cloud security insurance devices family business',
      'tenure usage tickets upgrades value',
      periods('q', 16),
    ),
  },
  {
    source: 'dwh',
    name: 'engagement_history',
    key: 'customer_id',
    module: 'engagement',
    columns: grid(
      'app web store email sms push social survey loyalty chat referral event partner',
      'visits minutes clicks',
      periods('w', 20),
    ),
  },
  {
    source: 'nosql',
    name: 'web_journeys',
    key: 'customer_id',
    module: 'engagement',
    columns: grid('home shop support account billing', 'views exits errors dwell conversions', periods('d', 10)),
  },
  {
    source: 'nosql',
    name: 'app_sessions',
    key: 'customer_id',
    module: 'engagement',
    columns: grid('login usage topup support offers', 'opens crashes taps seconds failures', periods('d', 10)),
  },
  {
    source: 'nosql',
    name: 'care_history',
    key: 'cust',
    module: 'care',
    columns: grid('call chat email store social', 'contacts wait transfers reopened resolved', periods('w', 10)),
  },
  {
    source: 'nosql',
    name: 'campaign_responses',
    key: 'customer_id',
    module: 'care',
    columns: grid('upsell retention loyalty welcome winback', 'sent opened clicked accepted declined', periods('m', 10)),
  },
];

export type ProfileColumn =
  | { readonly name: string; readonly type: 'text' }
  | { readonly name: string; readonly type: 'integer' }
  | { readonly name: string; readonly type: 'numeric'; readonly places: number };

/** The 20 columns of `dwh.profile`, the base population. */
export const PROFILE_COLUMNS: readonly ProfileColumn[] = [
  { name: 'tier', type: 'text' },
  { name: 'region', type: 'text' },
  { name: 'plan', type: 'text' },
  { name: 'segment', type: 'text' },
  { name: 'channel', type: 'text' },
  { name: 'tenure_months', type: 'integer' },
  { name: 'contract_months_left', type: 'integer' },
  { name: 'lines', type: 'integer' },
  { name: 'products', type: 'integer' },
  { name: 'device_age_months', type: 'integer' },
  { name: 'complaints_12m', type: 'integer' },
  { name: 'contacts_12m', type: 'integer' },
  { name: 'late_payments_12m', type: 'integer' },
  { name: 'nps_last', type: 'integer' },
  { name: 'auto_pay', type: 'integer' },
  { name: 'monthly_fee', type: 'numeric', places: 2 },
  { name: 'lifetime_value', type: 'numeric', places: 2 },
  { name: 'discount_pct', type: 'numeric', places: 1 },
  { name: 'outstanding_balance', type: 'numeric', places: 2 },
  { name: 'revenue_3m', type: 'numeric', places: 2 },
];
