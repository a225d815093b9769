import { readdir } from 'node:fs/promises';
import { SparkError } from '@parallax/spark-connect';
import { expect, onTestFinished, test } from 'vitest';
import { type Patience, runToCommit } from '../src/attempts.ts';
import type { Engine } from '../src/engine/engine.ts';
import { StatePaths } from '../src/engine/paths.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import type { Pipeline } from '../src/pipeline.ts';
import { at, failureOf, folderOf, hastyClock, projectOf, sealOf } from './support.ts';

/** Goal: a minute whose messages cannot be read now is tried again, one whose messages are gone is not. Method: a session that fails like Spark, at whatever it is asked. */
const MINUTE = at('10:20');
const ATTEMPTS = 3;

async function failing(text: string) {
  const ledger = Ledger.open(':memory:');
  onTestFinished(() => ledger.close());
  ledger.takeLease('test', 0n, 1n);
  ledger.writeSeal(MINUTE, sealOf('10:20'), 0n);
  const paths = new StatePaths(await folderOf());
  const pipeline = { project: await projectOf(), ledger, paths, ahead: null, buckets: 4, now: () => MINUTE } as unknown as Pipeline;
  const cause = { message: text, classes: [], errorClass: undefined };
  const parts = { message: '[TASK_WRITE_FAILED]', errorClass: 'TASK_WRITE_FAILED', sqlState: '58030', messageParameters: {}, contexts: [] };
  const error = new SparkError({ ...parts, line: undefined, causes: [cause] });
  const engine = { session: new Proxy({}, { get: () => () => Promise.reject(error) }) } as unknown as Engine;
  const lost: unknown[] = [];
  const engines = { engine: async () => engine, lost: async (_: Engine, why: unknown) => void lost.push(why) };
  const retried: string[] = [];
  const patience: Patience = { attemptsMax: ATTEMPTS, clock: hastyClock(MINUTE), onRetry: ({ code }) => retried.push(code) };
  const failure = await failureOf(() => runToCommit(pipeline, engines, MINUTE, undefined, patience));
  return { failure, retried, lost, left: await readdir(paths.iteration(MINUTE)) };
}

test('brokers that are away: the minute is tried again on the same session, and its earlier attempts leave nothing', async () => {
  const { failure, retried, lost, left } = await failing('PRLX_BROKER: nothing came');
  expect(failure.code).toBe('PRLX_BROKER');
  expect(retried).toEqual(Array(ATTEMPTS - 1).fill('PRLX_BROKER'));
  expect(lost).toEqual([]);
  expect(left).toEqual([`1-${ATTEMPTS}`]);
});

test.each([
  ['messages that are gone', 'PRLX_TOPIC: topic t, partition 0: offset 5 is gone', 'PRLX_TOPIC'],
  ['a statement that fails', '[DIVIDE_BY_ZERO] no', 'PRLX_SPARK_ERROR'],
])('%s: the run ends at once', async (_, text, code) => {
  const { failure, retried } = await failing(text);
  expect(failure.code).toBe(code);
  expect(retried).toEqual([]);
});
