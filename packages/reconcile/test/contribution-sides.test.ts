/**
 * Goal: a contribution that the sides do not have alike is seen, whichever side lacks it. Method: batch rows packed from the README of `spark-functions` in a real
 * Parquet file, beside an alternative that says what the test tells it.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { blobValue, DuckDBInstance } from '@duckdb/node-api';
import { type Project, quoteLiteral } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { expect, onTestFinished, test } from 'vitest';
import { buildProject } from '../../../test/contract/project-builder.ts';
import { contributionSides, type SideContribution } from '../src/contribution-sides.ts';
import type { AlternativeLookups, SparkMinute } from '../src/sides.ts';
import { PackedFault } from '../src/spark-side/bytes.ts';
import { ParquetReader } from '../src/spark-side/parquet.ts';
import { Packer } from './packed.ts';
import { integerBytes } from './packed-batch.ts';

type Contribution = Awaited<ReturnType<AlternativeLookups['contributions']>>[number];

async function folderOf(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parallax-contributions-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** Variables by name, then module: 0 profile.age a, 1 profile.age b, 2 profile.limit b. */
async function projectOf(): Promise<Project> {
  const folder = await folderOf();
  const files = buildProject({
    streams: { s: { variables: [{ name: 'x', places: 0, aggregates: ['sum'] }] } },
    batch: { dwh: [{ name: 'profile', columns: { limit: 2, age: 0 }, scorecard: true }] },
    scorecard: ['dwh,profile,limit,b,,1,', 'dwh,profile,age,b,,1,', 'dwh,profile,age,a,,1,'],
  });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return loadProject(folder);
}

/** @param packed what Spark's row keeps: numbers of variables, and values at scale 12 */
async function sidesOf(
  packed: readonly (readonly [number, bigint])[],
  theirs: readonly Contribution[],
): Promise<readonly SideContribution[]> {
  const folder = await folderOf();
  const row = new Packer().uvarint(0).uvarint(0).uvarint(packed.length);
  for (const [variable, value] of packed) row.uvarint(variable).sized(integerBytes(value));
  const db = await (await DuckDBInstance.create(':memory:')).connect();
  await db.run('CREATE TABLE t (run BLOB)');
  await db.run('INSERT INTO t VALUES ($1::BLOB)', [blobValue(new Packer().text('1').sized(row.done()).done())]);
  await db.run(`COPY t TO ${quoteLiteral(join(folder, 'part-0.parquet'))} (FORMAT parquet)`);
  db.closeSync();
  const parquet = await ParquetReader.open();
  try {
    const batch = { day: '2026-01-04', version: '', folder, rows: [folder], taken: [] };
    const spark = { batch } as unknown as SparkMinute;
    const lookups = { contributions: async () => theirs } as unknown as AlternativeLookups;
    return await contributionSides({ project: await projectOf(), spark, alternative: { lookups, lines: '' }, parquet }, '1');
  } finally {
    parquet.close();
  }
}

const UNIT = 10n ** 12n;

test('the same on both sides, by size, of equal ones the first by name; what adds nothing is none', async () => {
  const sides = await sidesOf(
    [
      [2, -2n * UNIT],
      [0, UNIT],
    ],
    [
      { variable: 'dwh.profile.age', module: 'a', value: UNIT },
      { variable: 'dwh.profile.age', module: 'b', value: 0n },
      { variable: 'dwh.profile.limit', module: 'b', value: -2n * UNIT },
    ],
  );
  expect(sides.map(({ variable, module, spark, equal }) => [variable, module, spark, equal])).toEqual([
    ['dwh.profile.limit', 'b', '-2.000000000000', true],
    ['dwh.profile.age', 'a', '1.000000000000', true],
  ]);
});

test('another value, one that only Spark keeps, and one that only the alternative has', async () => {
  const sides = await sidesOf(
    [
      [0, 5n],
      [1, 4n],
    ],
    [
      { variable: 'dwh.profile.age', module: 'a', value: 6n },
      { variable: 'dwh.profile.limit', module: 'b', value: UNIT },
    ],
  );
  expect(sides).toEqual([
    { variable: 'dwh.profile.limit', module: 'b', spark: null, alternative: '1.000000000000', equal: false },
    { variable: 'dwh.profile.age', module: 'a', spark: '0.000000000005', alternative: '0.000000000006', equal: false },
    { variable: 'dwh.profile.age', module: 'b', spark: '0.000000000004', alternative: null, equal: false },
  ]);
});

test('a variable that the scorecard has not is no batch row', async () => {
  await expect(sidesOf([[3, 1n]], [])).rejects.toThrow(PackedFault);
});
