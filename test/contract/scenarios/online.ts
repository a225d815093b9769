/** Section 7 and 10, online: the last valid 200, what is no answer, absent customers, stand-ins, missed minutes. */
import assert from 'node:assert/strict';
import type { Outputs } from '../outputs.ts';
import { instant, type OnlineCallSpec } from '../recording-builder.ts';
import { event, scenario } from '../scenario.ts';

const KEYS = ['1', '2', '3', '4', '5'];
const row = (key: string, open: string, score = '0.5'): string =>
  `{"who":{"id":${key}},"tickets":{"open":${open}},"score":${score},"more":[]}`;
const bodyOf = (...rows: string[]): string => `{"data":{"customers":[${rows.join(',')}]},"page":1}`;

function call(minute: string, ids: readonly string[], body: string, more: Partial<OnlineCallSpec> = {}): OnlineCallSpec {
  return { iteration: instant(minute), source: 'care', ids, body, ...more };
}

/** [open, score, age] of each customer. */
function answers(out: Outputs, minute: string): Record<string, unknown> {
  return Object.fromEntries(
    KEYS.map((key) => {
      const result = out.result(minute, key);
      return [key, [result?.care_open, result?.care_score, result?.care_age_minutes]];
    }),
  );
}

const none = [null, null, null];

/** Bodies that are no answer; the second customer's row is right each time. */
const NO_ANSWER = [
  '',
  'null',
  '[]',
  '{}',
  '{"data":{}}',
  '{"data":{"customers":null}}',
  '{"data":{"customers":{}}}',
  '{"data.customers":[]}',
  `\ufeff${bodyOf(row('2', '9'))}`,
  `${bodyOf(row('2', '9'))} x`,
  bodyOf(row('2', '9')).replace('"page":1', '"page":01'),
  bodyOf(row('2', '9'), row('3', '"1"')),
  bodyOf(row('2', '9'), row('3', '1', 'true')),
  bodyOf(row('2', '9'), row('3', '1e31')),
  bodyOf(row('2', '9'), row('3', '100000000000.5')),
  bodyOf(row('2', '9'), row('2', '9')),
  bodyOf(row('2', '9'), row('"3"', '1')),
  bodyOf(row('2', '9'), row('3.0', '1')),
  bodyOf(row('2', '9'), row('null', '1')),
  bodyOf(row('2', '9'), '{"tickets":{"open":1}}'),
  bodyOf(row('2', '9'), '7'),
  bodyOf(row('2', '9'), 'null'),
  bodyOf(row('2', '9'), row('77', '{}')),
];

