/** Section 3.2 to 3.5: late, ahead, duplicate, accepted, with a lateness and max_ahead that are not whole minutes. */
import assert from 'node:assert/strict';
import { payload } from '../recording-builder.ts';
import { event, raw, scenario } from '../scenario.ts';

const x = (text: string) => ({ x: text });

/** The same time and id; the notes decide: U+FF5E is EF BD 9E, U+1F600 is F0 9F 98 80, in UTF-16 it would be the other way round. */
const noted = (note: string, value: string): string => payload('15', '10:01:10', 'in-3', { note: JSON.stringify(note), x: value });

export const classes = scenario({
  name: 'classes',
  from: '10:00',
  iterations: 6,
  base: Array.from({ length: 20 }, (_, index) => String(10 + index)),
  project: {
    settings: { lateness: '90s', max_ahead: '30s' },
    streams: {
      a: { variables: [{ name: 'x', places: 0, aggregates: ['sum', 'count'] }] },
      b: { variables: [{ name: 'x', places: 0, aggregates: ['sum'] }] },
    },
  },
  messages: [
    // Iteration 10:02 of stream b: from 10:00:30 on in time, before 10:03:30 not ahead.
    event('10:02', 'b', '10', '10:00:30', 'late-1', x('1')),
    event('10:02', 'b', '10', '10:00:29.999999', 'late-2', x('10')),
    event('10:02', 'b', '10', '10:00:29.9999999', 'late-3', x('20')),
    event('10:02', 'b', '10', '10:03:29.999999', 'ahead-1', x('2')),
    event('10:02', 'b', '10', '10:03:30', 'ahead-2', x('40')),
    event('10:02', 'b', '10', '10:00:29', 'late-1', x('80')),
    event('10:02', 'b', '10', '10:04:00', 'late-1', x('160')),

    event('10:00', 'a', '11', '10:00', 'shared', x('1')),
    event('10:00', 'b', '11', '10:00', 'shared', x('2')),

    // One iteration, one id: arrival order and partition do not matter.
    event('10:01', 'a', '12', '10:01:05', 'in-1', x('7')),
    raw('10:01', 'a', payload('12', '10:01:04', 'in-1', x('3')), 1),
    event('10:01', 'a', '12', '10:01:06', 'in-1', x('1')),
    event('10:01', 'a', '13', '10:01:00', 'in-2', x('9')),
    event('10:01', 'a', '14', '10:01:00', 'in-2', x('8')),
    raw('10:01', 'a', noted('\u{1f600}', '1')),
    raw('10:01', 'a', noted('\uff5e', '2')),
    event('10:01', 'a', '16', '10:01:20', 'in-4', x('5')),
    event('10:01', 'a', '16', '10:01:20', 'in-4', x('5')),
    // Late at 10:01 (before 09:59:30): it neither claims nor is a duplicate.
    event('10:01', 'a', '17', '09:59:29', 'in-5', x('1')),
    event('10:01', 'a', '17', '10:01:30', 'in-5', x('2')),

    // Only accepted events claim an id.
    event('10:00', 'b', '18', '10:02', 'free-ahead', x('1')),
    event('10:01', 'b', '18', '10:02', 'free-ahead', x('2')),
    event('10:00', 'b', '18', '09:50', 'free-late', x('4')),
    event('10:01', 'b', '18', '10:01', 'free-late', x('8')),
    event('10:00', 'b', '18', '10:00', 'free-invalid', x('"16"')),
    event('10:01', 'b', '18', '10:01', 'free-invalid', x('32')),

    // A claim ends when its event is older than m − lateness; a duplicate prolongs nothing.
    event('10:00', 'a', '19', '10:00:00', 'old', x('1')),
    event('10:01', 'a', '19', '10:01:30', 'old', x('2')),
    event('10:02', 'a', '19', '10:02:00', 'old', x('4')),
    event('10:00', 'a', '20', '10:00:30', 'edge-1', x('1')),
    event('10:02', 'a', '20', '10:02:10', 'edge-1', x('2')),
    event('10:00', 'a', '21', '10:00:29.999999', 'edge-2', x('1')),
    event('10:02', 'a', '21', '10:02:10', 'edge-2', x('2')),
    event('10:00', 'a', '22', '10:01:20', 'future', x('1')),
    event('10:02', 'a', '22', '10:02:20', 'future', x('2')),
    event('10:03', 'a', '22', '10:03:20', 'future', x('4')),
    // Late and ahead come before duplicate; the claimed id may come with another customer.
    event('10:04', 'a', '23', '10:04', 'first', x('1')),
    event('10:05', 'a', '23', '10:03:29', 'first', x('2')),
    event('10:05', 'a', '23', '10:06:30', 'first', x('4')),
    event('10:05', 'a', '24', '10:05:00', 'first', x('8')),
    event('10:05', 'a', '24', '10:05:00', 'FIRST', x('16')),
    event('10:05', 'a', '24', '10:05:00', 'first ', x('32')),
  ],
  checks: [
    {
      rule: '3.2, 3.3: late before m − lateness, ahead from m+1+max_ahead on, to the microsecond; both before duplicate',
      verify: (out) => {
        assert.deepEqual(out.counts('10:02', 'b'), { accepted: 2, ahead: 2, late: 3 });
        assert.deepEqual(out.pair('10:02', '10', 'b_x_sum'), ['1', '1']);
        assert.deepEqual(out.pair('10:03', '10', 'b_x_sum'), ['3', '3']);
      },
    },
    {
      rule: '3.4: the same id in two streams is two ids',
      verify: (out) => {
        assert.deepEqual(out.counts('10:00', 'a'), { accepted: 5 });
        assert.deepEqual(out.counts('10:00', 'b'), { accepted: 1, ahead: 1, 'invalid.type': 1, late: 1 });
        assert.deepEqual([out.pair('10:00', '11', 'a_x_sum')[0], out.pair('10:00', '11', 'b_x_sum')[0]], ['1', '2']);
      },
    },
    {
      rule: '3.4: inside one iteration the least (time, payload bytes) is accepted; a late one is not in the choice',
      verify: (out) => {
        assert.deepEqual(out.counts('10:01', 'a'), { accepted: 5, duplicate: 6, late: 1 });
        assert.equal(out.pair('10:01', '12', 'a_x_sum')[0], '3');
        assert.equal(out.pair('10:01', '13', 'a_x_sum')[0], '9');
        assert.equal(out.window('10:01', '14', 'last_hour'), null);
        assert.equal(out.pair('10:01', '15', 'a_x_sum')[0], '2');
        assert.deepEqual([out.pair('10:01', '16', 'a_x_sum')[0], out.pair('10:01', '16', 'a_x_count')[0]], ['5', 1]);
        assert.equal(out.pair('10:01', '17', 'a_x_sum')[0], '2');
      },
    },
    {
      rule: '3.4: ahead, late and invalid messages claim no id',
      verify: (out) => {
        assert.deepEqual(out.counts('10:01', 'b'), { accepted: 3 });
        assert.equal(out.pair('10:02', '18', 'b_x_sum')[0], '42');
      },
    },
    {
      rule: '3.4: an accepted event claims its id while its time ≥ m − lateness, a duplicate never',
      verify: (out) => {
        assert.deepEqual(out.counts('10:02', 'a'), { accepted: 2, duplicate: 2 });
        assert.equal(out.pair('10:02', '19', 'a_x_sum')[0], '5');
        assert.equal(out.pair('10:02', '20', 'a_x_sum')[0], '1');
        assert.equal(out.pair('10:02', '21', 'a_x_sum')[0], '3');
        assert.deepEqual(out.counts('10:03', 'a'), { accepted: 1 });
        assert.equal(out.pair('10:03', '22', 'a_x_sum')[0], '5');
      },
    },
    {
      rule: '3.4: ids are compared as they are; another customer’s message with a claimed id is a duplicate',
      verify: (out) => {
        assert.deepEqual(out.counts('10:05', 'a'), { accepted: 2, ahead: 1, duplicate: 1, late: 1 });
        assert.equal(out.pair('10:05', '24', 'a_x_sum')[0], '48');
      },
    },
  ],
});
