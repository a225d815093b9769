/** Goal: a store's table is read by the names that it has there, and what this side cannot read is refused by name. Method: tables by hand. */
import type { BatchTable } from '@parallax/core';
import { expect, test } from 'vitest';
import { storedColumns, withoutPrefix } from '../src/sources/live/stored-table.ts';

const TABLE: BatchTable = {
  name: 'profile',
  key: 'cust',
  columns: [
    { name: 'tier', type: { kind: 'text' }, field: ['plan_tier'] },
    { name: 'months', type: { kind: 'decimal', places: 0 }, field: ['plan', 'months'] },
  ],
  keyPrefix: 'C-',
  shape: { kind: 'rows' },
  expect: [],
  day: { rowsMin: null, rowsMax: null, changePercentMax: null, freshWithinUs: null, driftMax: null },
  scorecard: false,
};

async function* rowsOf(...rows: readonly (readonly (string | null)[])[]): AsyncIterable<readonly (string | null)[]> {
  yield* rows;
}

test('columns have the store’s names', () => {
  expect(storedColumns(TABLE, ['cust', 'tier', 'v1'], 'dwh.profile')).toEqual(['cust', 'plan_tier', 'v1']);
});

test('nested fields and other shapes are refused', () => {
  expect(() => storedColumns(TABLE, ['cust', 'months'], 'dwh.profile')).toThrow(
    'dwh.profile: the verifier cannot read the nested field plan.months',
  );
  const long: BatchTable = { ...TABLE, shape: { kind: 'long', type: 't', value: 'v' } };
  expect(() => storedColumns(long, ['cust'], 'dwh.profile')).toThrow('the shape long');
});

test('a key loses its prefix; one without it is none', async () => {
  const found: unknown[] = [];
  for await (const row of withoutPrefix(TABLE, rowsOf(['C-1', 'a'], ['2', 'b'], [null, 'c'], ['C-', 'd']))) found.push(row);
  expect(found).toEqual([
    ['1', 'a'],
    [null, 'b'],
    [null, 'c'],
    ['', 'd'],
  ]);
});
