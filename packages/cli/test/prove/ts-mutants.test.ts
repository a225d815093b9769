import { expect, test } from 'vitest';
import { drawTsOrder, tsMutants } from '../../src/prove/mutate/ts-mutants.ts';
import { Random } from '../../src/prove/random.ts';

const TEXT = `import type { Action } from './customer.d.ts';

// 45n stays in a comment
const ONE = 10n ** 9n;
export function satisfaction(c) {
  if (c.stream.a_sum_1h === null || c.stream.b_avg_1h < 45n) return 'a < 1n';
  return c.x - 2n;
}
`;

test('mistakes in the code, none in comments, texts, imports or powers', () => {
  expect(tsMutants(TEXT).map(({ operator, what, diff }) => `${diff.line} ${operator}: ${what}`)).toEqual([
    '4 constant: 9n became 10n',
    '6 constant: 45n became 46n',
    '7 constant: 2n became 3n',
    '6 boundary: < became <=',
    '6 predicate: === became !==',
    '6 predicate: || became &&',
    '7 arithmetic: - became +',
    '6 window: a_sum_1h became a_sum',
    '6 window: b_avg_1h became b_avg',
    '6 aggregate: _avg_1h became _max_1h',
  ]);
});

test('operators take turns, in the seed’s order', () => {
  const order = drawTsOrder(tsMutants(TEXT), new Random('s'));
  expect(new Set(order.slice(0, 6).map((m) => m.operator)).size).toBe(6);
  expect(order.map((m) => m.text)).toEqual(drawTsOrder(tsMutants(TEXT), new Random('s')).map((m) => m.text));
});
