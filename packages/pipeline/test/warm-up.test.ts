/** Goal: the engine is warm before the first minute counts, or the run says that it is not. Method: a clock by hand, an engine that fails as soon as it is asked for. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MICROS_PER_SECOND, type Micros, ParallaxError } from '@parallax/core';
import { expect, onTestFinished, test } from 'vitest';
import { StatePaths } from '../src/engine/paths.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { WARM_ROOM_MS, WARM_UNTIL_MS } from '../src/limits.ts';
import type { Pipeline } from '../src/pipeline.ts';
import { sealDue } from '../src/run/ahead.ts';
import { firstMinute } from '../src/run/coordinator.ts';
import { firstWithRoom, type WarmUp, warmUp } from '../src/run/warm-up.ts';
import { at, folderOf, ManualClock, projectOf, sealOf } from './support.ts';

const MINUTE = at('10:20');
const NEXT = at('10:21');
/** The last second of a minute in which there is room before its seal, which is two seconds after its end. */
const LAST = 62n - BigInt((WARM_ROOM_MS + WARM_UNTIL_MS) / 1000);

const seconds = (n: bigint): Micros => n * MICROS_PER_SECOND;

async function pipelineOf(grace = '2s'): Promise<Pipeline> {
  const paths = new StatePaths(await folderOf());
  await mkdir(paths.root, { recursive: true });
  const ledger = Ledger.open(paths.ledger);
  onTestFinished(() => ledger.close());
  ledger.takeLease('test', 0n, at('12:00'));
  const settings = `name: small\nkey: { name: customer_id, type: bigint }\nbase: dwh.profile\ngrace: ${grace}\n`;
  return { project: await projectOf({ 'parallax.yaml': settings }), ledger, paths } as Pipeline;
}

/** Warms at `now`, for the minute `next`. */
async function warmedAt(pipeline: Pipeline, now: Micros, next: Micros, aborted = false) {
  const [asked, notes, closed]: [Micros[], string[], Micros[]] = [[], [], []];
  const clock = new ManualClock(now);
  const sealed: Micros[] = [];
  const source: WarmUp['source'] = {
    over: () => ({
      seal: async (minute) => {
        sealed.push(minute);
        throw new ParallaxError('PRLX_BROKER', 'the broker is away');
      },
      messages: async () => null,
      packed: async () => null,
      capture: async () => ({ online: [] }),
      captures: async () => [],
      close: async () => void closed.push(clock.now()),
    }),
  };
  const engines = {
    engine: async () => {
      asked.push(clock.now());
      return {} as Awaited<ReturnType<WarmUp['engines']['engine']>>;
    },
    lost: async () => undefined,
  };
  const signal = aborted ? AbortSignal.abort() : new AbortController().signal;
  await warmUp({ pipeline, source, engines, next, clock, signal, note: (text) => notes.push(text) });
  return { asked: asked.length, notes, sealed, closed: closed.length, left: existsSync(join(pipeline.paths.root, 'warm-up')) };
}

test.each([
  ['at its beginning', 0n, MINUTE],
  ['in the last second with room', LAST, MINUTE],
  ['a second later', LAST + 1n, NEXT],
  ['as it ends', 59n, NEXT],
])('a run that begins within a minute, %s', async (_, second, expected) => {
  const pipeline = await pipelineOf();
  expect(firstWithRoom(pipeline, MINUTE + seconds(second))).toBe(expected);
  expect(firstWithRoom(pipeline, MINUTE + seconds(second) + 1n)).toBe(second === LAST ? NEXT : expected);
});

test('a later seal leaves more room', async () => {
  const pipeline = await pipelineOf('10s');
  expect(firstWithRoom(pipeline, MINUTE + seconds(LAST + 8n))).toBe(MINUTE);
  expect(firstWithRoom(pipeline, MINUTE + seconds(LAST + 8n) + 1n)).toBe(NEXT);
});

test('the first minute: the one after those that are committed, or that is sealed, or the one that is named, or the first with room', async () => {
  const pipeline = await pipelineOf();
  const clock = new ManualClock(MINUTE + seconds(50n));
  expect(firstMinute({ pipeline, clock, from: at('09:00') })).toBe(at('09:00'));
  expect(firstMinute({ pipeline, clock, from: null })).toBe(NEXT);
  // A run that ended between its first seal and the commit goes on with that minute.
  pipeline.ledger.writeSeal(at('10:03'), sealOf('10:03'), 0n);
  expect(firstMinute({ pipeline, clock, from: null })).toBe(at('10:03'));
  pipeline.ledger.commit({ minute: at('10:03'), folder: 'f', manifest: 'm', digest: 'd', report: '{}' }, []);
  expect(firstMinute({ pipeline, clock, from: null })).toBe(at('10:04'));
  expect(firstMinute({ pipeline, clock, from: at('09:00') })).toBe(at('10:04'));
});

test('with room, the newest minute but two that is over is the first to be run; what fails there is noted, and nothing is left of it', async () => {
  const pipeline = await pipelineOf();
  const found = await warmedAt(pipeline, MINUTE + seconds(5n), MINUTE);
  expect(found).toEqual({
    asked: 1,
    notes: [`the engine could not be warmed before 2026-01-05T10:20:00Z: the broker is away`],
    sealed: [at('10:17')],
    closed: 1,
    left: false,
  });
  expect(pipeline.ledger.newestSeal()).toBeNull();
});

test('before a minute that has not begun, no minute is run that is not over', async () => {
  const pipeline = await pipelineOf();
  expect((await warmedAt(pipeline, MINUTE + seconds(30n), NEXT)).sealed).toEqual([at('10:17')]);
  expect((await warmedAt(pipeline, MINUTE + seconds(1n), NEXT)).sealed).toEqual([at('10:16')]);
  expect((await warmedAt(pipeline, MINUTE + seconds(30n), at('15:00'))).sealed).toEqual([at('10:17')]);
});

test('without time before the seal nothing is begun, and the run says so', async () => {
  const pipeline = await pipelineOf();
  const late = sealDue(pipeline, MINUTE) - BigInt(WARM_UNTIL_MS) * 1000n;
  const notes = ['the engine is not warmed: the minute 2026-01-05T10:20:00Z is sealed too soon for it, and the first ones take longer'];
  expect(await warmedAt(pipeline, late, MINUTE)).toEqual({ asked: 0, notes, sealed: [], closed: 0, left: false });
  expect((await warmedAt(pipeline, late - 1n, MINUTE)).sealed).toEqual([at('10:17')]);
});

test('a minute that is over is caught up, which warms the engine; a run that ends warms nothing', async () => {
  const pipeline = await pipelineOf();
  const nothing = { asked: 0, notes: [], sealed: [], closed: 0, left: false };
  expect(await warmedAt(pipeline, sealDue(pipeline, MINUTE), MINUTE)).toEqual(nothing);
  expect(await warmedAt(pipeline, MINUTE + seconds(5n), MINUTE, true)).toEqual(nothing);
});
