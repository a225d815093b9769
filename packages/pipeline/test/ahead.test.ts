import { MICROS_PER_MINUTE, type Micros, ParallaxError } from '@parallax/core';
import { expect, test } from 'vitest';
import type { Engine } from '../src/engine/engine.ts';
import { StatePaths } from '../src/engine/paths.ts';
import type { TopicSeal } from '../src/ingest/slices.ts';
import type { Pipeline } from '../src/pipeline.ts';
import { AheadReader, type RunningMinute, sealDue } from '../src/run/ahead.ts';
import { at, projectOf } from './support.ts';

/** Goal: minutes that are over are read beside the one that is worked on, and never in a way that could harm it. Method: a source and an engine by hand. */
const MINUTE = at('10:20');
const NEXT = MINUTE + MICROS_PER_MINUTE;

const NETWORK: TopicSeal = {
  stream: 'network',
  kind: 'topic',
  topic: 'network',
  topicId: 'T1',
  arrival: 'log',
  ranges: [{ partition: 0, from: 3, to: 9 }],
  lost: [],
};

interface Parts {
  readonly now: (pipeline: Pipeline) => Micros;
  readonly read?: () => Promise<void>;
}

async function claimed({ now, read = async () => undefined }: Parts) {
  const written: string[] = [];
  const asked: Micros[] = [];
  const running: RunningMinute = {
    soFar: async () => [],
    answersSoFar: async () => [],
    answersAfter: () => [],
    ended: async (minute) => {
      asked.push(minute);
      return [NETWORK];
    },
  };
  const pipeline = {
    project: await projectOf(),
    ledger: { epoch: 1 },
    paths: new StatePaths('/state'),
    source: { packed: async (_: unknown, minute: Micros, { stream }: TopicSeal) => `messages of ${stream} at ${minute}` },
    buckets: 4,
    now: () => now(pipeline),
  } as unknown as Pipeline;
  const command = async (sql: string) => {
    await read();
    written.push(sql);
  };
  const ahead = new AheadReader(running);
  ahead.claimed(pipeline, { session: { command } } as unknown as Engine, MINUTE);
  return { ahead, written, asked };
}

const whenDue = (pipeline: Pipeline) => sealDue(pipeline, NEXT);

test('the next minute is read once it is over, as one slice that is not settled', async () => {
  const { ahead, written, asked } = await claimed({ now: whenDue });
  const [slice, ...others] = await ahead.slices(NEXT);
  expect(others).toEqual([]);
  expect(slice).toMatchObject({ streams: [NETWORK], settled: null });
  expect(asked).toEqual([NEXT]);
  expect(written.join()).toContain(`messages of network at ${NEXT}`);
  expect(await ahead.slices(MINUTE)).toEqual([]);
  expect(await ahead.slices(NEXT + MICROS_PER_MINUTE)).toEqual([]);
});

test('a minute that still runs is left to the work ahead of it', async () => {
  const { ahead, asked } = await claimed({ now: (pipeline) => whenDue(pipeline) - 1n });
  expect(await ahead.slices(NEXT)).toEqual([]);
  expect(asked).toEqual([]);
});

test('what could not be read is left to the minute; a fault of the program is not hidden', async () => {
  const lost = new ParallaxError('PRLX_SPARK', 'the session is gone', { retryable: true });
  const failed = await claimed({ now: whenDue, read: () => Promise.reject(lost) });
  expect(await failed.ahead.slices(NEXT)).toEqual([]);
  const broken = await claimed({ now: whenDue, read: () => Promise.reject(new TypeError('a mistake')) });
  await expect(broken.ahead.slices(NEXT)).rejects.toThrow('a mistake');
  await broken.ahead.end();
});

test('its end waits for what is being read', async () => {
  let finish = () => {};
  const reading = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const { ahead, written } = await claimed({ now: whenDue, read: () => reading });
  const ended = ahead.end();
  expect(written).toEqual([]);
  finish();
  await ended;
  expect(written).toHaveLength(1);
});
