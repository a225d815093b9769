/** Sections 5, 8 and 9: decisions, cool-downs, ids, the least reason; text keys through every source. */
import assert from 'node:assert/strict';
import { instant, TEST_DAY } from '../recording-builder.ts';
import { raw, scenario } from '../scenario.ts';

/** Keys that differ only by what the contract does not touch: case, blanks, zeros, composition. */
const KEYS = ['', '1', '01', ' 1', 'k', 'K', 'é', 'e\u0301', 'о"к', 'a,b\nc', '\uff5e', '\u{1f600}'];
const csv = (text: string): string => `"${text.replaceAll('"', '""')}"`;

function message(iteration: string, key: string, id: string, x: string) {
  return raw(
    iteration,
    's',
    JSON.stringify({ msisdn: key, event_time: `2026-01-05T${iteration}:00Z`, event_id: id, x: 0 }).replace('"x":0', `"x":${x}`),
  );
}

const call = { action: 'call', when: { sql: 'r.satisfaction < 50', js: 'result.satisfaction.unscaled < 5000n' } };

export const actions = scenario({
  name: 'actions',
  from: '10:00',
  iterations: 7,
  project: {
    name: 'акт',
    key: { name: 'msisdn', type: 'text' },
    settings: { population: 'base', actions: { call: { cool_down: '3m' }, each: { cool_down: '0m' } } },
    streams: { s: { variables: [{ name: 'x', places: 0, aggregates: ['last'] }] } },
    online: { care: { max_age: 1, fields: [{ name: 'open', field: 'open', places: 0 }] } },
    score: {
      sql: 'CASE WHEN s.s_x_last IS NULL THEN 100 ELSE 50 - s.s_x_last END',
      js: '{ unscaled: c.stream.s_x_last === null ? 10000n : 100n * (50n - c.stream.s_x_last.unscaled), places: 2 }',
    },
    actions: [
      // Three reasons for the same action: U+FF5E is the least in UTF-8, U+1F600 would be in UTF-16.
      { ...call, reason: { sql: "'\u{1f600}'", js: "'\u{1f600}'" } },
      { ...call, reason: { sql: "'\uff5e'", js: "'\uff5e'" } },
      { ...call, reason: { sql: "'\uffff'", js: "'\uffff'" } },
      {
        action: 'each',
        reason: { sql: 'p.msisdn', js: 'c.customer_id' },
        when: { sql: 's.s_x_last = 7', js: 'c.stream.s_x_last?.unscaled === 7n' },
      },
      { action: 'never', reason: { sql: "''", js: "''" }, when: { sql: 'r.satisfaction IS NULL', js: 'result.satisfaction === null' } },
      { action: 'once', reason: { sql: "''", js: "''" }, when: { sql: 's.s_x_last = 7', js: 'c.stream.s_x_last?.unscaled === 7n' } },
    ],
  },
  batch: { [TEST_DAY]: { tables: { 'dwh/profile': `msisdn,tier\n${KEYS.map((key) => `${csv(key)},t\n`).join('')},null key\n` } } },
  missed: [instant('10:04')],
  messages: [
    message('10:00', '', 'empty', '1'),
    message('10:00', '1', 'one', '2'),
    message('10:00', '01', 'zero-one', '3'),
    message('10:00', 'é', 'composed', '-4'),
    message('10:00', 'e\u0301', 'decomposed', '-5'),
    message('10:00', 'K', 'upper', '-6'),
    raw('10:00', 's', '{"msisdn":"\\ud83d\\ude00","event_time":"2026-01-05T10:00:00Z","event_id":"escaped","x":-7}'),
    ...['5', 'null', '"\\ud83d"', 'true', '{}'].map((key, index) =>
      raw('10:00', 's', `{"msisdn":${key},"event_time":"2026-01-05T10:00:00Z","event_id":"bad-${index}","x":1}`),
    ),
    message('10:01', 'о"к', 'ok', '7'),
    message('10:02', '1', 'one-again', '-2'),
    message('10:04', '1', 'one-more', '2'),
  ],
  online: [
    {
      iteration: instant('10:00'),
      source: 'care',
      ids: ['', 'é', '1'],
      body: JSON.stringify({
        customers: [
          { msisdn: '', open: 1 },
          { msisdn: 'e\u0301', open: 2 },
          { msisdn: 'é', open: 3 },
          { msisdn: '01', open: 4 },
        ],
      }),
    },
    { iteration: instant('10:01'), source: 'care', ids: ['k'], body: '{"customers":[{"msisdn":5,"open":1}]}' },
  ],
  checks: [
    {
      rule: '5: text keys are their UTF-8 bytes; a key that is no string, or holds a lone surrogate, is invalid; lines are sorted by bytes',
      verify: (out) => {
        assert.deepEqual(out.counts('10:00', 's'), { accepted: 7, 'invalid.key': 5 });
        assert.deepEqual(out.population('10:00'), ['', ' 1', '01', '1', 'K', 'a,b\nc', 'e\u0301', 'k', 'é', 'о"к', '\uff5e', '\u{1f600}']);
        const last = (key: string) => out.result('10:00', key)?.s_x_last;
        assert.deepEqual(['', '1', '01', 'é', 'e\u0301', 'K', 'k', '\u{1f600}'].map(last), ['1', '2', '3', '-4', '-5', '-6', null, '-7']);
      },
    },
    {
      rule: '10: text keys in online bodies are strings',
      verify: (out) => {
        const open = (key: string) => [out.result('10:00', key)?.care_open, out.result('10:00', key)?.care_age_minutes];
        assert.deepEqual(['', 'é', 'e\u0301', '1', '01'].map(open), [
          ['1', 0],
          ['3', 0],
          [null, null],
          [null, 0],
          [null, null],
        ]);
        assert.equal(out.result('10:01', 'k')?.care_age_minutes, null);
      },
    },
    {
      rule: '6: satisfaction is DECIMAL(5,2) and may be used by actions.sql',
      verify: (out) => {
        assert.deepEqual(
          ['', 'K', 'k'].map((key) => out.result('10:00', key)?.satisfaction),
          ['49.00', '56.00', '100.00'],
        );
      },
    },
    {
      rule: '8: decided when the last decision is at least cool_down old, by (customer, action); a missed minute decides too',
      verify: (out) => {
        const named = (minute: string) => out.actions(minute).filter((text) => !text.startsWith('о'));
        assert.deepEqual(named('10:00'), [' call \uff5e', '01 call \uff5e', '1 call \uff5e']);
        assert.deepEqual(named('10:01'), []);
        assert.deepEqual(named('10:02'), []);
        // 1 is satisfied in 10:02 and 10:03.
        assert.deepEqual(named('10:03'), [' call \uff5e', '01 call \uff5e']);
        assert.deepEqual(named('10:04'), ['1 call \uff5e']);
        assert.deepEqual(named('10:06'), [' call \uff5e', '01 call \uff5e']);
      },
    },
    {
      rule: '8: several actions of a customer; no cool-down; the default of 60 min; sorted by key, then action',
      verify: (out) => {
        const own = (minute: string) => out.actions(minute).filter((text) => text.startsWith('о'));
        assert.deepEqual(own('10:01'), ['о"к call \uff5e', 'о"к each о"к', 'о"к once ']);
        assert.deepEqual(own('10:02'), ['о"к each о"к']);
        assert.deepEqual(own('10:04'), ['о"к call \uff5e', 'о"к each о"к']);
      },
    },
    {
      rule: '8: the id is the SHA-256 of the UTF-8 text project\\nkey\\naction\\nminute',
      verify: (out) => {
        assert.equal(out.actionId('10:01', 'о"к', 'call'), 'b701ec242a36055c08387d60626da3db5c4c9b727f52cf764f7f1afd92804592');
        assert.equal(out.actionId('10:00', '', 'call'), '3d26e005df38d59b925e925eb248c8fadb055dd6b77332af8d28416b028268da');
      },
    },
  ],
});
