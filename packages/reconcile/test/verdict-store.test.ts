/** Goal: who waits for verdicts sees each one whole, while the verifier writes. Method: a writer and a reader on one folder. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { MinuteVerdict } from '@parallax/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FORGOTTEN_AT_ONCE } from '../src/limits.ts';
import { VerdictStore, verdictsFile } from '../src/verdict-store.ts';

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'parallax-verdicts-'));
});
afterEach(() => rm(state, { recursive: true, force: true }));

const verdict = (minute: bigint, more: Partial<MinuteVerdict> = {}): MinuteVerdict => ({
  minute,
  manifest: `m${minute}`,
  digest: 'd',
  verdict: 'match',
  reason: null,
  stage: null,
  source: null,
  variable: null,
  witnesses: [],
  coverage: { customers: 3 },
  blocks: { kind: 'none' },
  ...more,
});

test('a reader sees what the writer wrote, whole, and nothing before the store is there', async () => {
  expect(VerdictStore.read(state)).toBeNull();
  const writer = await VerdictStore.create(state);
  const reader = VerdictStore.read(state);
  if (reader === null) throw new Error('no store');
  expect(reader.newest()).toBeNull();
  expect(reader.verdictOf(60n)).toBeNull();

  const mismatch = verdict(120n, {
    verdict: 'mismatch',
    reason: 'logic',
    stage: 'satisfaction',
    witnesses: [{ customer: '7', column: 'satisfaction', spark: '1.00', alternative: null, detail: ['one line'] }],
    blocks: { kind: 'customers', customers: ['10', '7'] },
  });
  writer.write(verdict(60n), 1n);
  writer.write(mismatch, 2n);
  expect(reader.verdictOf(60n)).toEqual(verdict(60n));
  expect(reader.verdictOf(120n)).toEqual(mismatch);
  expect(reader.newest()).toBe(120n);
  expect(reader.last(5).map(({ verdict: { minute }, at }) => [minute, at])).toEqual([
    [120n, 2n],
    [60n, 1n],
  ]);
  expect(reader.counts()).toEqual({ match: 1, mismatch: 1 });
  expect([reader.isBlocked(120n, '7'), reader.isBlocked(120n, '8'), reader.isBlocked(60n, '7')]).toEqual([true, false, false]);
  reader.close();
  writer.close();
});

test('a verdict given again replaces the first, with whom it blocks', async () => {
  const writer = await VerdictStore.create(state);
  writer.write(verdict(60n, { verdict: 'mismatch', blocks: { kind: 'customers', customers: ['1'] } }), 1n);
  writer.write(verdict(60n, { manifest: 'another', blocks: { kind: 'all' } }), 2n);
  expect(writer.verdictOf(60n)).toEqual(verdict(60n, { manifest: 'another', blocks: { kind: 'all' } }));
  expect(writer.isBlocked(60n, '1')).toBe(false);
  writer.close();
});

test('what is remembered is that of the newest verdict', async () => {
  const writer = await VerdictStore.create(state);
  writer.write(verdict(60n), 1n, 'after 60');
  expect(writer.remembered(60n)).toBe('after 60');
  writer.write(verdict(120n), 2n, 'after 120');
  expect([writer.remembered(60n), writer.remembered(120n)]).toEqual([null, 'after 120']);
  writer.write(verdict(180n), 3n);
  expect(writer.remembered(180n)).toBeNull();
  writer.close();
});

test('the reader cannot write, and a file that is no store is named', async () => {
  (await VerdictStore.create(state)).close();
  const reader = VerdictStore.read(state);
  expect(() => reader?.write(verdict(60n), 1n)).toThrow(/readonly/);
  reader?.close();
  const other = join(state, 'other');
  await mkdir(dirname(verdictsFile(other)), { recursive: true });
  await writeFile(verdictsFile(other), 'this is no database, and long enough to be read as one: '.repeat(20));
  await expect(VerdictStore.create(other)).rejects.toMatchObject({ code: 'PRLX_VERDICTS' });
});

test('old verdicts go, and earlier whom they hold back: then they hold back all', async () => {
  const writer = await VerdictStore.create(state);
  const naming = { verdict: 'mismatch', blocks: { kind: 'customers', customers: ['1', '2'] } } as const;
  for (const minute of [60n, 120n, 180n]) writer.write(verdict(minute, minute === 120n ? {} : naming), 1n);
  writer.forget(60n, 180n);
  expect(writer.verdictOf(60n)?.blocks).toEqual({ kind: 'all' });
  expect(writer.isBlocked(60n, '1')).toBe(false);
  expect([writer.verdictOf(120n), writer.verdictOf(180n)]).toEqual([verdict(120n), verdict(180n, naming)]);
  writer.forget(180n, 120n);
  expect([writer.verdictOf(60n), writer.verdictOf(120n), writer.verdictOf(180n)]).toEqual([null, null, verdict(180n, naming)]);
  writer.close();
});

test('a few minutes at once, the oldest first', async () => {
  const writer = await VerdictStore.create(state);
  const minutes = Array.from({ length: FORGOTTEN_AT_ONCE + 1 }, (_, i) => BigInt(i + 1));
  for (const minute of minutes) writer.write(verdict(minute), 1n);
  writer.forget(100n, 0n);
  expect(writer.last(9).map(({ verdict: { minute } }) => minute)).toEqual([BigInt(FORGOTTEN_AT_ONCE + 1)]);
  writer.close();
});
