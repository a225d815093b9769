/** Sections 1, 3.1 and 5: what is invalid and why, in which order; and the exact values of what is not. A minute a rule. */
import assert from 'node:assert/strict';
import type { Outputs } from '../outputs.ts';
import { payload } from '../recording-builder.ts';
import { event, raw, scenario } from '../scenario.ts';
import {
  INVALID_JSON,
  INVALID_TIMES,
  INVALID_UTF8,
  nested,
  RANGE_ACCEPTED,
  RANGE_INVALID,
  ROUNDED,
  VALID_TIMES,
} from './parse-payloads.ts';

const MIB = 1024 * 1024;

/** A payload of exactly that many bytes, filled with white space. */
function ofBytes(text: string, bytes: number): string {
  return `${text.slice(0, -1)}${' '.repeat(bytes - Buffer.byteLength(text))}}`;
}

/** The members every event of stream `n` has, but for the one that a rule breaks. */
function members(minute: string, id: string, more: string): string {
  return `{"event_time":"2026-01-05T${minute}:00Z","event_id":"${id}",${more}}`;
}

const time = (minute: string, text: string, id: string): string =>
  `{"customer_id":1,"event_time":${text},"event_id":"${minute}-${id}","x":1}`;

const idOf = (id: string): string => `{"customer_id":1,"event_time":"2026-01-05T10:07:00Z"${id === '' ? '' : `,"event_id":${id}`},"x":1}`;

function value(out: Outputs, minute: string, key: number, variable: string): unknown {
  return out.pair(minute, String(key), `n_${variable}_last`)[0];
}

