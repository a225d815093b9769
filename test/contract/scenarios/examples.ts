/** Section 11, word for word, and what needs more than an hour of iterations: `last_hour` and the default cool-down. */
import assert from 'node:assert/strict';
import { event, scenario } from '../scenario.ts';

const x = (text: string) => ({ x: text });

export const examples = scenario({
  name: 'examples',
  from: '10:00',
  iterations: 66,
  base: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
  project: {
    streams: { s: { variables: [{ name: 'x', places: 2, aggregates: ['sum', 'count', 'avg', 'min', 'max', 'last'] }] } },
    actions: [
      {
        action: 'call',
        reason: { sql: "'x'", js: "'x'" },
        when: { sql: 's.s_x_sum_1h > 100', js: '(c.stream.s_x_sum_1h?.unscaled ?? 0n) > 10000n' },
      },
    ],
  },
  messages: [
    event('10:20', 's', '1', '10:10:00.000000', 'late-1', x('1')),
    event('10:20', 's', '1', '10:09:59.999999', 'late-2', x('2')),
    event('10:20', 's', '2', '10:22:59.999999', 'ahead-1', x('1')),
    event('10:20', 's', '2', '10:23:00.000000', 'ahead-2', x('2')),
    event('10:59', 's', '3', '10:59:59.999999', 'turn-1', x('1')),
    event('10:59', 's', '3', '11:00:00', 'turn-2', x('2')),
    event('11:05', 's', '4', '10:58', 'closed-1', x('1')),
    event('10:00', 's', '5', '10:00', 'max-1', x('9')),
    event('10:30', 's', '5', '10:30', 'max-2', x('4')),
    event('10:00', 's', '6', '10:00:01', 'same', x('1')),
    event('10:01', 's', '6', '10:01:01', 'same', x('2')),
    event('10:03', 's', '7', '10:03', 'round-1', x('1.005')),
    event('10:04', 's', '7', '10:04', 'round-2', x('-1.005')),
    event('10:05', 's', '7', '10:05', 'round-3', x('5e-3')),
    event('10:02', 's', '8', '10:02', 'act-1', x('150')),
    event('10:40', 's', '8', '10:40', 'act-2', x('150')),
    event('10:06', 's', '9', '10:06:59.999999', 'gone-1', x('7')),
  ],
  checks: [
    {
      rule: '11: iteration 10:20, times 10:10:00.000000 and 10:09:59.999999: accepted, late; 10:22:59.999999 and 10:23:00.000000: accepted, ahead',
      verify: (out) => {
        assert.deepEqual(out.counts('10:20', 's'), { accepted: 2, ahead: 1, late: 1 });
        assert.deepEqual(out.pair('10:20', '1', 's_x_sum'), ['1.00', '1.00']);
      },
    },
    {
      rule: '11: an event of the future is first seen in the window of its own minute',
      verify: (out) => {
        assert.equal(out.window('10:20', '2', 'last_hour'), null);
        assert.equal(out.window('10:21', '2', 'last_hour'), null);
        assert.deepEqual(out.pair('10:22', '2', 's_x_sum'), ['1.00', '1.00']);
      },
    },
    {
      rule: '11: iteration 10:59, x=1 at 10:59:59.999999, x=2 at 11:00:00',
      verify: (out) => {
        assert.deepEqual(out.pair('10:59', '3', 's_x_sum'), ['1.00', '1.00']);
        assert.deepEqual(out.pair('11:00', '3', 's_x_sum'), ['2.00', '3.00']);
      },
    },
    {
      rule: '11: iteration 11:05, time 10:58: in last_hour only, earlier output unchanged',
      verify: (out) => {
        assert.equal(out.window('10:58', '4', 'last_hour'), null);
        assert.equal(out.window('11:04', '4', 'last_hour'), null);
        assert.deepEqual(out.pair('11:05', '4', 's_x_sum'), [null, '1.00']);
        assert.deepEqual(out.pair('11:05', '4', 's_x_count'), [0, 1]);
      },
    },
    {
      rule: '11: max 9 at 10:00, 4 at 10:30: last_hour max 9 until 10:59, 4 at 11:00',
      verify: (out) => {
        for (const minute of ['10:00', '10:29', '10:30', '10:59']) assert.equal(out.pair(minute, '5', 's_x_max')[1], '9.00', minute);
        assert.deepEqual(out.pair('10:59', '5', 's_x_max'), ['9.00', '9.00']);
        assert.deepEqual(out.pair('11:00', '5', 's_x_max'), [null, '4.00']);
        assert.deepEqual(out.pair('11:05', '5', 's_x_min'), [null, '4.00']);
      },
    },
    {
      rule: '11: the same id in iterations 10:00 and 10:01: the second is a duplicate',
      verify: (out) => {
        assert.deepEqual(out.counts('10:00', 's'), { accepted: 2 });
        assert.deepEqual(out.counts('10:01', 's'), { duplicate: 1 });
        assert.deepEqual(out.pair('10:01', '6', 's_x_sum'), ['1.00', '1.00']);
      },
    },
    {
      rule: '11: 1.005, −1.005, 5e-3 at places 2: 1.01, −1.01, 0.01',
      verify: (out) => {
        assert.equal(out.pair('10:03', '7', 's_x_last')[0], '1.01');
        assert.equal(out.pair('10:04', '7', 's_x_last')[0], '-1.01');
        assert.equal(out.pair('10:05', '7', 's_x_last')[0], '0.01');
        assert.equal(out.pair('10:05', '7', 's_x_sum')[0], '0.01');
      },
    },
    {
      rule: '4: a customer leaves the population `window` when its last event leaves last_hour [m−59, m]',
      verify: (out) => {
        assert.deepEqual(out.pair('11:05', '9', 's_x_sum'), [null, '7.00']);
        assert.deepEqual(out.pair('11:00', '9', 's_x_count'), [0, 1]);
        assert.equal(out.window('11:02', '6', 'last_hour'), null);
        assert.deepEqual(out.pair('10:59', '6', 's_x_count'), [1, 1]);
        assert.equal(out.window('11:00', '6', 'last_hour'), null);
      },
    },
    {
      rule: '3, 9: a minute with no messages has no events lines but windows and results',
      verify: (out) => {
        assert.deepEqual(out.counts('10:10', 's'), {});
        assert.deepEqual(out.population('10:10'), ['5', '6', '7', '8', '9']);
        assert.equal(out.lines('windows', '10:10').length, 10);
      },
    },
    {
      rule: '8: an action is decided again when its last decision is 60 min old; its id is SHA-256 of project\\nkey\\naction\\nminute',
      verify: (out) => {
        assert.deepEqual(out.actions('10:02'), ['8 call x']);
        assert.deepEqual(out.actions('11:01'), []);
        assert.deepEqual(out.actions('11:02'), ['8 call x']);
        assert.equal(out.texts.actions.split('\n').length, 3);
        assert.equal(out.actionId('10:02', '8', 'call'), '01322aeaf4d06faea971b06311057df48624c686d577f3f58a3b64d9ad49891b');
        assert.equal(out.actionId('11:02', '8', 'call'), '8ce61e117146064abfc6b07276f8b88787e10b40ddf421597c620a656b1a7c66');
      },
    },
    {
      rule: '9: the texts of lines: keys in order, decimals as strings, counts as numbers, the key as text',
      verify: (out) => {
        assert.deepEqual(out.lines('windows', '10:22').slice(2, 4), [
          '{"minute":"2026-01-05T10:22:00Z","customer_id":"2","window":"hour_to_date","s_x_sum":"1.00","s_x_count":1,"s_x_avg":"1.00","s_x_min":"1.00","s_x_max":"1.00","s_x_last":"1.00"}',
          '{"minute":"2026-01-05T10:22:00Z","customer_id":"2","window":"last_hour","s_x_sum":"1.00","s_x_count":1,"s_x_avg":"1.00","s_x_min":"1.00","s_x_max":"1.00","s_x_last":"1.00"}',
        ]);
        assert.deepEqual(out.lines('events', '10:20'), [
          '{"minute":"2026-01-05T10:20:00Z","stream":"s","class":"accepted","reason":null,"n":2}',
          '{"minute":"2026-01-05T10:20:00Z","stream":"s","class":"ahead","reason":null,"n":1}',
          '{"minute":"2026-01-05T10:20:00Z","stream":"s","class":"late","reason":null,"n":1}',
        ]);
        assert.deepEqual(out.lines('results', '11:00').slice(0, 1), [
          '{"minute":"2026-01-05T11:00:00Z","customer_id":"1","satisfaction":"50.00","s_x_sum":null,"s_x_sum_1h":"1.00","s_x_count":0,"s_x_count_1h":1,"s_x_avg":null,"s_x_avg_1h":"1.00","s_x_min":null,"s_x_min_1h":"1.00","s_x_max":null,"s_x_max_1h":"1.00","s_x_last":null,"s_x_last_1h":"1.00","profile_tier":"gold","at_minute":"2026-01-05T11:00:00.000000Z","hour_start":"2026-01-05T11:00:00.000000Z","batch_day":"2026-01-05","batch_age_days":0}',
        ]);
      },
    },
  ],
});
