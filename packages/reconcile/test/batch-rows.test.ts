/**
 * Goal: Spark's packed batch rows are read as they are, and bytes that are none are refused. Method: rows packed from the README of
 * `spark-functions`, random and at the edges; the files of a view by DuckDB.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { blobValue, DuckDBInstance } from '@duckdb/node-api';
import { type Project, quoteLiteral } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { buildProject } from '../../../test/contract/project-builder.ts';
import { BatchRun, batchLayout, findBatchRows, findContributions } from '../src/spark-side/batch-rows.ts';
import { PackedFault } from '../src/spark-side/bytes.ts';
import { ParquetReader } from '../src/spark-side/parquet.ts';
import { Packer } from './packed.ts';
import { integerBytes, packBatchRow } from './packed-batch.ts';

async function folderOf(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parallax-batch-rows-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** Columns of the view: profile_tier, profile_limit, profile_age, scorecard_a, scorecard_b, scorecard. */
async function projectOf(): Promise<Project> {
  const folder = await folderOf();
  const files = buildProject({
    streams: { s: { variables: [{ name: 'x', places: 0, aggregates: ['sum'] }] } },
    batch: { dwh: [{ name: 'profile', columns: { tier: 'text', limit: 2, age: 0 }, scorecard: true }] },
    scorecard: ['dwh,profile,age,a,,1,', 'dwh,profile,limit,b,,1,'],
  });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return loadProject(folder);
}

const TAKEN = ['profile_tier', 'profile_limit', 'profile_age'];
const cents = (value: bigint, places: number): string => {
  const digits = (value < 0n ? -value : value).toString().padStart(places + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -places)}.${digits.slice(-places)}`;
};
const sum = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });

test('cells and sums of every size and sign come back as the view shows them; the total is the modules’ sum', async () => {
  const project = await projectOf();
  const layout = batchLayout(project, TAKEN);
  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
  fc.assert(
    fc.property(
      maybe(fc.string()),
      maybe(sum),
      maybe(fc.bigInt({ min: -(1n << 62n), max: 1n << 62n })),
      sum,
      sum,
      (tier, limit, age, a, b) => {
        const cells = [
          tier,
          limit === null ? null : cents(limit, 2),
          age === null ? null : age.toString(),
          cents(a, 6),
          cents(b, 6),
          cents(a + b, 6),
        ];
        const run = new BatchRun(new Packer().text('ключ').sized(packBatchRow(project, cells)).text('9').sized(new Uint8Array(0)).done());
        expect(run.next()).toBe(true);
        expect([run.key, run.inBase]).toEqual(['ключ', true]);
        expect(run.row(layout)).toEqual(cells);
        expect(run.next()).toBe(true);
        expect([run.key, run.inBase]).toEqual(['9', false]);
        expect(run.next()).toBe(false);
      },
    ),
  );
});

test('sums are rounded half away from zero, the total by itself', async () => {
  const project = await projectOf();
  const layout = batchLayout(project, []);
  const row = (a: bigint, b: bigint) => new Packer().sized(integerBytes(a)).sized(integerBytes(b)).uvarint(0).done();
  const read = (a: bigint, b: bigint) => {
    const run = new BatchRun(new Packer().text('1').sized(row(a, b)).done());
    run.next();
    return run.row(layout).slice(3);
  };
  expect(read(500_000n, 499_999n)).toEqual(['0.000001', '0.000000', '0.000001']);
  expect(read(-500_000n, -499_999n)).toEqual(['-0.000001', '0.000000', '-0.000001']);
  expect(read(400_000n, 400_000n)).toEqual(['0.000000', '0.000000', '0.000001']);
});

test('columns that rows do not hold are null and said not to be held', async () => {
  const layout = batchLayout(await projectOf(), ['profile_limit']);
  expect(layout.held).toEqual([false, true, false, true, true, true]);
  const run = new BatchRun(new Packer().text('1').sized(new Packer().uvarint(2).u8(7).uvarint(0).uvarint(0).uvarint(0).done()).done());
  run.next();
  expect(run.row(layout)).toEqual([null, '0.07', null, '0.000000', '0.000000', '0.000000']);
});

test('a row that is cut short or longer than it says is refused', async () => {
  const project = await projectOf();
  const layout = batchLayout(project, TAKEN);
  const whole = packBatchRow(project, ['gold', '1.00', '5', '1.000000', '-2.000000', '-1.000000']);
  const read = (bytes: Uint8Array) => {
    const run = new BatchRun(new Packer().text('1').sized(bytes).done());
    run.next();
    return run.row(layout);
  };
  for (let length = 0; length < whole.length; length++) expect(() => read(whole.subarray(0, length))).toThrow(PackedFault);
  expect(() => read(Uint8Array.from([...whole, 0]))).toThrow('longer than it says');
  expect(() => new BatchRun(Uint8Array.from([5, 1])).next()).toThrow(PackedFault);
});

test('customers are found in the files of a view; who is not there or not in the base is left out', async () => {
  const project = await projectOf();
  const folder = await folderOf();
  const cells = ['gold', '1.00', '5', '1.000000', '-2.000000', '-1.000000'];
  const run = new Packer().text('1').sized(packBatchRow(project, cells)).text('2').sized(new Uint8Array(0)).done();
  const db = await (await DuckDBInstance.create(':memory:')).connect();
  await db.run('CREATE TABLE t (bucket INT, run BLOB)');
  await db.run('INSERT INTO t VALUES (0, $1::BLOB), (1, NULL)', [blobValue(run)]);
  await db.run(`COPY t TO ${quoteLiteral(join(folder, 'part-0.parquet'))} (FORMAT parquet)`);
  db.closeSync();
  const parquet = await ParquetReader.open();
  try {
    const found = await findBatchRows(parquet, project, { folders: [folder], taken: TAKEN }, new Set(['1', '2', '3']));
    expect([...found.keys()]).toEqual(['1']);
    expect(found.get('1')?.get('profile_limit')).toBe('1.00');
    expect(found.get('1')?.get('scorecard')).toBe('-1.000000');
    const batch = { folders: [folder], taken: TAKEN };
    expect(await findContributions(parquet, project, batch, '1')).toEqual([{ variable: 300, value: -5n }]);
    for (const nobody of ['2', '3']) expect(await findContributions(parquet, project, batch, nobody)).toBeNull();
  } finally {
    parquet.close();
  }
});
