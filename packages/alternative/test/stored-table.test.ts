/** Goal: a store's table is asked for the fields that it has there, whatever its shape. Method: tables by hand. */
import type { BatchTable } from '@parallax/core';
import { expect, test } from 'vitest';
import { storedFields, withoutPrefix } from '../src/sources/live/stored-table.ts';
import { NO_RULES } from './day-rules.ts';

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
  day: NO_RULES,
  scorecard: false,
};

async function* rowsOf(...rows: readonly (readonly (string | null)[])[]): AsyncIterable<readonly (string | null)[]> {
  yield* rows;
}

test('columns have the store’s names, or lie inside of others', () => {
  expect(storedFields(TABLE, ['cust', 'tier', 'months', 'v1'])).toEqual([['cust'], ['plan_tier'], ['plan', 'months'], ['v1']]);
});

test('rows a type are asked for key, type and value alone; the latest for what tells it, too', () => {
  expect(storedFields({ ...TABLE, shape: { kind: 'long', type: 't', value: 'v' } }, ['cust', 'tier', 'months'])).toEqual([
    ['cust'],
    ['t'],
    ['v'],
  ]);
  expect(storedFields({ ...TABLE, shape: { kind: 'latest', by: 'at' } }, ['cust', 'v1'])).toEqual([['cust'], ['v1'], ['at']]);
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