export const parse = scenario({
  name: 'parse',
  from: '10:00',
  iterations: 14,
  base: ['0', '1', '9223372036854775807', '-9223372036854775808', ...Array.from({ length: 80 }, (_, index) => String(100 + index))],
  project: {
    streams: {
      n: {
        variables: [
          { name: 'x', places: 2, aggregates: ['last', 'count'] },
          { name: 'latency', field: 'radio.latency_ms', places: 3, aggregates: ['last', 'sum'] },
          { name: 'whole', places: 0, aggregates: ['last'] },
        ],
      },
      epoch_ms: { format: 'epoch_ms', variables: [{ name: 'x', places: 6, aggregates: ['sum'] }] },
      epoch_us: { format: 'epoch_us', variables: [{ name: 'x', places: 1, aggregates: ['sum'] }] },
      deep: {
        key: 'who.id',
        time: 'when.at',
        id: 'meta.event.id',
        variables: [{ name: 'b', field: 'v.a.b', places: 0, aggregates: ['sum'] }],
      },
    },
  },
  messages: [
    raw('10:00', 'n', ` \t\r\n${payload('100', '10:00', 'ok-0', { x: '1' })}\n `),
    raw('10:00', 'n', '{"customer\\u005fid":101,"event_time":"2026-01-05T10:00:00Z","event_id":"ok-1","\\u0078":2}'),
    event('10:00', 'n', '102', '10:00', 'ok-2', { other: nested(31), x: '3' }),
    event('10:00', 'n', '103', '10:00', 'ok-3', { other: '"\\ud800"', '\udfff': '"\\u0000 \\/\\b"', x: '4' }),
    raw('10:00', 'n', '{"x":"no","customer_id":"no","customer_id":104,"event_time":"2026-01-05T10:00:00Z","event_id":"ok-4","x":5}'),
    raw('10:00', 'n', members('10:00', 'ok-5', '"customer_id":105,"radio":{"latency_ms":1},"radio":{"latency_ms":2.5}')),
    raw('10:00', 'n', members('10:00', 'ok-6', '"customer_id":106,"radio":{"latency_ms":1},"radio":{}')),

    ...INVALID_JSON.map((text) => raw('10:01', 'n', text)),
    ...INVALID_UTF8.map((bytes) => raw('10:02', 'n', bytes)),

    raw('10:03', 'n', ofBytes(payload('107', '10:03', 'big-1', { x: '1' }), MIB)),
    raw('10:03', 'n', ofBytes(payload('107', '10:03', 'big-2', { x: '1' }), MIB + 1)),
    raw('10:03', 'n', Buffer.alloc(MIB + 1, 0xff)),

    ...['null', '"1"', '1.0', '1e0', 'true', '{}', '[1]', '9223372036854775808', '-9223372036854775809'].map((key, index) =>
      raw('10:04', 'n', members('10:04', `key-${index}`, `"customer_id":${key},"x":1`)),
    ),
    raw('10:04', 'n', members('10:04', 'key-a', '"x":1')),
    raw('10:04', 'n', '{"x":"all is wrong"}'),
    event('10:04', 'n', '-0', '10:04', 'key-b', { x: '6' }),
    event('10:04', 'n', '9223372036854775807', '10:04', 'key-c', { x: '7' }),
    event('10:04', 'n', '-9223372036854775808', '10:04', 'key-d', { x: '8' }),

    ...INVALID_TIMES.map((text, index) => raw('10:05', 'n', time('10:05', text, String(index)))),
    raw('10:05', 'n', '{"customer_id":1,"event_id":"10:05-absent","x":1}'),
    raw('10:05', 'n', '{"customer_id":1,"event_time":"soon","x":"and no id"}'),
    ...VALID_TIMES.map((text, index) => raw('10:06', 'n', time('10:06', `"${text}"`, String(index)))),
    event('10:06', 'n', '108', '10:06:00.1234567', 'floor-b', { x: '1' }),
    event('10:06', 'n', '108', '10:06:00.123456', 'floor-a', { x: '2' }),
    event('10:06', 'n', '109', '10:06:00.1234569', 'floor-c', { x: '3' }),
    event('10:06', 'n', '109', '10:06:00.1234560', 'floor-d', { x: '4' }),

    ...['', 'null', '7', 'true', '""', `"${'i'.repeat(257)}"`, `"${'é'.repeat(128)}i"`, '"\\udc00"', '["a"]'].map((id) =>
      raw('10:07', 'n', idOf(id)),
    ),
    raw('10:07', 'n', '{"customer_id":1,"event_time":"2026-01-05T10:07:00Z","x":"no id and a wrong type"}'),
    ...[`"${'i'.repeat(256)}"`, `"${'é'.repeat(128)}"`, '" "', '"\\ud83d\\ude00"'].map((id) => raw('10:07', 'n', idOf(id))),

    ...['"1"', 'true', '[]', '{}', '[1]'].map((x, index) => event('10:08', 'n', '1', '10:08', `type-${index}`, { x })),
    event('10:08', 'n', '1', '10:08', 'type-before-range', { x: '1e31', whole: '"1"' }),
    event('10:08', 'n', '1', '10:08', 'type-path-end', { radio: '{"latency_ms":{"p50":1}}' }),
    event('10:08', 'n', '110', '10:08', 'null-1', { x: 'null', whole: '1' }),
    event('10:08', 'n', '111', '10:08', 'null-2', {}),
    ...['5', 'null', '"r"', '[{"latency_ms":1}]', '{"latency_ms":null}', 'true'].map((radio, index) =>
      event('10:08', 'n', String(112 + index), '10:08', `path-${index}`, { radio, x: '1' }),
    ),
    event('10:08', 'n', '118', '10:08', 'path-dotted-name', { 'radio.latency_ms': '1', x: '1' }),

    ...RANGE_INVALID.map((x, index) => event('10:09', 'n', '1', '10:09', `range-${index}`, { x })),
    event('10:09', 'n', '1', '10:09', 'range-nested', { radio: '{"latency_ms":100000000.0005}' }),
    event('10:09', 'n', '1', '10:09', 'range-whole', { whole: '100000000000.5' }),
    ...RANGE_ACCEPTED.map(([x], index) => event('10:09', 'n', String(120 + index), '10:09', `in-range-${index}`, { x })),
    ...ROUNDED.map(([x], index) => event('10:10', 'n', String(140 + index), '10:10', `rounded-${index}`, { x })),
    event('10:10', 'n', '170', '10:10', 'whole-1', { whole: '2.5', radio: '{"latency_ms":0.0005}' }),
    event('10:10', 'n', '171', '10:10', 'whole-2', { whole: '-2.5', radio: '{"latency_ms":-0.00049}' }),

    // 1767607860000 ms is 2026-01-05T10:11:00Z.
    ...['1767607860000', '1767607919999'].map((text, index) =>
      raw('10:11', 'epoch_ms', `{"customer_id":172,"event_time":${text},"event_id":"ms-${index}","x":0.5}`),
    ),
    ...[
      '1767607860000.0',
      '1.76760786e12',
      '"1767607860000"',
      'null',
      '9223372036854776',
      '-9223372036854776',
      '01',
      '99999999999999999999',
    ].map((text, index) => raw('10:11', 'epoch_ms', `{"customer_id":1,"event_time":${text},"event_id":"bad-${index}"}`)),
    ...['9223372036854775', '-9223372036854775', '-0'].map((text, index) =>
      raw('10:11', 'epoch_ms', `{"customer_id":1,"event_time":${text},"event_id":"far-${index}"}`),
    ),
    ...['1767607860000000', '1767607919999999'].map((text, index) =>
      raw('10:11', 'epoch_us', `{"customer_id":172,"event_time":${text},"event_id":"us-${index}","x":0.25}`),
    ),
    ...['9223372036854775808', '-9223372036854775809', '1e15', '"1767607860000000"'].map((text, index) =>
      raw('10:11', 'epoch_us', `{"customer_id":1,"event_time":${text},"event_id":"bad-${index}"}`),
    ),
    ...['9223372036854775807', '-9223372036854775808'].map((text, index) =>
      raw('10:11', 'epoch_us', `{"customer_id":1,"event_time":${text},"event_id":"far-${index}"}`),
    ),

    raw('10:12', 'deep', '{"who":{"id":173},"when":{"at":"2026-01-05T10:12:00Z"},"meta":{"event":{"id":"d-1"}},"v":{"a":{"b":9}}}'),
    raw('10:12', 'deep', '{"who":{"id":173},"when":{"at":"2026-01-05T10:12:00Z"},"meta":{"event":{"id":"d-2"}},"v":{"a":[{"b":9}]}}'),
    raw('10:12', 'deep', '{"who.id":173,"when":{"at":"2026-01-05T10:12:00Z"},"meta":{"event":{"id":"d-3"}}}'),
    raw('10:12', 'deep', '{"who":{"id":173},"when":"2026-01-05T10:12:00Z","meta":{"event":{"id":"d-4"}}}'),
    raw('10:12', 'deep', '{"who":{"id":173},"when":{"at":"2026-01-05T10:12:00Z"},"meta":[]}'),

    event('10:13', 'n', '1', '08:00', 'late-but-invalid', { x: '1e31' }),
    event('10:13', 'n', '1', '23:00', 'ahead-but-invalid', { x: '"1"' }),
  ],
  checks: [
    {
      rule: '3.1: RFC 8259 white space, escaped names, 32 levels, lone surrogates and NUL in undeclared text are no fault',
      verify: (out) => {
        assert.deepEqual(out.counts('10:00', 'n'), { accepted: 7 });
        assert.deepEqual(
          [100, 101, 102, 103].map((key) => value(out, '10:00', key, 'x')),
          ['1.00', '2.00', '3.00', '4.00'],
        );
      },
    },
    {
      rule: '3.1: of a duplicate name the last wins, whole',
      verify: (out) => {
        assert.equal(value(out, '10:00', 104, 'x'), '5.00');
        assert.equal(value(out, '10:00', 105, 'latency'), '2.500');
        assert.equal(value(out, '10:00', 106, 'latency'), null);
      },
    },
    { rule: '3.1: json', verify: (out) => assert.deepEqual(out.counts('10:01', 'n'), { 'invalid.json': INVALID_JSON.length }) },
    { rule: '3.1: utf8', verify: (out) => assert.deepEqual(out.counts('10:02', 'n'), { 'invalid.utf8': INVALID_UTF8.length }) },
    {
      rule: '3.1: too_large beyond 1 MiB, before utf8',
      verify: (out) => assert.deepEqual(out.counts('10:03', 'n'), { accepted: 1, 'invalid.too_large': 2 }),
    },
    {
      rule: '3.1: key, before time, id and type; −0 is 0; int64 whole',
      verify: (out) => {
        assert.deepEqual(out.counts('10:04', 'n'), { accepted: 3, 'invalid.key': 11 });
        assert.equal(out.pair('10:04', '0', 'n_x_last')[0], '6.00');
        assert.equal(out.pair('10:04', '9223372036854775807', 'n_x_last')[0], '7.00');
        assert.equal(out.pair('10:04', '-9223372036854775808', 'n_x_last')[0], '8.00');
      },
    },
    {
      rule: '1, 3.1: time, before id and type',
      verify: (out) => assert.deepEqual(out.counts('10:05', 'n'), { 'invalid.time': INVALID_TIMES.length + 2 }),
    },
    {
      rule: '1: RFC 3339 with any offset',
      verify: (out) => assert.deepEqual(out.counts('10:06', 'n'), { accepted: VALID_TIMES.length + 4 }),
    },
    {
      rule: '1, 4: more than six decimals are floored; `last` of equal times is the greater id',
      verify: (out) => assert.deepEqual([value(out, '10:06', 108, 'x'), value(out, '10:06', 109, 'x')], ['1.00', '4.00']),
    },
    {
      rule: '3.1, 10: id, 1 to 256 bytes, before type',
      verify: (out) => assert.deepEqual(out.counts('10:07', 'n'), { accepted: 4, 'invalid.id': 10 }),
    },
    {
      rule: '3.1: type, over all variables before range; null, absent and no object in the path are null',
      verify: (out) => {
        assert.deepEqual(out.counts('10:08', 'n'), { accepted: 9, 'invalid.type': 7 });
        assert.deepEqual(out.pair('10:08', '110', 'n_x_count'), [0, 0]);
        assert.equal(value(out, '10:08', 110, 'whole'), '1');
        assert.deepEqual(
          [112, 113, 114, 115, 116, 117, 118].map((key) => value(out, '10:08', key, 'latency')),
          Array(7).fill(null),
        );
        assert.equal(value(out, '10:08', 118, 'x'), '1.00');
      },
    },
    {
      rule: '3.1, 5: range of the rounded integer, of the digits and of the exponent',
      verify: (out) => {
        assert.deepEqual(out.counts('10:09', 'n'), { accepted: RANGE_ACCEPTED.length, 'invalid.range': RANGE_INVALID.length + 2 });
        for (const [index, [source, expected]] of RANGE_ACCEPTED.entries())
          assert.equal(value(out, '10:09', 120 + index, 'x'), expected, source);
      },
    },
    {
      rule: '5: the source text is rounded once, half away from zero, never through a double',
      verify: (out) => {
        for (const [index, [source, expected]] of ROUNDED.entries()) assert.equal(value(out, '10:10', 140 + index, 'x'), expected, source);
        assert.deepEqual([value(out, '10:10', 170, 'whole'), value(out, '10:10', 170, 'latency')], ['3', '0.001']);
        assert.deepEqual([value(out, '10:10', 171, 'whole'), value(out, '10:10', 171, 'latency')], ['-3', '0.000']);
      },
    },
    {
      rule: '1, 10: epoch milliseconds and microseconds are JSON integers within int64 microseconds',
      verify: (out) => {
        assert.deepEqual(out.counts('10:11', 'epoch_ms'), { accepted: 2, ahead: 1, 'invalid.json': 1, 'invalid.time': 7, late: 2 });
        assert.deepEqual(out.counts('10:11', 'epoch_us'), { accepted: 2, ahead: 1, 'invalid.time': 4, late: 1 });
        assert.deepEqual(out.pair('10:11', '172', 'epoch_ms_x_sum'), ['1.000000', '1.000000']);
        assert.deepEqual(out.pair('10:11', '172', 'epoch_us_x_sum'), ['0.6', '0.6']);
      },
    },
    {
      rule: '3.1: a dot in any field separates a path; what the path cannot reach is missing',
      verify: (out) => {
        assert.deepEqual(out.counts('10:12', 'deep'), { accepted: 2, 'invalid.id': 1, 'invalid.key': 1, 'invalid.time': 1 });
        assert.deepEqual(out.pair('10:12', '173', 'deep_b_sum'), ['9', '9']);
      },
    },
    {
      rule: '3: invalid comes before late and ahead',
      verify: (out) => assert.deepEqual(out.counts('10:13', 'n'), { 'invalid.range': 1, 'invalid.type': 1 }),
    },
  ],
});
