/** Goal: a minute whose files were reclaimed or written again is not compared as if they were Spark's. Method: a folder, one thing changed at a time. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '@parallax/core';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { AlternativeLookups, SparkMinute } from '../src/sides.ts';
import { changedOutputs } from '../src/spark-side/kept-outputs.ts';

let folder: string;
let spark: SparkMinute;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parallax-outputs-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const part of ['windows', 'members', 'claimed', 'answers', 'view', 'beside']) await mkdir(join(folder, part));
  for (const file of ['events', 'results', 'actions']) await writeFile(join(folder, `${file}.ndjson`), `{"of":"${file}"}\n`);
  spark = {
    ...{ minute: 0n, manifest: '', projectHash: '', folder, amended: false, iterations: [], incomplete: [] },
    digest: sha256Hex('{"of":"events"}\n{"of":"results"}\n{"of":"actions"}\n'),
    batch: { day: '2026-01-04', version: 'v', folder: join(folder, 'view'), rows: [join(folder, 'beside')], taken: [] },
    answers: [join(folder, 'answers')],
  };
});

const lookups = (keys: readonly string[]) =>
  ({ facts: { accepted: keys.map(() => ({ count: 1 })), population: keys }, windowKeys: () => keys }) as unknown as AlternativeLookups;

test('all that was committed is there', async () => expect(await changedOutputs(spark, lookups(['1']))).toBeNull());

test.each([
  ['windows', 'the part windows is gone'],
  ['members', 'the part members is gone'],
  ['claimed', 'the part claimed is gone'],
  ['answers', 'the part answers is gone'],
  ['view', 'the batch view of 2026-01-04 is gone'],
  ['beside', 'the batch rows of 2026-01-04 are gone'],
  ['results.ndjson', 'results.ndjson is gone'],
])('%s is gone', async (part, said) => {
  await rm(join(folder, part), { recursive: true });
  expect(await changedOutputs(spark, lookups(['1']))).toBe(said);
});

test('what stands in place of drafted customers is gone', async () => {
  const amended = { ...spark, amended: true };
  for (const part of ['windows-amended', 'members-amended']) await mkdir(join(folder, part));
  expect(await changedOutputs(amended, lookups(['1']))).toBeNull();
  await rm(join(folder, 'windows-amended'), { recursive: true });
  expect(await changedOutputs(amended, lookups(['1']))).toBe('the part windows-amended is gone');
});

test('answers that stand in place of drafted ones are gone', async () => {
  const more = { ...spark, answers: [...spark.answers, join(folder, 'answers-amended')] };
  expect(await changedOutputs(more, lookups(['1']))).toBe('the part answers-amended is gone');
});

test('a part without rows need not be there', async () => {
  for (const part of ['windows', 'members', 'claimed']) await rm(join(folder, part), { recursive: true });
  expect(await changedOutputs(spark, lookups([]))).toBeNull();
});

test('lines that were written again, and a folder that is gone', async () => {
  await writeFile(join(folder, 'results.ndjson'), '{"of":"another"}\n');
  expect(await changedOutputs(spark, lookups(['1']))).toContain('digest');
  await rm(folder, { recursive: true });
  expect(await changedOutputs(spark, lookups(['1']))).toContain('folder is gone');
});
