/** Section 7, batch: days, settle, the newest complete day, rows kept aside, cells. */
import assert from 'node:assert/strict';
import { event, scenario } from '../scenario.ts';

const x = (text: string) => ({ x: text });
const tables = (profile: readonly string[], contact: readonly string[] = []) => ({
  'dwh/profile': ['customer_id,tier,tenure', ...profile, ''].join('\n'),
  // Columns in another order than declared, and one that is not declared; lines end with CRLF.
  'crm/contact': ['unused,score,cust,note', ...contact, ''].join('\r\n'),
});

export const batch = scenario({
  name: 'batch',
  from: '2026-01-04T23:50:00Z',
  iterations: 13,
  project: {
    settings: { population: 'base' },
    streams: { s: { variables: [{ name: 'x', places: 0, aggregates: ['sum'] }] } },
    batch: {
      dwh: [{ name: 'profile', columns: { tier: 'text', tenure: 1 } }],
      crm: [{ name: 'contact', key: 'cust', columns: { note: 'text', score: 2 } }],
    },
  },
  messages: [
    event('2026-01-04T23:50:00Z', 's', '1', '2026-01-04T23:50:00Z', 'before', x('1')),
    event('2026-01-04T23:52:00Z', 's', '7', '2026-01-04T23:52:00Z', 'joins-later', x('2')),
  ],
  batch: {
    // Complete too late to be the newest: 01-04 is active by then.
    '2026-01-02': {
      tables: tables(['50,never,1']),
      complete: { 'dwh.profile': '2026-01-04T23:52:00Z', 'crm.contact': '2026-01-04T23:00:00Z' },
    },
    // Registered 23:47:02, so active from the seal of 23:51 (23:52:02) on.
    '2026-01-03': {
      tables: tables(['1,old,1.25', '2,old,1', '3,old,1']),
      complete: { 'dwh.profile': '2026-01-04T23:47:02Z', 'crm.contact': '2026-01-04T22:00:00Z' },
    },
    // Registered 23:50:02: active from the seal of 23:54 (23:55:02) on.
    '2026-01-04': {
      tables: tables(
        [
          '1,"gold, ""best""\nof all",1.25',
          '2,,-0.05',
          '3,"",',
          '4, padded ,7e0',
          '5,été,0.049',
          '6,once,1',
          '6,twice,2',
          '7,new,3',
          'seven,bad key,1',
          ',no key,1',
          '8,bad number,1.2.3',
          '9,quoted number,"4.25"',
        ],
        ['u,1.005,1,"crm, 1"', 'u,-1.005,2,', 'u,,3,""', 'u,1,4,first', 'u,2,4,second', 'u,none,5,kept aside', 'u,1,99,not in the base'],
      ),
      complete: { 'dwh.profile': '2026-01-04T23:00:00Z', 'crm.contact': '2026-01-05T00:50:02+01:00' },
    },
    // Registered 23:55:02.000001: one microsecond too late for the seal of 23:59 (00:00:02), active from 00:00 on.
    '2026-01-05': {
      tables: tables(['1,next,1', '3,next,2']),
      complete: { 'dwh.profile': '2026-01-04T23:55:02.000001Z', 'crm.contact': '2026-01-04T23:55:00Z' },
    },
    // Never complete.
    '2026-01-06': { tables: tables(['1,half,1']), complete: { 'dwh.profile': '2026-01-04T23:00:00Z', 'crm.contact': null } },
  },
  checks: [
    {
      rule: '7: before any day is active the population is empty and only events are counted',
      verify: (out) => {
        assert.deepEqual(out.counts('2026-01-04T23:50:00Z', 's'), { accepted: 1 });
        assert.deepEqual(out.population('2026-01-04T23:50:00Z'), []);
        assert.deepEqual(out.lines('windows', '2026-01-04T23:50:00Z'), []);
      },
    },
    {
      rule: '7: a day is active from the first seal (m+1+grace) at least settle after its latest marker; windows hold what came before',
      verify: (out) => {
        assert.deepEqual(out.population('2026-01-04T23:51:00Z'), ['1', '2', '3']);
        assert.deepEqual(out.pair('2026-01-04T23:51:00Z', '1', 's_x_sum'), ['1', '1']);
        const days = ['23:51', '23:53', '23:54', '23:59'].map((minute) => out.result(`2026-01-04T${minute}:00Z`, '1')?.batch_day);
        assert.deepEqual(days, ['2026-01-03', '2026-01-03', '2026-01-04', '2026-01-04']);
      },
    },
    {
      rule: '7: the newest complete day counts, by its date; a half-landed or older day never',
      verify: (out) => {
        assert.equal(out.result('2026-01-04T23:58:00Z', '1')?.batch_day, '2026-01-04');
        assert.equal(out.result('2026-01-05T00:00:00Z', '1')?.batch_day, '2026-01-05');
        assert.equal(out.result('2026-01-05T00:02:00Z', '1')?.batch_day, '2026-01-05');
        assert.deepEqual(out.population('2026-01-05T00:02:00Z'), ['1', '3']);
      },
    },
    {
      rule: '7: batch_age_days = UTC date of m − batch_day',
      verify: (out) => {
        const ages = ['2026-01-04T23:51:00Z', '2026-01-04T23:54:00Z', '2026-01-05T00:00:00Z'].map(
          (minute) => out.result(minute, '1')?.batch_age_days,
        );
        assert.deepEqual(ages, [1, 0, 0]);
      },
    },
    {
      rule: '7: a new day changes the base population; a customer that joins has the events it had before',
      verify: (out) => {
        assert.deepEqual(out.population('2026-01-04T23:54:00Z'), ['1', '2', '3', '4', '5', '7', '9']);
        assert.deepEqual(out.pair('2026-01-04T23:54:00Z', '7', 's_x_sum'), ['2', '2']);
      },
    },
    {
      rule: '9: RFC 4180: quotes, commas, line ends; an unquoted empty cell is null, "" is empty text; nothing is trimmed',
      verify: (out) => {
        const tiers = ['1', '2', '3', '4', '5', '7'].map((key) => out.result('2026-01-04T23:54:00Z', key)?.profile_tier);
        assert.deepEqual(tiers, ['gold, "best"\nof all', null, '', ' padded ', 'été', 'new']);
        const notes = ['1', '2', '3'].map((key) => out.result('2026-01-04T23:54:00Z', key)?.contact_note);
        assert.deepEqual(notes, ['crm, 1', null, '']);
      },
    },
    {
      rule: '5: numeric cells are rounded once, half away from zero, to the column’s places',
      verify: (out) => {
        const tenures = ['1', '2', '3', '4', '5', '9'].map((key) => out.result('2026-01-04T23:54:00Z', key)?.profile_tenure);
        assert.deepEqual(tenures, ['1.3', '-0.1', null, '7.0', '0.0', '4.3']);
        assert.deepEqual(
          ['1', '2', '3'].map((key) => out.result('2026-01-04T23:54:00Z', key)?.contact_score),
          ['1.01', '-1.01', null],
        );
      },
    },
    {
      rule: '6: absent rows are joined as nulls; so are rows of a key that comes twice, or with a number that is none',
      verify: (out) => {
        for (const key of ['4', '5', '7']) {
          const result = out.result('2026-01-04T23:54:00Z', key);
          assert.deepEqual([result?.contact_note, result?.contact_score], [null, null], key);
        }
      },
    },
  ],
});
