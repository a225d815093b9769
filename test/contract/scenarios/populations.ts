/** Section 4: the populations `touched` and `base`; a lateness beyond the hour. */
import assert from 'node:assert/strict';
import { payload } from '../recording-builder.ts';
import { event, raw, scenario } from '../scenario.ts';

const x = (text: string) => ({ x: text });
const streams = { s: { variables: [{ name: 'x', places: 0, aggregates: ['sum', 'count'] }] } };

export const touched = scenario({
  name: 'touched',
  from: '12:00',
  iterations: 5,
  base: ['1', '2', '3', '4', '5'],
  project: { settings: { population: 'touched', lateness: '90m', max_ahead: '3m' }, streams },
  messages: [
    event('12:00', 's', '1', '12:00', 'a', x('1')),
    event('12:02', 's', '1', '12:02', 'b', x('2')),
    event('12:00', 's', '2', '12:03:59.999999', 'future', x('3')),
    event('12:01', 's', '3', '10:31', 'oldest', x('4')),
    event('12:01', 's', '3', '10:30:59.999999', 'too-old', x('5')),
    event('12:01', 's', '4', '11:02', 'last-hour', x('6')),
    event('12:01', 's', '99', '12:01', 'outside', x('7')),
    event('12:03', 's', '5', '11:00', 'a', x('8')),
    event('12:04', 's', '5', '12:04', 'oldest', x('9')),
  ],
  checks: [
    {
      rule: '4: touched = base customers with an accepted event of effective minute m',
      verify: (out) => {
        const populations = ['12:00', '12:01', '12:02', '12:03', '12:04'].map((minute) => out.population(minute));
        assert.deepEqual(populations, [['1'], ['3', '4'], ['1'], ['2'], ['5']]);
        assert.deepEqual(out.pair('12:02', '1', 's_x_sum'), ['3', '3']);
        assert.deepEqual(out.pair('12:03', '2', 's_x_sum'), ['3', '3']);
      },
    },
    {
      rule: '3.2, 4: with a lateness of 90 min an event may be accepted and lie in no window; ids are claimed as long',
      verify: (out) => {
        assert.deepEqual(out.counts('12:01', 's'), { accepted: 3, late: 1 });
        assert.deepEqual(out.pair('12:01', '3', 's_x_sum'), [null, null]);
        assert.deepEqual(out.pair('12:01', '4', 's_x_sum'), [null, '6']);
        assert.deepEqual(out.counts('12:03', 's'), { duplicate: 1 });
        assert.deepEqual(out.counts('12:04', 's'), { accepted: 1 });
      },
    },
  ],
});

export const base = scenario({
  name: 'base',
  from: '12:00',
  iterations: 3,
  base: ['3', '1', '20'],
  project: { settings: { population: 'base' }, streams },
  messages: [
    event('12:01', 's', '3', '12:01', 'a', x('1')),
    event('12:01', 's', '99', '12:01', 'b', x('1')),
    raw('12:02', 's', Buffer.from(payload('20', '12:02', 'c', { name: '"é"', x: '5' }))),
  ],
  recordingFiles: {
    'overlay/alternative/iterations/20260105T120100Z/streams/s.ndjson': '{"partition":0,"offset":0,"payload":"not for this side"}\n',
    'overlay/alternative/batch/2026-01-05/dwh/profile.csv': 'customer_id,tier\n77,x\n',
  },
  checks: [
    {
      rule: '4, 9: base = every base customer, with two lines each also without any event',
      verify: (out) => {
        for (const minute of ['12:00', '12:01', '12:02']) assert.deepEqual(out.population(minute), ['1', '20', '3'], minute);
        assert.deepEqual(out.lines('windows', '12:00'), [
          '{"minute":"2026-01-05T12:00:00Z","customer_id":"1","window":"hour_to_date","s_x_sum":null,"s_x_count":0}',
          '{"minute":"2026-01-05T12:00:00Z","customer_id":"1","window":"last_hour","s_x_sum":null,"s_x_count":0}',
          '{"minute":"2026-01-05T12:00:00Z","customer_id":"20","window":"hour_to_date","s_x_sum":null,"s_x_count":0}',
          '{"minute":"2026-01-05T12:00:00Z","customer_id":"20","window":"last_hour","s_x_sum":null,"s_x_count":0}',
          '{"minute":"2026-01-05T12:00:00Z","customer_id":"3","window":"hour_to_date","s_x_sum":null,"s_x_count":0}',
          '{"minute":"2026-01-05T12:00:00Z","customer_id":"3","window":"last_hour","s_x_sum":null,"s_x_count":0}',
        ]);
        assert.deepEqual(out.pair('12:02', '3', 's_x_sum'), ['1', '1']);
      },
    },
    {
      rule: '9: payload_base64 is the payload’s bytes; overlay/alternative is not for this side',
      verify: (out) => {
        assert.deepEqual(out.pair('12:02', '20', 's_x_sum'), ['5', '5']);
        assert.deepEqual(out.counts('12:01', 's'), { accepted: 2 });
      },
    },
  ],
});
