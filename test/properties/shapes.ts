/** Which project and which stretch of time each generated recording has. Every shape is bent on other rules. */
import type { ProjectSpec, StreamSpec } from '../contract/project-builder.ts';
import { DAY, MINUTE, parseDuration } from '../oracle/time.ts';
import type { Random } from './random.ts';

export interface Shape {
  readonly name: string;
  readonly project: ProjectSpec;
  readonly from: string;
  readonly iterations: number;
  readonly customers: number;
  readonly partitions: number;
  /** The days whose batch folders exist, by date, and when each becomes complete relative to `from`, µs; null: never. */
  readonly days: readonly { readonly day: string; readonly completeAfter: bigint | null }[];
}

const AGGREGATES = ['sum', 'count', 'avg', 'min', 'max', 'last'];

function streamOf(random: Random, format: StreamSpec['format'], variables: number): StreamSpec {
  const fields = ['x', 'radio.latency_ms', 'radio.cell.load', 'usage.bytes', 'drops'];
  const nested = random.chance(0.5);
  return {
    format: format ?? 'rfc3339',
    ...(nested ? { key: 'who.key', time: 'when', id: 'meta.id' } : { time: 'event_time', id: 'event_id' }),
    variables: Array.from({ length: variables }, (_, index) => ({
      name: `v${index}`,
      field: fields[index] ?? `more.f${index}`,
      places: random.pick([0, 0, 1, 2, 2, 3, 4, 6]),
      aggregates: random.shuffle(AGGREGATES).slice(0, random.between(1, AGGREGATES.length)),
    })),
  };
}

/** The first variable of the first stream is the one that scores and actions use. */
function withSum(stream: StreamSpec): StreamSpec {
  const [first, ...others] = stream.variables;
  if (first === undefined) throw new Error('a stream without variables');
  return { ...stream, variables: [{ ...first, aggregates: ['sum', 'count', 'last'] }, ...others] };
}

/** Score and actions over `a_v0`, `profile_tier` and the batch number `profile_level`. */
function logic(settings: Record<string, unknown>, places: number): Pick<ProjectSpec, 'score' | 'actions' | 'extra' | 'settings'> {
  const scale = `10n ** ${BigInt(6 - places)}n`;
  const sum = `(c.stream.a_v0_sum_1h === null ? 0n : c.stream.a_v0_sum_1h.unscaled * ${scale})`;
  // Exact at 7 decimals: 50 + 0.7 × sum − level.
  const exact = `(500000000n + 7n * ${sum} - (c.batch.profile_level === null ? 0n : c.batch.profile_level.unscaled * 100000n))`;
  const clamp = `((v) => v < 0n ? 0n : v > 1000000000n ? 1000000000n : v)(${exact})`;
  return {
    settings: { ...settings, actions: { low: { cool_down: '3m' }, each: { cool_down: '0m' } } },
    score: {
      sql: 'CASE WHEN i.batch_age_days > 1 THEN NULL ELSE least(100, greatest(0, 50 + 0.7 * coalesce(s.a_v0_sum_1h, 0) - coalesce(b.profile_level, 0))) END',
      js: `c.iteration.batch_age_days > 1n ? null : { unscaled: (${clamp} + 50000n) / 100000n, places: 2 }`,
    },
    extra: {
      is_gold: { sql: "b.profile_tier = 'gold'", js: "c.batch.profile_tier === null ? null : c.batch.profile_tier === 'gold'" },
      events_1h: { sql: 's.a_v0_count_1h + 9007199254740993', js: 'c.stream.a_v0_count_1h + 9007199254740993n' },
      label: { sql: "concat(b.profile_tier, '|')", js: "c.batch.profile_tier === null ? null : c.batch.profile_tier + '|'" },
    },
    actions: [
      {
        action: 'low',
        reason: {
          sql: "concat('at ', CAST(r.satisfaction AS STRING))",
          js: "'at ' + (result.satisfaction.unscaled / 100n) + '.' + String(result.satisfaction.unscaled % 100n).padStart(2, '0')",
        },
        when: { sql: 'r.satisfaction < 45', js: 'result.satisfaction !== null && result.satisfaction.unscaled < 4500n' },
      },
      {
        action: 'low',
        reason: { sql: "'also'", js: "'also'" },
        when: { sql: 'r.satisfaction < 40', js: 'result.satisfaction !== null && result.satisfaction.unscaled < 4000n' },
      },
      {
        action: 'each',
        reason: { sql: 'b.profile_tier', js: 'c.batch.profile_tier' },
        when: {
          sql: "b.profile_tier <> 'gold' AND s.a_v0_count_1h > 2",
          js: "c.batch.profile_tier !== null && c.batch.profile_tier !== 'gold' && c.stream.a_v0_count_1h > 2n",
        },
      },
      {
        action: 'once',
        reason: { sql: "''", js: "''" },
        when: { sql: 's.a_v0_last > 0', js: 'c.stream.a_v0_last !== null && c.stream.a_v0_last.unscaled > 0n' },
      },
    ],
  };
}

const PROFILE = { name: 'profile', columns: { tier: 'text', level: 2 } } as const;
const CARE = { name: 'contact', key: 'cust', columns: { note: 'text', score: 3, open: 0 } } as const;
const SCORECARD = [
  'nosql,usage,u0,mobile,"linear(10,3)",0.25,',
  'nosql,usage,u1,mobile,"cap(-2.5,7)|linear(1,7)",-1.000001,3',
  'nosql,usage,u2,fixed,bin(-1:2.5;0:-1;4.25:0.1;*:9),0.3,',
  'nosql,usage,u0,fixed,flag(4),12.5,0',
  'nosql,usage,u1,fixed,,0.000001,',
];

