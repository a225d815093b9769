/** Goal: what is no longer wanted is stopped and released on the server. Method: the in-memory fake server. */
import { expect, it } from 'vitest';
import { broken, commandDone, FakeSpark, idBatches, sparkFailure } from './fake-spark.ts';

/** Holds the stream before response `at` until the operation is interrupted, as a long computation. */
function runUntilInterrupted(spark: FakeSpark, at: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  spark.beforeResponse = async ({ index, signal }) => {
    if (index !== at) return;
    resolve();
    while (spark.interrupted.length === 0 && !signal.aborted) await new Promise((wake) => setImmediate(wake));
    throw sparkFailure('[OPERATION_CANCELED] Operation has been canceled.', { errorClass: 'OPERATION_CANCELED' });
  };
  return promise;
}

it('an aborted signal interrupts the operation by its id, then releases it', async () => {
  const spark = new FakeSpark();
  spark.answer = commandDone;
  const running = runUntilInterrupted(spark, 0);
  const { session, operationIds } = await spark.session();
  const abort = new AbortController();
  const command = session.command('INSERT INTO t SELECT 1', { signal: abort.signal });
  await running;
  abort.abort();
  await expect(command).rejects.toMatchObject({ code: 'PRLX_SPARK_CANCELLED', retryable: false });
  expect(spark.interrupted).toEqual(operationIds);
  await session.close();
  expect(spark.releasedAll).toEqual(operationIds);
});

it('a signal that is aborted already sends nothing', async () => {
  const spark = new FakeSpark();
  const { session } = await spark.session();
  await expect(session.collect('SELECT 1', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'PRLX_SPARK_CANCELLED' });
  expect([spark.executed.length, spark.interrupted.length]).toEqual([0, 0]);
});

it('rows that arrive after the abort are not given out', async () => {
  const spark = new FakeSpark();
  spark.answer = () => idBatches([1n], [2n], [3n]);
  const { session } = await spark.session();
  const abort = new AbortController();
  const rows: unknown[] = [];
  const loop = async () => {
    for await (const row of session.query('SELECT id FROM t', { signal: abort.signal })) {
      rows.push(row.id);
      abort.abort();
    }
  };
  await expect(loop()).rejects.toMatchObject({ code: 'PRLX_SPARK_CANCELLED' });
  expect(rows).toEqual([1n]);
});

it('leaving the loop stops and releases the operation', async () => {
  const spark = new FakeSpark();
  spark.answer = () => idBatches([1n], [2n]);
  runUntilInterrupted(spark, 1);
  const { session, operationIds } = await spark.session();
  for await (const row of session.query('SELECT id FROM t')) {
    expect(row.id).toBe(1n);
    break;
  }
  expect(spark.interrupted).toEqual(operationIds);
  await session.close();
  expect(spark.releasedAll).toEqual(operationIds);
});

it('a finished operation is released as it goes and at its end, and not interrupted', async () => {
  const spark = new FakeSpark();
  spark.answer = () => idBatches([1n], [2n], [3n]);
  const { session, operationIds } = await spark.session();
  await session.collect('SELECT id FROM t');
  await session.close();
  expect(spark.releasedUntil.length).toBeGreaterThan(0);
  expect(spark.releasedAll).toEqual(operationIds);
  expect(spark.interrupted).toEqual([]);
  expect(spark.sessionReleased).toBe(true);
});

it('a release that fails costs the caller nothing and is told', async () => {
  const spark = new FakeSpark();
  spark.answer = () => idBatches([1n]);
  const warnings: unknown[] = [];
  spark.onRelease = () => {
    throw broken();
  };
  const { session } = await spark.session({ onWarning: (error) => warnings.push(error) });
  expect(await session.collect('SELECT id FROM t')).toEqual([{ id: 1n }]);
  await session.close();
  expect(warnings.length).toBeGreaterThan(0);
});

it('a closed session refuses every call, and closing it again is harmless', async () => {
  const spark = new FakeSpark();
  const { session } = await spark.session();
  await session.close();
  await session.close();
  await expect(session.collect('SELECT 1')).rejects.toMatchObject({ code: 'PRLX_SPARK_CLOSED' });
  await expect(session.setConf({ a: 'b' })).rejects.toMatchObject({ code: 'PRLX_SPARK_CLOSED' });
});

it('collect refuses more rows than its limit', async () => {
  const spark = new FakeSpark();
  spark.answer = () => idBatches([1n, 2n], [3n]);
  const { session } = await spark.session();
  expect(await session.collect('SELECT id FROM t', { limitRows: 3 })).toHaveLength(3);
  await expect(session.collect('SELECT id FROM t', { limitRows: 2 })).rejects.toMatchObject({ code: 'PRLX_SPARK_TOO_MANY_ROWS' });
});
