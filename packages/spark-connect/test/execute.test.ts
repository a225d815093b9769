/**
 * Goal: a plan's responses arrive each once and in order however the streams break, and a command is never sent twice.
 * Method: the client over an in-memory fake server that keeps operations and breaks streams on purpose; no real time passes.
 */
import { describe, expect, it } from 'vitest';
import { SparkConnectionError } from '../src/errors.ts';
import { limits } from '../src/limits.ts';
import { broken, commandDone, FakeSpark, idBatches, invalidHandle } from './fake-spark.ts';

const idsOf = (rows: readonly { readonly id?: unknown }[]): unknown[] => rows.map((row) => row.id);

async function failureOf(work: Promise<unknown>): Promise<SparkConnectionError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SparkConnectionError)) throw new Error(`expected a SparkConnectionError, got ${String(error)}`, { cause: error });
  return error;
}

/** Breaks the stream before each of these responses, once each. */
function breakOnceBefore(spark: FakeSpark, ...indexes: number[]): void {
  const left = new Set(indexes);
  spark.beforeResponse = ({ index }) => {
    if (left.delete(index)) throw broken();
  };
}

describe('a broken stream', () => {
  it('is taken up after the last response received', async () => {
    const spark = new FakeSpark();
    spark.answer = () => idBatches([1n, 2n], [3n], [4n]);
    breakOnceBefore(spark, 0, 1, 3);
    const { session, operationIds } = await spark.session();
    expect(idsOf(await session.collect('SELECT id FROM t'))).toEqual([1n, 2n, 3n, 4n]);
    expect(spark.executed).toHaveLength(1);
    expect(spark.reattached.map((request) => [request.operationId, request.lastResponseId])).toEqual([
      [operationIds[0], undefined],
      [operationIds[0], 'r0'],
      [operationIds[0], 'r2'],
    ]);
  });

  it('that ends in good order without its completion is taken up too', async () => {
    const spark = new FakeSpark();
    const [first, second, end] = idBatches([1n], [2n]);
    if (first === undefined || second === undefined || end === undefined) throw new Error('three answers');
    spark.answer = () => [first, second];
    // The completion is there only after the first stream has ended.
    spark.onReattach = (responses) => responses.push(spark.response('', 2, end));
    const { session } = await spark.session();
    expect(idsOf(await session.collect('SELECT id FROM t'))).toEqual([1n, 2n]);
    expect(spark.reattached.map((request) => request.lastResponseId)).toEqual(['r1']);
  });

  it('is given up after a bounded number of tries without a response, each after a longer pause', async () => {
    const spark = new FakeSpark();
    spark.beforeResponse = () => {
      throw broken();
    };
    const { session, sleeps } = await spark.session();
    const error = await failureOf(session.collect('SELECT 1'));
    expect([error.code, error.retryable, error.mayHaveRun]).toEqual(['PRLX_SPARK_UNREACHABLE', true, false]);
    expect(spark.reattached).toHaveLength(limits.reattachesWithoutProgressMax);
    expect(sleeps).toEqual([50, 100, 200, 400, 800, 1600]);
  });

  it('counts its tries anew after each response', async () => {
    const spark = new FakeSpark();
    const batches = Array.from({ length: 10 }, (_, index) => [BigInt(index)]);
    spark.answer = () => idBatches(...batches);
    breakOnceBefore(spark, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    const { session } = await spark.session();
    expect(idsOf(await session.collect('SELECT id FROM t'))).toEqual(batches.flat());
    expect(spark.reattached.length).toBeGreaterThan(limits.reattachesWithoutProgressMax);
  });
});

describe('a plan that did not arrive', () => {
  it('is sent again under the same id when it is a query', async () => {
    const spark = new FakeSpark();
    spark.answer = () => idBatches([7n]);
    let losses = 1;
    spark.onArrival = () => {
      if (losses-- > 0) throw broken();
    };
    const { session, operationIds } = await spark.session();
    expect(idsOf(await session.collect('SELECT id FROM t'))).toEqual([7n]);
    expect(spark.executed.map((request) => request.operationId)).toEqual([operationIds[0]]);
    expect(spark.reattached).toHaveLength(1);
  });

  it.each([
    ['a command', (session: Awaited<ReturnType<FakeSpark['session']>>['session']) => session.command('INSERT INTO t VALUES (1)')],
    [
      'a query text that writes',
      (session: Awaited<ReturnType<FakeSpark['session']>>['session']) => session.collect('WITH x AS (SELECT 1) INSERT INTO t TABLE x'),
    ],
  ])('is never sent again when it is %s', async (_, run) => {
    const spark = new FakeSpark();
    let arrivals = 0;
    spark.onArrival = () => {
      arrivals++;
      throw broken();
    };
    const { session } = await spark.session();
    const error = await failureOf(run(session));
    expect([error.code, error.retryable, error.mayHaveRun]).toEqual(['PRLX_SPARK_OPERATION_LOST', false, true]);
    expect(arrivals).toBe(1);
  });
});

describe('a command', () => {
  it('that ran while its stream was broken is found again, not run again', async () => {
    const spark = new FakeSpark();
    spark.answer = commandDone;
    breakOnceBefore(spark, 0, 1, 2);
    const { session } = await spark.session();
    await session.command('INSERT INTO t VALUES (1)');
    expect(spark.executed).toHaveLength(1);
  });

  it('that the server forgot after it answered is lost, not run again', async () => {
    const spark = new FakeSpark();
    spark.answer = commandDone;
    spark.beforeResponse = ({ index }) => {
      if (index !== 1) return;
      spark.operations.clear();
      throw broken();
    };
    const { session } = await spark.session();
    const error = await failureOf(session.command('INSERT INTO t VALUES (1)'));
    expect([error.code, error.mayHaveRun]).toEqual(['PRLX_SPARK_OPERATION_LOST', true]);
    expect(spark.executed).toHaveLength(1);
  });

  it('whose id is taken is refused', async () => {
    const spark = new FakeSpark();
    spark.answer = commandDone;
    const { session } = await spark.session({ newOperationId: () => '00000000-0000-4000-9000-00000000000a' });
    await session.command('SET a=b');
    await expect(session.command('SET a=b')).rejects.toMatchObject({ code: 'PRLX_SPARK_ERROR' });
    expect(spark.executed).toHaveLength(1);
  });
});

describe('a server that restarted', () => {
  it('is noticed by its session id, told once, and every later call fails at once', async () => {
    const spark = new FakeSpark();
    let restarts = 0;
    const { session } = await spark.session({ onRestart: () => restarts++ });
    spark.serverSideSessionId = 'server-2';
    const error = await failureOf(session.command('INSERT INTO t VALUES (1)'));
    expect([error.code, error.retryable, error.mayHaveRun]).toEqual(['PRLX_SPARK_RESTARTED', true, false]);
    expect((await failureOf(session.collect('SELECT 1'))).code).toBe('PRLX_SPARK_RESTARTED');
    expect((await failureOf(session.setConf({ a: 'b' }))).code).toBe('PRLX_SPARK_RESTARTED');
    expect(restarts).toBe(1);
    expect(spark.executed).toHaveLength(0);
    await session.close();
  });

  it('in the middle of a command leaves open whether it ran', async () => {
    const spark = new FakeSpark();
    spark.answer = commandDone;
    spark.beforeResponse = () => {
      spark.serverSideSessionId = 'server-2';
      throw broken();
    };
    const { session } = await spark.session();
    const error = await failureOf(session.command('INSERT INTO t VALUES (1)'));
    expect([error.code, error.mayHaveRun]).toEqual(['PRLX_SPARK_RESTARTED', true]);
  });

  it('answering with another session id is not believed', async () => {
    const spark = new FakeSpark();
    spark.answer = () => idBatches([1n], [2n]);
    spark.beforeResponse = ({ index }) => {
      const response = [...spark.operations.values()][0]?.[index];
      if (index === 1 && response !== undefined) response.serverSideSessionId = 'server-2';
    };
    const { session } = await spark.session();
    expect((await failureOf(session.collect('SELECT id FROM t'))).code).toBe('PRLX_SPARK_RESTARTED');
  });

  it('says so when it closed the session', async () => {
    const spark = new FakeSpark();
    const { session } = await spark.session();
    spark.onArrival = () => {
      throw invalidHandle('SESSION_CLOSED');
    };
    const error = await failureOf(session.command('INSERT INTO t VALUES (1)'));
    expect([error.code, error.mayHaveRun]).toEqual(['PRLX_SPARK_RESTARTED', true]);
  });
});
