/** Section 4: streams that are silent for more than an hour, and come back: windows empty, customer by customer, and are filled again. */
import assert from 'node:assert/strict';
import { event, scenario } from '../scenario.ts';

const x = (text: string) => ({ x: text });
const y = (text: string) => ({ y: text });
const AGGREGATES = ['sum', 'count', 'max', 'last'];

export const silence = scenario({
  name: 'silence',
  from: '10:20',
  iterations: 68,
  base: ['1', '2', '3', '4'],
  project: {
    streams: {
      a: { variables: [{ name: 'x', places: 0, aggregates: AGGREGATES }] },
      z: { variables: [{ name: 'y', places: 0, aggregates: AGGREGATES }] },
    },
  },
  messages: [
    event('10:20', 'a', '1', '10:20:30', 'a-1', x('1')),
    event('10:20', 'a', '2', '10:20:30', 'a-2', x('2')),
    event('10:20', 'a', '3', '10:20:30', 'a-3', x('4')),
    // `z` ends here, `a` three minutes later: from then on nothing comes for 61 minutes.
    event('10:20', 'z', '1', '10:20:30', 'z-1', y('10')),
    event('10:23', 'a', '1', '10:23:30', 'a-1 again', x('8')),
    event('11:25', 'a', '2', '11:25:10', 'a-2 again', x('16')),
    event('11:25', 'z', '4', '11:25:10', 'z-4', y('20')),
    event('11:26', 'a', '1', '11:17:00', 'a-1 late', x('-32')),
    event('11:26', 'z', '1', '11:26:00', 'z-1 again', y('40')),
    // An id that nobody claims any more.
    event('11:27', 'a', '3', '11:27:00', 'a-3', x('64')),
  ],
  checks: [
    {
      rule: '4: hour_to_date is empty from the turn of the hour on, last_hour when the event minute is older than an hour',
      verify: (out) => {
        assert.deepEqual(out.pair('10:59', '1', 'a_x_sum'), ['9', '9']);
        assert.deepEqual(out.pair('11:00', '1', 'a_x_sum'), [null, '9']);
        assert.deepEqual(out.pair('11:00', '1', 'a_x_count'), [0, 2]);
        assert.deepEqual(out.population('11:19'), ['1', '2', '3']);
        assert.deepEqual(out.population('11:20'), ['1']);
      },
    },
    {
      rule: '4: of a stream that is silent for more than an hour count is 0 and all else null, while the other goes on',
      verify: (out) => {
        assert.deepEqual([out.pair('11:19', '1', 'a_x_sum')[1], out.pair('11:19', '1', 'z_y_sum')[1]], ['9', '10']);
        assert.deepEqual(out.window('11:20', '1', 'last_hour'), {
          a_x_sum: '8',
          a_x_count: 1,
          a_x_max: '8',
          a_x_last: '8',
          z_y_sum: null,
          z_y_count: 0,
          z_y_max: null,
          z_y_last: null,
        });
      },
    },
    {
      rule: '4: when all streams are silent for more than an hour there is nobody left',
      verify: (out) => {
        const populations = ['11:22', '11:23', '11:24', '11:25', '11:26', '11:27'].map((minute) => out.population(minute));
        assert.deepEqual(populations, [['1'], [], [], ['2', '4'], ['1', '2', '4'], ['1', '2', '3', '4']]);
      },
    },
    {
      rule: '4: who comes back begins with nothing of what was before',
      verify: (out) => {
        assert.deepEqual(out.pair('11:25', '2', 'a_x_sum'), ['16', '16']);
        assert.deepEqual(out.pair('11:25', '2', 'a_x_count'), [1, 1]);
        assert.deepEqual(out.pair('11:25', '2', 'z_y_count'), [0, 0]);
        assert.deepEqual(out.pair('11:25', '4', 'z_y_sum'), ['20', '20']);
        assert.deepEqual(out.pair('11:26', '1', 'a_x_max'), ['-32', '-32']);
        assert.deepEqual(out.pair('11:26', '1', 'z_y_last'), ['40', '40']);
      },
    },
    {
      rule: '3.4: an id of an hour ago is free again',
      verify: (out) => {
        assert.deepEqual(out.counts('11:27', 'a'), { accepted: 1 });
        assert.deepEqual(out.pair('11:27', '3', 'a_x_sum'), ['64', '64']);
      },
    },
  ],
});
