/**
 * Goal: whatever happens to streams and requests, each response arrives once and in order or the call fails, and a command's plan
 * reaches the server at most once. Method: random faults against the in-memory server; fast-check prints its seed on failure.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SparkConnectionError } from '../src/errors.ts';
import { broken, commandDone, FakeSpark, idBatches } from './fake-spark.ts';

/** What happens at each step of the server, in turn; after the list all goes well. */
const faults = fc.array(fc.constantFrom('pass', 'break', 'forget'), { maxLength: 30 });

function inject(spark: FakeSpark, plan: readonly string[]): void {
  const left = [...plan];
  spark.onArrival = () => {
    if (left.shift() === 'break') throw broken();
  };
  spark.beforeResponse = () => {
    const fault = left.shift();
    if (fault === 'forget') spark.operations.clear();
    if (fault === 'break' || fault === 'forget') throw broken();
  };
}

it('a query gives exactly its rows in order, or fails as a connection', async () => {
  const seen = { rows: 0, failures: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.bigInt({ min: 0n, max: 9n }), { maxLength: 3 }), { maxLength: 6 }),
      faults,
      async (batches, plan) => {
        const spark = new FakeSpark();
        spark.answer = () => idBatches(...batches);
        inject(spark, plan);
        const { session } = await spark.session();
        try {
          const rows = await session.collect('SELECT id FROM t');
          expect(rows.map((row) => row.id)).toEqual(batches.flat());
          seen.rows++;
        } catch (error) {
          if (!(error instanceof SparkConnectionError)) throw error;
          expect(error.mayHaveRun).toBe(false);
          expect(plan.some((fault) => fault !== 'pass')).toBe(true);
          seen.failures++;
        }
      },
    ),
    { numRuns: 300 },
  );
  expect(seen.rows).toBeGreaterThan(30);
  expect(seen.failures).toBeGreaterThan(5);
});

it('a command reaches the server at most once, and an error says when it may have run', async () => {
  const seen = { done: 0, lost: 0 };
  await fc.assert(
    fc.asyncProperty(faults, async (plan) => {
      const spark = new FakeSpark();
      let runs = 0;
      spark.answer = () => {
        runs++;
        return commandDone();
      };
      inject(spark, plan);
      const { session } = await spark.session();
      try {
        await session.command('INSERT INTO t VALUES (1)');
        expect(runs).toBe(1);
        seen.done++;
      } catch (error) {
        if (!(error instanceof SparkConnectionError)) throw error;
        expect(runs).toBeLessThanOrEqual(1);
        if (runs === 1) expect(error.mayHaveRun).toBe(true);
        seen.lost++;
      }
    }),
    { numRuns: 300 },
  );
  expect(seen.done).toBeGreaterThan(30);
  expect(seen.lost).toBeGreaterThan(30);
});
