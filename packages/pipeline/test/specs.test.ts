import type { ExactDecimal } from '@parallax/core';
import { describe, expect, test } from 'vitest';
import { answerSpec, entrySpec, eventSpec, rowsSpec, scorecardModules, windowSpec } from '../src/engine/specs.ts';
import { projectOf } from './support.ts';

const of = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('not there');
  return value;
};

describe('what the Java functions are told', () => {
  test('of a stream: its index, the buckets, key, time, id and variables, paths split', async () => {
    const { streams } = await projectOf();
    expect(JSON.parse(eventSpec(of(streams.find((s) => s.name === 'network')), 1, 'bigint', 64, { late: 1n, ahead: 2n }))).toEqual({
      stream: 1,
      late: '1',
      ahead: '2',
      buckets: 64,
      key: { type: 'bigint', path: ['customer_id'] },
      time: { path: ['event_time'], format: 'rfc3339' },
      id: { path: ['event_id'] },
      variables: [
        { path: ['drops'], places: 0 },
        { path: ['radio', 'latency_ms'], places: 2 },
      ],
    });
  });

  test('of the aggregates of every stream: as declared, in that order; and which columns to unpack', async () => {
    const project = await projectOf();
    const streams = [
      { variables: [{ places: 1, aggregates: ['last'] }] },
      {
        variables: [
          { places: 0, aggregates: ['sum', 'count'] },
          { places: 2, aggregates: ['avg', 'max'] },
        ],
      },
    ];
    expect(JSON.parse(windowSpec(project))).toEqual({ streams });
    const column = { window: 'last', stream: 1, variable: 0, aggregate: 'count', places: null } as const;
    expect(JSON.parse(rowsSpec(project, [column], 18))).toEqual({ streams, digits: 18, columns: [column] });
  });

  test('of an online source: rows, key and fields', async () => {
    const { online } = await projectOf();
    expect(JSON.parse(answerSpec(of(online[0]), 'text', 8))).toEqual({
      buckets: 8,
      rows: ['customers'],
      key: { type: 'text', path: ['customer_id'] },
      fields: [
        { path: ['tickets', 'open'], places: 0 },
        { path: ['mood'], places: 1 },
      ],
    });
  });

  test('of a scorecard: exact decimals as text, negative ones and ones below 1 too', async () => {
    const project = await projectOf();
    const modules = scorecardModules(project);
    expect(modules).toEqual(['habit', 'value']);
    expect(project.scorecard.map((entry) => entrySpec(entry, modules.indexOf(entry.module)))).toEqual([
      { module: 0, transforms: [{ kind: 'linear', center: '-0.05', scale: '3' }], weight: '-1.5', missing_as: '0' },
      {
        module: 1,
        transforms: [
          { kind: 'cap', low: '-1', high: '1' },
          {
            kind: 'bin',
            edges: [
              { below: '0', value: '-7' },
              { below: null, value: '0.25' },
            ],
          },
        ],
        weight: '2',
        missing_as: null,
      },
      { module: 0, transforms: [{ kind: 'flag', value: '-12' }], weight: '0.000001', missing_as: '-0.5' },
    ]);
  });

  test.each<[bigint, number, string]>([
    [0n, 0, '0'],
    [0n, 3, '0.000'],
    [7n, 0, '7'],
    [-7n, 0, '-7'],
    [-5n, 2, '-0.05'],
    [5n, 12, '0.000000000005'],
    [-12_345n, 3, '-12.345'],
    [100n, 2, '1.00'],
    [123_456_789_012_345_678_901_234_567_890n, 6, '123456789012345678901234.567890'],
  ])('%d of scale %d is %s', (unscaled, scale, text) => {
    const weight: ExactDecimal = { unscaled, scale };
    const entry = { source: 's', table: 't', column: 'c', module: 'm', transforms: [], weight, missingAs: null };
    expect(entrySpec(entry, 0)).toMatchObject({ weight: text });
  });

  test('modules are in the order of their UTF-8 bytes, which is not that of UTF-16', async () => {
    const project = await projectOf();
    const entry = of(project.scorecard[0]);
    const names = ['\u{1F600}', '\uFF5E', 'Z', 'a'];
    expect(scorecardModules({ ...project, scorecard: names.map((module) => ({ ...entry, module })) })).toEqual([
      'Z',
      'a',
      '\uFF5E',
      '\u{1F600}',
    ]);
  });
});
