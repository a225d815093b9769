import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { formatFolder, MICROS_PER_MINUTE, MICROS_PER_SECOND, type Micros } from '@parallax/core';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { KeyBatches } from '../src/engine/key-batches.ts';
import { StatePaths } from '../src/engine/paths.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { LiveSource } from '../src/run/live-source.ts';
import { rows, startBulkApi } from './bulk-api.ts';
import { at, folderOf, ManualClock, projectOf, sealOf } from './support.ts';

/**
 * Goal: minutes that wait for their seal cost a run next to no memory, however many they are. Method: the bulk calls of several minutes on a clock that is turned by hand, none of them
 * sealed; then the oldest is closed.
 */
const FIRST = at('10:20');
const KNOWN = ['1', '2', '3'];
const CALLS = 2;

async function sourceOfTest() {
  const api = await startBulkApi(({ ids }) => ({ status: 200, body: rows(ids) }));
  const ledger = Ledger.open(':memory:');
  const paths = new StatePaths(await folderOf());
  const clock = new ManualClock(FIRST + 30n * MICROS_PER_SECOND);
  // No broker is asked for anything here.
  const source = new LiveSource({
    project: await projectOf(),
    ledger,
    paths,
    clock,
    bootstrap: '127.0.0.1:1',
    onlineUrls: new Map([['care', api.url]]),
  });
  source.setKnown(KNOWN);
  const stop = new AbortController();
  const arming = source.captureMinutes(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await arming;
    await source.close();
    ledger.close();
  });
  return { api, paths, clock, source };
}

type Parts = Awaited<ReturnType<typeof sourceOfTest>>;

const part = ({ paths }: Parts, minute: Micros) => `${paths.capture(minute, 'care')}.part`;

async function callsOf(parts: Parts, minute: Micros): Promise<number> {
  return existsSync(part(parts, minute)) ? (await readFile(part(parts, minute), 'utf8')).split('\n').length - 1 : 0;
}

/** Goes through the calls of a minute, to the end of their time. */
async function pass(parts: Parts, minute: Micros): Promise<void> {
  const { clock, source } = parts;
  // Calls begin 25 s before the minute ends.
  clock.turnTo(minute + 36n * MICROS_PER_SECOND);
  await vi.waitFor(async () => expect(await callsOf(parts, minute)).toBe(CALLS));
  expect(source.remembered).toBe(KNOWN.length);
  // Two seconds of grace, four more for the calls.
  clock.turnTo(minute + 67n * MICROS_PER_SECOND);
  await vi.waitFor(() => expect(source.remembered).toBe(0));
}

const nobody = async function* (): KeyBatches {};

test('a minute whose time for calls is over remembers nobody, and keeps digest and counts until it is closed', async () => {
  const parts = await sourceOfTest();
  const { api, paths, source } = parts;
  const minutes = Array.from({ length: 5 }, (_, i) => FIRST + BigInt(i) * MICROS_PER_MINUTE);
  for (const minute of minutes) await pass(parts, minute);
  // The population of a minute that is behind is known to nobody else: nor is it asked for any more.
  source.setKnown([...KNOWN, '4']);
  expect([source.remembered, api.calls.length]).toEqual([0, minutes.length * CALLS]);
  for (const minute of minutes) {
    const written = await readFile(part(parts, minute));
    const close = await source.capture(
      minute,
      sealOf('10:20'),
      async function* () {
        yield ['3', '9'];
      },
      false,
    );
    const sha256 = createHash('sha256').update(written).digest('hex');
    expect(close).toEqual({ online: [{ source: 'care', sha256, calls: CALLS }], cut: true });
    expect(await readFile(paths.capture(minute, 'care'))).toEqual(written);
    expect(source.askedFor(minute)).toEqual(['3', '9']);
  }
  expect(api.calls).toHaveLength(minutes.length * CALLS);
});

test('a minute that is closed in time is topped up, and remembers nobody afterwards', async () => {
  const parts = await sourceOfTest();
  const { api, clock, source } = parts;
  clock.turnTo(FIRST + 36n * MICROS_PER_SECOND);
  await vi.waitFor(async () => expect(await callsOf(parts, FIRST)).toBe(CALLS));
  const close = await source.capture(
    FIRST,
    sealOf('10:20'),
    async function* () {
      yield ['3', '9'];
    },
    false,
  );
  expect(close).toMatchObject({ online: [{ source: 'care', calls: CALLS + 1 }] });
  expect(close.cut).toBeUndefined();
  expect(api.calls.at(-1)?.ids).toEqual(['9']);
  expect(source.remembered).toBe(0);
});

test('whom a draft has asked for is known with those who came after it, each once', async () => {
  const parts = await sourceOfTest();
  const { api, clock, source } = parts;
  clock.turnTo(FIRST + 36n * MICROS_PER_SECOND);
  await vi.waitFor(async () => expect(await callsOf(parts, FIRST)).toBe(CALLS));
  const drafted = async function* (): KeyBatches {
    yield ['4', '1'];
    yield ['2'];
  };
  const more = async function* (): KeyBatches {
    yield ['2', '5'];
    yield ['1', '6'];
  };
  expect(await source.answersSoFar(FIRST, drafted)).toMatchObject([{ calls: CALLS + 1 }]);
  await source.capture(FIRST, sealOf('10:20'), more, true);
  expect(source.askedFor(FIRST)).toEqual(['4', '1', '2', '5', '6']);
  expect(api.calls.slice(CALLS).map(({ ids }) => ids)).toEqual([['4'], ['5', '6']]);
});

test('a minute for which no calls were begun has no answers', async () => {
  const { source, paths } = await sourceOfTest();
  expect(await source.capture(FIRST, sealOf('10:20'), nobody, false)).toEqual({ online: [] });
  expect(existsSync(paths.captures(formatFolder(FIRST)))).toBe(false);
});
