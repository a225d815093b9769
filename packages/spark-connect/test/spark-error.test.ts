/** Goal: Spark's own account of an error reaches the caller whole. Method: errors as the server sends them, in memory. */
import { Code, ConnectError } from '@connectrpc/connect';
import { expect, it } from 'vitest';
import { lineAt } from '../src/error-details.ts';
import { classify, SparkError } from '../src/errors.ts';
import { FetchErrorDetailsResponse_QueryContext_ContextType as ContextType } from '../src/generated/spark/connect/base_pb.js';
import { FakeSpark, sparkFailure } from './fake-spark.ts';

const METADATA = { errorId: 'e1', errorClass: 'DIVIDE_BY_ZERO', sqlState: '22012', messageParameters: '{"config":"\\"x\\""}' };

async function errorOf(spark: FakeSpark, sql: string): Promise<SparkError> {
  const { session } = await spark.session();
  spark.onArrival = () => {
    throw sparkFailure('[DIVIDE_BY_ZERO] short', METADATA);
  };
  const error = await session.collect(sql).catch((thrown: unknown) => thrown);
  if (!(error instanceof SparkError)) throw new Error(`expected a SparkError, got ${String(error)}`);
  return error;
}

it('carries class, state, parameters, and the place in the statement', async () => {
  const spark = new FakeSpark();
  const sql = 'SELECT 1,\n  1/0\nFROM t';
  spark.details = {
    rootErrorIdx: 0,
    errors: [
      {
        message: '[DIVIDE_BY_ZERO] the whole message',
        sparkThrowable: {
          errorClass: 'DIVIDE_BY_ZERO',
          sqlState: '22012',
          messageParameters: { config: 'spark.sql.ansi.enabled' },
          queryContexts: [
            { contextType: ContextType.SQL, startIndex: sql.indexOf('1/0'), stopIndex: sql.indexOf('1/0') + 2, fragment: '1/0' },
          ],
        },
      },
    ],
  };
  const error = await errorOf(spark, sql);
  expect(error).toMatchObject({
    code: 'PRLX_SPARK_ERROR',
    message: '[DIVIDE_BY_ZERO] the whole message',
    errorClass: 'DIVIDE_BY_ZERO',
    sqlState: '22012',
    messageParameters: { config: 'spark.sql.ansi.enabled' },
    contexts: [{ objectType: '', objectName: '', fragment: '1/0', line: 2 }],
    line: 2,
    retryable: false,
    exitCode: 3,
  });
});

it('has no line of the statement when the place is in a view', async () => {
  const spark = new FakeSpark();
  const inView = { contextType: ContextType.SQL, objectType: 'VIEW', objectName: 'v', startIndex: 7, stopIndex: 9, fragment: '1/0' };
  spark.details = { rootErrorIdx: 0, errors: [{ message: 'm', sparkThrowable: { queryContexts: [inView] } }] };
  const error = await errorOf(spark, 'SELECT *\nFROM v');
  expect(error.line).toBeUndefined();
  expect(error.contexts).toEqual([{ objectType: 'VIEW', objectName: 'v', fragment: '1/0', line: undefined }]);
});

it('carries the exceptions that it came of, from the outermost on, wherever they stand in the answer', async () => {
  const spark = new FakeSpark();
  spark.details = {
    rootErrorIdx: 1,
    errors: [
      { message: 'no answer', errorTypeHierarchy: ['org.example.TimeoutException', 'java.lang.RuntimeException'] },
      {
        message: '[TASK_WRITE_FAILED] outer',
        errorTypeHierarchy: ['o.SparkException'],
        causeIdx: 0,
        sparkThrowable: { errorClass: 'TASK_WRITE_FAILED' },
      },
    ],
  };
  expect((await errorOf(spark, 'SELECT 1')).causes).toEqual([
    { classes: ['o.SparkException'], errorClass: 'TASK_WRITE_FAILED', message: '[TASK_WRITE_FAILED] outer' },
    { classes: ['org.example.TimeoutException', 'java.lang.RuntimeException'], errorClass: undefined, message: 'no answer' },
  ]);
});

it('a chain that turns back on itself ends', async () => {
  const spark = new FakeSpark();
  spark.details = { rootErrorIdx: 0, errors: [{ message: 'm', causeIdx: 0 }] };
  expect((await errorOf(spark, 'SELECT 1')).causes.map(({ message }) => message)).toEqual(['m']);
});

it('still says class and state when the details cannot be had', async () => {
  const error = await errorOf(new FakeSpark(), 'SELECT 1/0');
  expect(error).toMatchObject({
    message: '[DIVIDE_BY_ZERO] short',
    errorClass: 'DIVIDE_BY_ZERO',
    sqlState: '22012',
    messageParameters: { config: '"x"' },
    causes: [{ classes: [], errorClass: 'DIVIDE_BY_ZERO', message: '[DIVIDE_BY_ZERO] short' }],
  });
});

it('is bad usage when the statement itself is wrong', () => {
  const parts = { message: 'm', errorClass: 'X', messageParameters: {}, contexts: [], line: undefined, causes: [] };
  expect(new SparkError({ ...parts, sqlState: '42703' }).exitCode).toBe(2);
  expect(new SparkError({ ...parts, sqlState: '22012' }).exitCode).toBe(3);
});

it('counts lines from one', () => {
  expect([lineAt('a\nb\nc', 0), lineAt('a\nb\nc', 2), lineAt('a\nb\nc', 4), lineAt('', 0)]).toEqual([1, 2, 3, 1]);
});

it.each([
  [new ConnectError('x', Code.Unavailable), 'broken'],
  [new ConnectError('x', Code.Aborted), 'broken'],
  [new ConnectError('x', Code.Internal), 'broken'],
  [new ConnectError('x', Code.Unauthenticated), 'unauthenticated'],
  [new ConnectError('x', Code.InvalidArgument), 'spark'],
  [new Error('anything'), 'broken'],
  [sparkFailure('[INVALID_HANDLE.SESSION_CHANGED] x', {}), 'session_lost'],
  [sparkFailure('[INVALID_HANDLE.OPERATION_NOT_FOUND] x', {}), 'operation_not_found'],
  [sparkFailure('[INVALID_CURSOR.DISCONNECTED] x', {}), 'broken'],
  [sparkFailure('[OPERATION_CANCELED] x', {}), 'operation_cancelled'],
  [sparkFailure('[DIVIDE_BY_ZERO] x', { errorClass: 'DIVIDE_BY_ZERO' }), 'spark'],
])('classifies %s as %s', (error, kind) => {
  expect(classify(error).kind).toBe(kind);
});
