/** Sections 5, 6 and 9: what a user's SQL may look like, prlx_div, and how each type of result column is written. */
import assert from 'node:assert/strict';
import { event, scenario } from '../scenario.ts';

const SATISFACTION = `-- A comment; with a semicolon, and 'quotes'.
WITH totals AS (
  SELECT customer_id AS who, s_x_sum AS total, s_x_count AS n, s_x_sum_1h AS total_1h /* prlx_div(1, 2, 3) */
  FROM stream
)
SELECT
  prlx_div(total, n, 3) AS mean_3,
  prlx_div(total, n, 0) AS mean_0,
  prlx_div(n, 3, 6) AS third,
  prlx_div(total, n - n, 2) AS by_zero,
  prlx_div(total_1h, 4, 2) AS quarter_1h,
  CASE WHEN n > 1 THEN CAST(50 + prlx_div(total, n, 2) AS DECIMAL(5, 2)) END AS satisfaction,
  n AS events,
  CAST(n AS SMALLINT) AS small,
  CAST(-9223372036854775807 AS BIGINT) AS large,
  CAST(total AS DECIMAL(38, 10)) AS wide,
  total > 0 AS positive,
  timestamp_micros(1767607200000001) AS stamp,
  timestamp_micros(-1) AS before_1970,
  CAST('2026-01-05' AS DATE) AS day,
  concat('k', CAST(who AS STRING), ' "\\\\ é \u{1f600}') AS \`a text\`,
  who AS customer_id
FROM totals
;
`;

const ACTIONS = `SELECT concat(CAST(r.events AS STRING), ' events') AS reason, p.customer_id, concat('to', 'ld') AS action
FROM satisfaction r JOIN population p ON p.customer_id = r.customer_id
WHERE r.positive
`;

const ORACLE = `// satisfaction.sql and actions.sql once more, for the oracle.
function div(num, den, places) {
  if (num === null || den.unscaled === 0n) return null;
  let a = num.unscaled * 10n ** BigInt(places + den.places);
  let b = den.unscaled * 10n ** BigInt(num.places);
  const negative = a < 0n !== b < 0n;
  if (a < 0n) a = -a;
  if (b < 0n) b = -b;
  const q = (2n * a + b) / (2n * b);
  return { unscaled: negative ? -q : q, places };
}
const int = (value) => ({ unscaled: value, places: 0 });
export function satisfaction(c) {
  const total = c.stream.s_x_sum;
  const n = c.stream.s_x_count;
  const mean = div(total, int(n), 2);
  return {
    satisfaction: n > 1n ? { unscaled: 5000n + mean.unscaled, places: 2 } : null,
    mean_3: div(total, int(n), 3),
    mean_0: div(total, int(n), 0),
    third: div(int(n), int(3n), 6),
    by_zero: null,
    quarter_1h: div(c.stream.s_x_sum_1h, int(4n), 2),
    events: n,
    small: n,
    large: -9223372036854775807n,
    wide: total === null ? null : { unscaled: total.unscaled * 10n ** 8n, places: 10 },
    positive: total === null ? null : total.unscaled > 0n,
    stamp: { micros: 1767607200000001n },
    before_1970: { micros: -1n },
    day: '2026-01-05',
    'a text': 'k' + c.customer_id + ' "\\\\ é \u{1f600}',
  };
}
export function actions(c, result) {
  return result.positive === true ? [{ action: 'told', reason: result.events + ' events' }] : [];
}
`;

const x = (text: string) => ({ x: text });

export const sql = scenario({
  name: 'sql',
  from: '10:58',
  iterations: 4,
  base: ['1', '2', '3', '4'],
  project: { name: 'Sql', streams: { s: { variables: [{ name: 'x', places: 2, aggregates: ['sum', 'count'] }] } } },
  projectFiles: { 'satisfaction.sql': SATISFACTION, 'actions.sql': ACTIONS, 'oracle.ts': ORACLE },
  messages: [
    event('10:58', 's', '1', '10:58:00', '1a', x('0.01')),
    event('10:58', 's', '1', '10:58:01', '1b', x('0')),
    event('10:58', 's', '2', '10:58:00', '2a', x('-0.01')),
    event('10:58', 's', '2', '10:58:01', '2b', x('0')),
    event('10:58', 's', '3', '10:58:00', '3a', x('-2')),
    event('10:58', 's', '3', '10:58:01', '3b', x('-3')),
    event('10:58', 's', '4', '10:58:00', '4a', x('10')),
  ],
  checks: [
    {
      rule: '5: prlx_div rounds once, half away from zero, null by zero and of null',
      verify: (out) => {
        const row = (key: string, minute = '10:58') => {
          const result = out.result(minute, key) ?? {};
          return ['mean_3', 'mean_0', 'third', 'by_zero', 'quarter_1h', 'satisfaction'].map((name) => result[name]);
        };
        assert.deepEqual(row('1'), ['0.005', '0', '0.666667', null, '0.00', '50.01']);
        assert.deepEqual(row('2'), ['-0.005', '0', '0.666667', null, '0.00', '49.99']);
        assert.deepEqual(row('3'), ['-2.500', '-3', '0.666667', null, '-1.25', '47.50']);
        assert.deepEqual(row('4'), ['10.000', '10', '0.333333', null, '2.50', null]);
        assert.deepEqual(row('3', '11:00'), [null, null, '0.000000', null, '-1.25', null]);
      },
    },
    {
      rule: '9: satisfaction stands third wherever the SQL has it; the others as selected; every type has its one text',
      verify: (out) =>
        assert.equal(
          out.lines('results', '10:58')[0],
          '{"minute":"2026-01-05T10:58:00Z","customer_id":"1","satisfaction":"50.01","mean_3":"0.005","mean_0":"0","third":"0.666667","by_zero":null,"quarter_1h":"0.00","events":2,"small":2,"large":-9223372036854775807,"wide":"0.0100000000","positive":true,"stamp":"2026-01-05T10:00:00.000001Z","before_1970":"1969-12-31T23:59:59.999999Z","day":"2026-01-05","a text":"k1 \\"\\\\ é \u{1f600}"}',
        ),
    },
    {
      rule: '6: actions.sql names its columns in any order and uses the columns of satisfaction',
      verify: (out) => {
        assert.deepEqual(out.actions('10:58'), ['1 told 2 events', '4 told 1 events']);
        assert.deepEqual(out.actions('10:59'), []);
        assert.deepEqual(out.population('11:01'), ['1', '2', '3', '4']);
      },
    },
  ],
});
