/**
 * Goal: rows → createLocalView → query → the same rows, for every type, with nulls, nested, small and past 1 MiB.
 * Method: random tables (fast-check prints its seed), then large ones as cached artifacts.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { limits } from '../src/limits.ts';
import type { SparkSession } from '../src/session.ts';
import type { SparkValue } from '../src/values.ts';
import { localTables } from './arbitrary.ts';
import { realSession } from './real-spark.ts';

let spark: SparkSession;
beforeAll(async () => {
  spark = await realSession();
});
afterAll(async () => {
  await spark.close();
});

it('random tables come back the same', async () => {
  let values = 0;
  await fc.assert(
    fc.asyncProperty(localTables({ maxColumns: 20, maxRows: 60 }), async ({ schema, rows }) => {
      await spark.createLocalView('random_rows', schema, rows);
      const read: SparkValue[][] = [];
      for await (const batch of spark.queryBatches('SELECT * FROM random_rows')) {
        for (let row = 0; row < batch.rowCount; row++) read.push(batch.columns.map((column) => column.get(row)));
      }
      expect(read).toStrictEqual(rows);
      values += rows.length * schema.fields.length;
    }),
    { numRuns: 40 },
  );
  expect(values).toBeGreaterThan(2_000);
});

/** About 100 bytes a row. */
function* manyRows(count: number): Generator<readonly SparkValue[]> {
  for (let index = 0; index < count; index++) {
    const odd = index % 2 === 1;
    yield [
      BigInt(index),
      odd ? null : `row ${index} ${'x'.repeat(60)}`,
      { unscaled: BigInt(-index), scale: 2 },
      BigInt(index) * 1_000_003n,
    ];
  }
}

const DDL = 'id BIGINT NOT NULL, s STRING, d DECIMAL(38,2), t TIMESTAMP';

it.each([
  ['inside the plan', 1_000],
  ['as one cached artifact', 60_000],
  ['as several cached artifacts', 300_000],
])('%s: %d rows come back the same, in order', async (_, count) => {
  await spark.createLocalView('many_rows', DDL, manyRows(count));
  const expected = manyRows(count);
  let seen = 0;
  for await (const batch of spark.queryBatches('SELECT * FROM many_rows ORDER BY id')) {
    for (let row = 0; row < batch.rowCount; row++) {
      const values = batch.columns.map((column) => column.get(row));
      const wanted = expected.next().value;
      // One comparison a row by hand: 300,000 calls of expect would take a minute.
      if (seen % 1_000 === 0 || !sameScalars(values, wanted)) expect(values).toEqual(wanted);
      seen++;
    }
  }
  expect(seen).toBe(count);
  if (count === 300_000) expect(count * 100).toBeGreaterThan(limits.localChunkBytesMax);
});

function sameScalars(a: readonly SparkValue[], b: readonly SparkValue[] | undefined): boolean {
  const plain = (values: readonly SparkValue[] | undefined) =>
    values?.map((value) => (typeof value === 'object' && value !== null && 'unscaled' in value ? value.unscaled : value)).join('|');
  return plain(a) === plain(b);
}

it('no rows make an empty view with its columns', async () => {
  await spark.createLocalView('no_rows', DDL, []);
  expect(await spark.collect('SELECT * FROM no_rows')).toEqual([]);
  expect((await spark.schema('SELECT * FROM no_rows')).fields.map((field) => field.name)).toEqual(['id', 's', 'd', 't']);
});
