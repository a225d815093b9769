/**
 * Goal: of whatever rows a store has of a customer, this side makes the one that the contract says (docs/contract.md, section 10), or two where it is none.
 * Method: rows by hand; the gathering by customer against a map in memory, with rows in any order.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchShape, BatchTable } from '@parallax/core';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { groupedRows } from '../src/batch/grouped-rows.ts';
import { type CellOrder, type Cells, compareCells, rowsOfCustomer } from '../src/batch/shape-rows.ts';
import { NO_RULES } from './day-rules.ts';

function tableOf(shape: BatchShape): BatchTable {
  return {
    name: 'usage',
    key: 'cust',
    columns: [
      { name: 'tier', type: { kind: 'text' }, field: null },
      { name: 'months', type: { kind: 'decimal', places: 0 }, field: ['plan', 'months'] },
    ],
    keyPrefix: '',
    shape,
    expect: [],
    day: NO_RULES,
    scorecard: true,
  };
}

const NAMES = ['cust', 'tier', 'months', 'v1'];

function make(shape: BatchShape, orders: readonly CellOrder[], rows: readonly Cells[]): readonly Cells[] {
  return rowsOfCustomer({ table: tableOf(shape), names: NAMES, orders, place: 'dwh.usage' })(rows);
}

describe('of several rows the latest', () => {
  const by = (order: CellOrder, ...at: readonly (string | null)[]) =>
    make(
      { kind: 'latest', by: 'at' },
      ['exact', 'other', 'exact', 'exact', order],
      at.map((each, i) => ['7', 'a', '1', String(i), each]),
    ).map((row) => row[3]);

  test('is the one with the greatest value, as its store compares it', () => {
    expect(by('exact', '9', '10', '-3')).toEqual(['1']);
    expect(by('exact', '1.50', '1.5', '1.49')).toEqual(['0', '1']);
    expect(by('other', '9', '10', '-3')).toEqual(['0']);
    expect(by('other', '2026-01-04 10:00:00', '2026-01-04 10:00:00.5')).toEqual(['1']);
    expect(by('double', '1e3', '999.5', 'Infinity', '-inf')).toEqual(['2']);
    expect(by('double', 'inf', 'NaN', 'nan')).toEqual(['1', '2']);
  });

  test('is none of those that have none, unless none has one; of equals all stay', () => {
    expect(by('exact', null, '-5', null)).toEqual(['1']);
    expect(by('exact', null, null)).toEqual(['0', '1']);
    expect(by('exact', '5', '5', '4')).toEqual(['0', '1']);
  });

  test('is a row of the declared names', () => {
    expect(make({ kind: 'latest', by: 'at' }, ['exact', 'other', 'exact', 'exact', 'exact'], [['7', 'a', '1', '2', '3']])).toEqual([
      ['7', 'a', '1', '2'],
    ]);
  });
});

describe('several rows reduced', () => {
  const rows: readonly Cells[] = [
    ['7', 'b', '9', '1.5'],
    ['7', '\u{1F600}', '10', null],
    ['7', '\uFB01', null, '-0.25'],
  ];
  const exact: readonly CellOrder[] = ['exact', 'other', 'exact', 'exact'];

  test('have each number summed exactly, or its least or greatest; a text’s greatest stands for a sum', () => {
    expect(make({ kind: 'reduce', how: 'sum' }, exact, rows)).toEqual([['7', '\u{1F600}', '19', '1.25']]);
    expect(make({ kind: 'reduce', how: 'max' }, exact, rows)).toEqual([['7', '\u{1F600}', '10', '1.5']]);
    expect(make({ kind: 'reduce', how: 'min' }, exact, rows)).toEqual([['7', 'b', '9', '-0.25']]);
  });

  test('have null where there is nothing', () => {
    expect(make({ kind: 'reduce', how: 'sum' }, exact, [['7', null, null, null]])).toEqual([['7', null, null, null]]);
  });

  test('are refused where a number is not kept as one', () => {
    const refused = 'dwh.usage: months has no exact sum: its store does not keep it as an exact number';
    expect(() => make({ kind: 'reduce', how: 'sum' }, ['exact', 'other', 'double', 'exact'], rows)).toThrow(refused);
    expect(() => make({ kind: 'reduce', how: 'max' }, ['exact', 'other', 'other', 'exact'], rows)).toThrow('months has no exact max');
    expect(make({ kind: 'reduce', how: 'max' }, ['exact', 'other', 'double', 'exact'], rows)).toHaveLength(1);
  });
});

describe('a row a type', () => {
  const pivot = (...rows: readonly (readonly [string | null, string | null])[]) =>
    make(
      { kind: 'long', type: 't', value: 'v' },
      [],
      rows.map(([type, value]) => ['7', type, value]),
    );

  test('becomes a column each, by the field that it is declared under', () => {
    expect(pivot(['v1', '3'], ['tier', 'gold'], ['plan.months', '12'], ['unknown', '1'])).toEqual([['7', 'gold', '12', '3']]);
    expect(pivot(['unknown', '1'])).toEqual([['7', null, null, null]]);
  });

  test('twice makes the row stand twice, also of a type that nobody asks for', () => {
    expect(pivot(['v1', '3'], ['v1', '3'])).toHaveLength(2);
    expect(pivot(['unknown', '1'], ['v1', '3'], ['unknown', '2'])).toHaveLength(2);
    expect(pivot([null, '1'], [null, '2'])).toHaveLength(2);
    expect(pivot([null, '1'], ['v1', null])).toHaveLength(1);
  });
});

test('cells compare as their store has them: a total order', () => {
  const text = fc.oneof(fc.constant(null), fc.bigInt().map(String), fc.constantFrom('1.50', '1.5', 'NaN', 'Infinity', '-Infinity'));
  fc.assert(
    fc.property(text, text, text, fc.constantFrom<CellOrder>('double', 'other'), (a, b, c, order) => {
      expect(Math.sign(compareCells(a, b, order)) + Math.sign(compareCells(b, a, order))).toBe(0);
      if (compareCells(a, b, order) <= 0 && compareCells(b, c, order) <= 0) expect(compareCells(a, c, order)).toBeLessThanOrEqual(0);
    }),
  );
});

test('rows are gathered by customer, whatever their order; those without a key stand alone', async () => {
  const folder = join(await mkdtemp(join(tmpdir(), 'parallax-groups-')), 'groups');
  onTestFinished(() => rm(join(folder, '..'), { recursive: true, force: true }));
  const rows: Cells[] = Array.from({ length: 30_000 }, (_, i) => [i % 11 === 0 ? null : `k${(i * 7919) % 5_000}`, `line\n${i}`]);
  async function* source(): AsyncIterable<Cells> {
    yield* rows;
  }
  const expected = new Map<string, string[]>();
  for (const [key, value] of rows) if (key != null) expected.set(key, [...(expected.get(key) ?? []), value as string]);
  const found = new Map<string, string[]>();
  let alone = 0;
  for await (const group of groupedRows(source(), folder)) {
    const key = group[0]?.[0] ?? null;
    if (key === null) {
      expect(group).toHaveLength(1);
      alone++;
      continue;
    }
    expect(found.has(key)).toBe(false);
    found.set(
      key,
      group.map((row) => row[1] as string),
    );
  }
  expect(found).toEqual(expected);
  expect(alone).toBe(rows.filter(([key]) => key === null).length);
  expect(existsSync(folder)).toBe(false);
  // One that is not taken to its end leaves nothing behind either.
  for await (const _ of groupedRows(source(), folder)) break;
  expect(existsSync(folder)).toBe(false);
});
