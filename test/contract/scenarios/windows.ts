/** Section 4: aggregates, `last`, effective minutes around the turn of an hour; two streams, two partitions. */
import assert from 'node:assert/strict';
import { payload } from '../recording-builder.ts';
import { event, raw, scenario } from '../scenario.ts';

const ALL = ['max', 'last', 'sum', 'count', 'avg', 'min'];
const x = (text: string) => ({ x: text });

export const windows = scenario({
  name: 'windows',
  from: '10:57',
  iterations: 8,
  base: ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12', '-5'],
  project: {
    streams: {
      // Declared out of order: columns come by the streams' names, then as declared.
      z: { variables: [{ name: 'y', places: 0, aggregates: ['sum'] }] },
      a: {
        variables: [
          { name: 'x', places: 2, aggregates: ALL },
          { name: 'b', places: 0, aggregates: ['count', 'avg'] },
        ],
      },
    },
  },
  messages: [
    ...['0.01', '0.02', 'null'].map((text, index) => event('10:57', 'a', '1', `10:57:0${index}`, `avg-a${index}`, x(text))),
    ...['-0.01', '-0.02'].map((text, index) => event('10:57', 'a', '2', `10:57:0${index}`, `avg-b${index}`, x(text))),
    ...['1', '1', '2'].map((text, index) => event('10:57', 'a', '3', `10:57:0${index}`, `avg-c${index}`, { x: text, b: text })),
    ...['null', 'null'].map((text, index) => event('10:57', 'a', '4', `10:57:0${index}`, `null-${index}`, x(text))),

    // `last`: by time, then by id as UTF-8 bytes (U+FF5E before U+1F600), nulls skipped; not by arrival or partition.
    raw('10:57', 'a', payload('5', '10:57:30', '\u{1f600}', x('1')), 1),
    event('10:57', 'a', '5', '10:57:30', '\uff5e', x('2')),
    event('10:57', 'a', '5', '10:57:30', 'zzz', x('3')),
    event('10:57', 'a', '5', '10:57:31', 'later', x('null')),
    event('10:58', 'a', '5', '10:57:29.999999', 'arrives-later', x('4')),

    event('10:57', 'z', '6', '10:57', 'other-stream', { y: '8' }),
    event('10:57', 'a', '77', '10:57', 'outside-base', x('1')),
    event('10:57', 'a', '-5', '10:57', 'minus', x('1')),

    // The turn of the hour.
    event('10:58', 'a', '7', '11:00:30', 'early', x('1')),
    event('10:59', 'a', '8', '10:59:59.999999', 'eve', x('1')),
    event('11:00', 'a', '8', '10:59:59.999999', 'eve-late', x('2')),
    event('11:00', 'a', '8', '11:00:00', 'turn', x('4')),
    event('11:02', 'a', '9', '11:00:10', 'late-in-hour', x('1')),
    event('11:02', 'a', '9', '11:02:10', 'on-time', x('2')),
    event('11:03', 'a', '10', '10:53:00', 'closed-hour', x('5')),
    event('11:04', 'a', '10', '11:04:00', 'open-hour', x('3')),
    ...Array.from({ length: 12 }, (_, index) =>
      event('11:04', 'a', '11', '11:04:00', `big-${index}`, { x: '1000000000', b: '-100000000000' }),
    ),
  ],
  checks: [
    {
      rule: '4: avg is sum ÷ count rounded once, half away from zero; nulls are skipped, also by count',
      verify: (out) => {
        assert.deepEqual(out.window('10:57', '1', 'hour_to_date'), {
          a_x_max: '0.02',
          a_x_last: '0.02',
          a_x_sum: '0.03',
          a_x_count: 2,
          a_x_avg: '0.02',
          a_x_min: '0.01',
          a_b_count: 0,
          a_b_avg: null,
          z_y_sum: null,
        });
        assert.equal(out.pair('10:57', '2', 'a_x_avg')[0], '-0.02');
        assert.deepEqual([out.pair('10:57', '3', 'a_x_avg')[0], out.pair('10:57', '3', 'a_b_avg')[0]], ['1.33', '1']);
      },
    },
    {
      rule: '4: of nothing but nulls count is 0, any other aggregate null, and the customer is in the population',
      verify: (out) => {
        assert.deepEqual(out.window('10:57', '4', 'last_hour'), {
          a_x_max: null,
          a_x_last: null,
          a_x_sum: null,
          a_x_count: 0,
          a_x_avg: null,
          a_x_min: null,
          a_b_count: 0,
          a_b_avg: null,
          z_y_sum: null,
        });
      },
    },
    {
      rule: '4: last by (event time, event id as UTF-8 bytes), nulls skipped',
      verify: (out) => {
        assert.deepEqual(out.pair('10:57', '5', 'a_x_last'), ['1.00', '1.00']);
        assert.deepEqual(out.pair('10:58', '5', 'a_x_last'), ['1.00', '1.00']);
        assert.deepEqual(out.pair('10:58', '5', 'a_x_sum'), ['10.00', '10.00']);
      },
    },
    {
      rule: '4, 9: one stream is enough for the population; a customer outside the base is accepted, in no window; keys are sorted as text',
      verify: (out) => {
        assert.deepEqual(out.pair('10:57', '6', 'z_y_sum'), ['8', '8']);
        assert.deepEqual(out.pair('10:57', '6', 'a_x_count'), [0, 0]);
        assert.deepEqual(out.counts('10:57', 'a'), { accepted: 16 });
        assert.deepEqual(out.population('10:57'), ['-5', '1', '2', '3', '4', '5', '6']);
      },
    },
    {
      rule: '9: columns by stream name, then as declared',
      verify: (out) =>
        assert.deepEqual(
          out.lines('windows', '10:57')[0],
          '{"minute":"2026-01-05T10:57:00Z","customer_id":"-5","window":"hour_to_date","a_x_max":"1.00","a_x_last":"1.00","a_x_sum":"1.00","a_x_count":1,"a_x_avg":"1.00","a_x_min":"1.00","a_b_count":0,"a_b_avg":null,"z_y_sum":null}',
        ),
    },
    {
      rule: '4: an event of the future enters the windows of its own minute, over the hour too',
      verify: (out) => {
        assert.equal(out.window('10:59', '7', 'last_hour'), null);
        assert.deepEqual(out.pair('11:00', '7', 'a_x_sum'), ['1.00', '1.00']);
      },
    },
    {
      rule: '4: hour_to_date begins anew; an event of the closed hour that comes in time enters last_hour only',
      verify: (out) => {
        assert.deepEqual(out.pair('10:59', '8', 'a_x_sum'), ['1.00', '1.00']);
        assert.deepEqual(out.pair('11:00', '8', 'a_x_sum'), ['4.00', '7.00']);
        assert.deepEqual(out.pair('11:03', '10', 'a_x_sum'), [null, '5.00']);
        assert.deepEqual(out.pair('11:04', '10', 'a_x_sum'), ['3.00', '8.00']);
      },
    },
    {
      rule: '4: a late event of the open hour enters hour_to_date from its iteration on',
      verify: (out) => {
        assert.equal(out.window('11:01', '9', 'last_hour'), null);
        assert.deepEqual(out.pair('11:02', '9', 'a_x_sum'), ['3.00', '3.00']);
      },
    },
    {
      rule: '5: sums are int64',
      verify: (out) => {
        assert.deepEqual(out.pair('11:04', '11', 'a_x_sum'), ['12000000000.00', '12000000000.00']);
        assert.deepEqual(out.pair('11:04', '11', 'a_b_avg'), ['-100000000000', '-100000000000']);
      },
    },
  ],
});
