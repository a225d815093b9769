/** Section 7, scorecard: transforms, weights, missing values, rounding at scale 12 and once to 6. */
import assert from 'node:assert/strict';
import type { Outputs } from '../outputs.ts';
import { TEST_DAY } from '../recording-builder.ts';
import { event, scenario } from '../scenario.ts';

const rows = [
  'dwh,usage,third,linear,"linear(10,3)",3,',
  'dwh,usage,third,negative,"linear(11,-3)",0.5,',
  'dwh,usage,capped,cap,"cap(-1.5,2.5)",2,',
  'dwh,usage,binned,bin,bin(1:5;2:7;*:9.25),1,',
  'dwh,usage,flagged,flag,flag(2),-4.5,',
  'dwh,usage,flagged,chain,"cap(0,10)|linear(4,2)|bin(-1:1;0:2;*:3)",0.1,',
  'dwh,usage,tiny,tiny,,0.000001,',
  'dwh,usage,tiny2,tiny,,0.000001,',
  'dwh,usage,tiny,other,,0.000001,',
  'crm,extra,gone,missing,"linear(1,1)",10,',
  'crm,extra,gone,replaced,"linear(1,1)",10,3.5',
  'crm,extra,gone,exact,,1,0.0000005',
];

const modules = ['linear', 'negative', 'cap', 'bin', 'flag', 'chain', 'tiny', 'other', 'missing', 'replaced', 'exact'];

function scores(out: Outputs, key: string): Record<string, unknown> {
  const result = out.result('10:00', key) ?? {};
  return Object.fromEntries(modules.map((module) => [module, result[`scorecard_${module}`]]));
}

export const scorecard = scenario({
  name: 'scorecard',
  from: '10:00',
  iterations: 2,
  project: {
    settings: { population: 'base' },
    streams: { s: { variables: [{ name: 'x', places: 0, aggregates: ['sum'] }] } },
    batch: {
      dwh: [
        { name: 'profile', columns: { tier: 'text' } },
        { name: 'usage', scorecard: true },
      ],
      crm: [{ name: 'extra', scorecard: true }],
    },
    scorecard: rows,
  },
  batch: {
    [TEST_DAY]: {
      tables: {
        'dwh/profile': 'customer_id,tier\n1,a\n2,b\n3,c\n4,d\n',
        'dwh/usage':
          'customer_id,third,capped,binned,flagged,tiny,tiny2\n1,11,3,1,2.00,0.4,0.4\n2,10.5,-7,0.999999999999999,2.01,-0.25,-0.25\n4,,,,,0.4,\n',
        'crm/extra': 'customer_id,gone\n1,\n2,2\n4,1\n',
      },
    },
  },
  messages: [event('10:00', 's', '1', '10:00', 'a', { x: '1' })],
  checks: [
    {
      // linear(10,3): (11−10)/3 = 0.333333333333, × 3 = 0.999999999999. linear(11,−3): 0. cap: 2.5 × 2. bin: 1 is not < 1, but < 2: 7.
      // flag: 2.00 is 2. chain: (2−4)/2 = −1, not < −1, < 0: 2 × 0.1. tiny: 0.4 × 10⁻⁶ twice = 0.0000008. other: 0.0000004.
      // replaced: (3.5−1) × 10. exact: 0.0000005, half away.
      rule: '7: transforms left to right, weights; a module is summed at scale 12 and rounded once to 6',
      verify: (out) =>
        assert.deepEqual(scores(out, '1'), {
          linear: '1.000000',
          negative: '0.000000',
          cap: '5.000000',
          bin: '7.000000',
          flag: '-4.500000',
          chain: '0.200000',
          tiny: '0.000001',
          other: '0.000000',
          missing: '0.000000',
          replaced: '25.000000',
          exact: '0.000001',
        }),
    },
    {
      // linear: 0.5/3 = 0.166666666667 × 3 = 0.500000000001. negative: (10.5−11)/−3 = 0.166666666667 × 0.5 = 0.0833333333335, half away at 12:
      // 0.083333333334. cap: −1.5 × 2. bin: below 1: 5. flag: no. chain: (2.01−4)/2 = −0.995: 2 × 0.1. tiny: −0.0000005, half away.
      // other: −0.00000025. missing: (2−1) × 10, present. exact: 2.
      rule: '7: half away from zero below zero; missing_as replaces only what is missing',
      verify: (out) =>
        assert.deepEqual(scores(out, '2'), {
          linear: '0.500000',
          negative: '0.083333',
          cap: '-3.000000',
          bin: '5.000000',
          flag: '0.000000',
          chain: '0.200000',
          tiny: '-0.000001',
          other: '0.000000',
          missing: '10.000000',
          replaced: '10.000000',
          exact: '2.000000',
        }),
    },
    {
      rule: '7: a customer without a row in the tables: everything is missing',
      verify: (out) =>
        assert.deepEqual(scores(out, '3'), {
          ...Object.fromEntries(modules.map((module) => [module, '0.000000'])),
          replaced: '25.000000',
          exact: '0.000001',
        }),
    },
    {
      // 1: 0.999999999999 + 5 + 7 − 4.5 + 0.2 + 0.0000008 + 0.0000004 + 25 + 0.0000005 = 33.700001699999.
      // 2: 0.500000000001 + 0.083333333334 − 3 + 5 + 0.2 − 0.0000005 − 0.00000025 + 10 + 10 + 2 = 24.783332583335.
      rule: '7: the total is summed at scale 12 too, not of the rounded modules',
      verify: (out) =>
        assert.deepEqual(
          ['1', '2', '3'].map((key) => out.result('10:00', key)?.scorecard),
          ['33.700002', '24.783333', '25.000001'],
        ),
    },
    {
      // tiny: 0.4 × 10⁻⁶, rounded 0. other: the same. exact: 1. Their sum is 1.0000008.
      rule: '7: sums keep all twelve decimals, however many modules there are',
      verify: (out) => {
        assert.deepEqual(scores(out, '4'), { ...Object.fromEntries(modules.map((module) => [module, '0.000000'])), exact: '1.000000' });
        assert.equal(out.result('10:00', '4')?.scorecard, '1.000001');
      },
    },
  ],
});