export function shapes(random: Random): Shape[] {
  return [longHour(random), dayTurn(random), longLateness(random), anything(random)];
}

/** More than an hour, so that `last_hour` lets go; no online source; a scorecard. */
function longHour(random: Random): Shape {
  const a = withSum(streamOf(random, 'rfc3339', 3));
  const b = streamOf(random, 'epoch_ms', 2);
  return {
    name: 'long-hour',
    from: '2026-03-01T09:54:00Z',
    iterations: 67,
    customers: 700,
    partitions: 3,
    project: {
      name: 'long hour',
      streams: { a, b },
      batch: { dwh: [PROFILE], nosql: [{ name: 'usage', scorecard: true }] },
      scorecard: SCORECARD,
      ...logic({}, a.variables[0]?.places ?? 0),
    },
    days: [{ day: '2026-02-28', completeAfter: -1n * DAY }],
  };
}

/** Text keys, a turn of the day, batch days that come, come late and never come; a lateness and ahead of half minutes. */
function dayTurn(random: Random): Shape {
  const a = withSum(streamOf(random, 'rfc3339', 2));
  const b = streamOf(random, 'epoch_us', 3);
  const grace = parseDuration('10s');
  return {
    name: 'day-turn',
    from: '2026-02-28T23:48:00Z',
    iterations: 22,
    customers: 700,
    partitions: 4,
    project: {
      name: 'день turn.2-b',
      key: { name: 'msisdn', type: 'text' },
      streams: { b, a },
      batch: { dwh: [PROFILE], crm: [CARE] },
      online: {
        care: {
          max_age: random.between(1, 4),
          rows: 'data.rows',
          key: 'id',
          fields: [
            { name: 'open', field: 'tickets.open', places: 0 },
            { name: 'score', field: 'score', places: 2 },
          ],
        },
      },
      ...logic({ lateness: '90s', max_ahead: '30s', grace: '10s', settle: '2m', population: 'touched' }, a.variables[0]?.places ?? 0),
    },
    days: [
      { day: '2026-02-26', completeAfter: 9n * MINUTE },
      // Active from the third minute on, to the microsecond: settle 2 min, seal at m+1+10 s.
      { day: '2026-02-27', completeAfter: MINUTE + grace },
      { day: '2026-02-28', completeAfter: 4n * MINUTE + grace + 1n },
      { day: '2026-03-01', completeAfter: 12n * MINUTE },
      { day: '2026-03-02', completeAfter: null },
    ],
  };
}

/** A lateness beyond the hour, everyone in the population, two online sources. */
function longLateness(random: Random): Shape {
  const a = withSum(streamOf(random, 'epoch_us', 2));
  return {
    name: 'long-lateness',
    from: '2026-03-01T11:55:00Z',
    iterations: 12,
    customers: 500,
    partitions: 1,
    project: {
      name: 'long-lateness',
      key: { name: 'account', type: 'bigint' },
      streams: { a, c: streamOf(random, 'rfc3339', 1), b: streamOf(random, 'epoch_ms', 2) },
      batch: { dwh: [CARE, PROFILE], nosql: [{ name: 'usage', scorecard: true }] },
      scorecard: SCORECARD.slice(0, 3),
      online: {
        care: { max_age: 0, fields: [{ name: 'open', field: 'open', places: 3 }] },
        bills: { max_age: random.between(2, 3), rows: 'rows', key: 'who.id', fields: [{ name: 'due', field: 'bill.due', places: 2 }] },
      },
      ...logic({ lateness: '90m', max_ahead: '5m', population: 'base' }, a.variables[0]?.places ?? 0),
    },
    days: [
      { day: '2026-02-28', completeAfter: -1n * DAY },
      { day: '2026-03-01', completeAfter: 0n },
    ],
  };
}

/** Drawn at random. */
function anything(random: Random): Shape {
  const type = random.pick(['bigint', 'text'] as const);
  const formats = ['rfc3339', 'epoch_ms', 'epoch_us'] as const;
  const a = withSum(streamOf(random, random.pick(formats), random.between(1, 5)));
  const others = ['b', 'c']
    .slice(0, random.between(0, 2))
    .map((name) => [name, streamOf(random, random.pick(formats), random.between(1, 4))] as const);
  const minute = random.between(30, 58);
  return {
    name: 'anything',
    from: `2026-03-01T${String(random.between(0, 23)).padStart(2, '0')}:${minute}:00Z`,
    iterations: random.between(14, 22),
    customers: 600,
    partitions: random.between(1, 5),
    project: {
      name: 'anything',
      key: { name: random.pick(['customer_id', 'account', 'key']), type },
      streams: { a, ...Object.fromEntries(others) },
      batch: { dwh: [PROFILE], crm: [CARE] },
      ...(random.chance(0.6)
        ? { online: { care: { max_age: random.between(0, 5), fields: [{ name: 'open', field: 'open', places: random.between(0, 6) }] } } }
        : {}),
      ...logic(
        {
          lateness: random.pick(['90s', '3m', '10m', '1h', '90m']),
          max_ahead: random.pick(['0s', '30s', '2m', '7m']),
          population: random.pick(['window', 'window', 'touched', 'base']),
        },
        a.variables[0]?.places ?? 0,
      ),
    },
    days: [
      { day: '2026-02-27', completeAfter: -1n * DAY },
      { day: '2026-02-28', completeAfter: BigInt(random.between(-20, 20)) * MINUTE },
    ],
  };
}