export const online = scenario({
  name: 'online',
  from: '10:00',
  iterations: 14,
  base: KEYS,
  project: {
    settings: { population: 'base' },
    streams: { s: { variables: [{ name: 'x', places: 0, aggregates: ['sum'] }] } },
    online: {
      care: {
        rows: 'data.customers',
        key: 'who.id',
        max_age: 2,
        fields: [
          { name: 'open', field: 'tickets.open', places: 0 },
          { name: 'score', field: 'score', places: 2 },
        ],
      },
      silent: { max_age: 5, fields: [{ name: 'f', field: 'f', places: 1 }] },
    },
  },
  messages: [event('10:00', 's', '1', '10:00', 'a', { x: '1' })],
  missed: [instant('10:06')],
  online: [
    call(
      '10:00',
      ['1', '2', '3'],
      bodyOf(row('1', '5', '1.005'), '{"who":{"id":3},"tickets":{"open":null},"score":-0.005}', row('5', '8')),
    ),
    call('10:01', ['1'], bodyOf(row('1', '6')), { status: 500 }),
    call('10:01', ['2'], 'no answer'),
    call('10:01', ['3'], '', { status: 0 }),
    // 10:02 and 10:03: nothing.
    call('10:04', ['1', '2', '3'], bodyOf(row('1', '1'), row('2', '1'), row('3', '1')), { at: '2026-01-05T10:04:50.5Z' }),
    call('10:04', ['1', '3'], bodyOf(row('1', '2'), row('3', '2')), { at: '2026-01-05T10:04:40Z' }),
    call('10:04', ['2'], bodyOf(row('2', '3')), { at: '2026-01-05T11:04:50.500000+01:00', attempt: 2 }),
    call('10:04', ['3'], bodyOf(row('3', '"4"')), { at: '2026-01-05T10:04:59Z' }),
    call('10:04', ['4'], bodyOf(row('4', '7')), { status: 201 }),
    call('10:04', ['4'], bodyOf(row('4', '7')), { status: 429 }),
    call('10:05', ['4'], bodyOf('{"who":{"id":1,"id":-0,"id":4},"tickets":{"open":1},"tickets":{},"score":5e-3}'), {
      at: '2026-01-05T10:05:00Z',
    }),
    call('10:05', ['5'], bodyOf(row('5', '1'))),
    call('10:05', ['5'], bodyOf(), { at: '2026-01-05T10:05:59.9Z' }),
    call('10:06', KEYS, bodyOf(...KEYS.map((key) => row(key, '9')))),
    call('10:07', ['1'], bodyOf(row('1', '1'))),
    ...NO_ANSWER.map((body) => call('10:08', ['1', '2', '3'], body)),
    call('10:10', ['2'], bodyOf('{"who":{"id":2},"tickets":4,"score":null}')),
    call('10:11', ['2'], bodyOf(row('2', '1000', '-1.005'), row('1', '4'))),
  ],
  checks: [
    {
      rule: '7: ids not asked for are ignored; a customer asked for and absent has nulls at age 0; not asked: null, age null',
      verify: (out) =>
        assert.deepEqual(answers(out, '10:00'), { 1: ['5', '1.01', 0], 2: [null, null, 0], 3: [null, '-0.01', 0], 4: none, 5: none }),
    },
    {
      rule: '7: no valid answer (another status, no JSON, a time-out): the last one stands in, with its age, to max_age and no longer',
      verify: (out) => {
        assert.deepEqual(answers(out, '10:01'), { 1: ['5', '1.01', 1], 2: [null, null, 1], 3: [null, '-0.01', 1], 4: none, 5: none });
        assert.deepEqual(answers(out, '10:02'), { 1: ['5', '1.01', 2], 2: [null, null, 2], 3: [null, '-0.01', 2], 4: none, 5: none });
        assert.deepEqual(answers(out, '10:03'), { 1: none, 2: none, 3: none, 4: none, 5: none });
      },
    },
    {
      rule: '7, 10: the last valid 200 of a customer wins, by `at`, then by line; 201 and 429 are none',
      verify: (out) =>
        assert.deepEqual(answers(out, '10:04'), { 1: ['1', '0.50', 0], 2: ['3', '0.50', 0], 3: ['1', '0.50', 0], 4: none, 5: none }),
    },
    {
      rule: '3.1, 7: duplicate names in a body: the last wins; a later answer without the customer makes its fields null',
      verify: (out) =>
        assert.deepEqual(answers(out, '10:05'), {
          1: ['1', '0.50', 1],
          2: ['3', '0.50', 1],
          3: ['1', '0.50', 1],
          4: [null, '0.01', 0],
          5: [null, null, 0],
        }),
    },
    {
      rule: '7, 10: a missed minute makes no calls and is counted in the age',
      verify: (out) => {
        assert.deepEqual(answers(out, '10:06'), {
          1: ['1', '0.50', 2],
          2: ['3', '0.50', 2],
          3: ['1', '0.50', 2],
          4: [null, '0.01', 1],
          5: [null, null, 1],
        });
        assert.deepEqual(answers(out, '10:07'), { 1: ['1', '0.50', 0], 2: none, 3: none, 4: [null, '0.01', 2], 5: [null, null, 2] });
      },
    },
    {
      rule: '7, 10: a body that is not strict JSON with the declared rows, or holds a bad row, is no answer for anyone',
      verify: (out) => assert.deepEqual(answers(out, '10:08'), { 1: ['1', '0.50', 1], 2: none, 3: none, 4: none, 5: none }),
    },
    {
      rule: '3.1, 10: a path through what is no object is absent, an absent field is null; numbers are rounded half away',
      verify: (out) => {
        assert.deepEqual(answers(out, '10:10'), { 1: none, 2: [null, null, 0], 3: none, 4: none, 5: none });
        assert.deepEqual(answers(out, '10:11'), { 1: none, 2: ['1000', '-1.01', 0], 3: none, 4: none, 5: none });
      },
    },
    {
      rule: '7: a source that never answered: nulls, age null',
      verify: (out) => {
        const result = out.result('10:13', '1');
        assert.deepEqual([result?.silent_f, result?.silent_age_minutes], [null, null]);
      },
    },
  ],
});
