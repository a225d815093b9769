/**
 * Goal: of a minute that was made of a draft all windows are read, those of customers who were done again in place of the draft's. Method: runs of many customers
 * in Parquet, more than DuckDB reads ahead: what is read beside them must not end them.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blobValue, DuckDBInstance } from '@duckdb/node-api';
import { quoteLiteral } from '@parallax/core';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { layoutOf } from '../src/spark-side/layout.ts';
import { ParquetReader } from '../src/spark-side/parquet.ts';
import { windowRuns } from '../src/spark-side/window-runs.ts';
import { Packer } from './packed.ts';

const BUCKETS = 6;
const CUSTOMERS = 60_000;
const layout = layoutOf({ streams: [] });

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parallax-runs-'));
  onTestFinished(() => rm(folder, { recursive: true }));
});

/** Customers of a bucket, every `step`-th of them, as a run without streams. */
function keysOf(bucket: number, step: number): string[] {
  return Array.from({ length: CUSTOMERS / step }, (_, i) => `${bucket}-${String(i * step).padStart(6, '0')}-${'x'.repeat(20)}`);
}

function runOf(keys: readonly string[]): Uint8Array {
  const run = new Packer().u8(2).uint32(layout.fingerprint).uint32(keys.length);
  for (const key of keys) run.text(key);
  return run.done();
}

async function write(part: string, step: number): Promise<void> {
  const target = join(folder, part);
  await mkdir(target, { recursive: true });
  const db = await (await DuckDBInstance.create(':memory:')).connect();
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    await db.run('CREATE OR REPLACE TABLE t (bucket INT, hour BLOB, last BLOB)');
    await db.run('INSERT INTO t VALUES ($1::INT, NULL, $2::BLOB)', [BigInt(bucket), blobValue(runOf(keysOf(bucket, step)))]);
    await db.run(`COPY t TO ${quoteLiteral(join(target, `part-${bucket}.parquet`))} (FORMAT parquet)`);
  }
  db.closeSync();
}

test('every bucket is read to its end, with those who were done again', async () => {
  await write('windows', 2);
  await write('windows-amended', 3);
  const parquet = await ParquetReader.open();
  onTestFinished(() => parquet.close());
  const seen = new Map<string, number>();
  for await (const pair of windowRuns(parquet, { folder, amended: true }, layout)) {
    while (pair.next()) seen.set(pair.key, (seen.get(pair.key) ?? 0) + 1);
  }
  const expected = Array.from({ length: BUCKETS }, (_, bucket) => [...keysOf(bucket, 2), ...keysOf(bucket, 3)]).flat();
  expect(seen.size).toBe(new Set(expected).size);
  expect(expected.every((key) => seen.get(key) === 1)).toBe(true);
});
