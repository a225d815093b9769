import { join } from 'node:path';
import type { SparkMinute } from '../sides.ts';
import type { Layout } from './layout.ts';
import { type ParquetReader, parquetTable, type Rows } from './parquet.ts';
import { type AmendedRun, RunPair } from './run-cursor.ts';

type Runs = readonly [hour: Uint8Array | null, last: Uint8Array | null];

const NONE: Runs = [null, null];

/** A share of a minute's buckets, of all that are taken together: who takes one looks at nobody else's. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

export const WHOLE: Share = { index: 0, of: 1 };

/** These buckets, or all others. */
export interface SomeBuckets {
  readonly are: boolean;
  readonly buckets: readonly number[];
}

/**
 * Both windows of every customer of a share of a minute, bucket by bucket: of a minute that was made of a draft with the customers that were done again.
 * Files are shared, and buckets that no file has go to the first share.
 */
export async function* windowRuns(
  parquet: ParquetReader,
  { folder, amended }: Pick<SparkMinute, 'folder' | 'amended'>,
  layout: Layout,
  share: Share = WHOLE,
): AsyncIterable<RunPair> {
  const again = amended ? await parquetTable(join(folder, 'windows-amended')) : null;
  const mine = await parquetTable(join(folder, 'windows'), (index) => index % share.of === share.index);
  const left = await bucketsOf(parquet, again);
  const amendedOf = async (bucket: number): Promise<Runs> => {
    if (again === null || !left.delete(bucket)) return NONE;
    for await (const { columns } of parquet.query(`SELECT bucket, hour, last FROM ${again} WHERE bucket = ${bucket}`))
      return runsOf(columns, 0);
    return NONE;
  };
  if (mine !== null)
    for await (const { count, columns } of parquet.query(`SELECT bucket, hour, last FROM ${mine}`))
      for (let row = 0; row < count; row++) {
        const bucket = bucketIn(columns, row);
        yield pairOf(bucket, runsOf(columns, row), await amendedOf(bucket), layout);
      }
  if (share.index !== 0 || left.size === 0) return;
  const others = await bucketsOf(parquet, await parquetTable(join(folder, 'windows')));
  for (const bucket of [...left]) if (!others.has(bucket)) yield pairOf(bucket, NONE, await amendedOf(bucket), layout);
}

/** The customers that were done again of a minute that was made of a draft, alone, of some buckets. */
export async function* amendedRuns(
  parquet: ParquetReader,
  folder: string,
  layout: Layout,
  { are, buckets }: SomeBuckets,
): AsyncIterable<RunPair> {
  const again = await parquetTable(join(folder, 'windows-amended'));
  if (again === null || (are && buckets.length === 0)) return;
  const which = buckets.length === 0 ? '' : ` WHERE bucket ${are ? 'IN' : 'NOT IN'} (${buckets.join(', ')})`;
  for await (const { count, columns } of parquet.query(`SELECT bucket, hour, last FROM ${again}${which}`))
    for (let row = 0; row < count; row++) yield pairOf(bucketIn(columns, row), NONE, runsOf(columns, row), layout);
}

/** The buckets of a share's windows, and the share's among those that may be amended. */
export async function bucketsOfShare(parquet: ParquetReader, folder: string, share: Share): Promise<SomeBuckets> {
  const of = async (isOf: (index: number) => boolean) => [
    ...(await bucketsOf(parquet, await parquetTable(join(folder, 'windows'), (index) => isOf(index % share.of)))),
  ];
  // Buckets that no file has are the first share's.
  if (share.index === 0) return { are: false, buckets: await of((index) => index !== 0) };
  return { are: true, buckets: await of((index) => index === share.index) };
}

async function bucketsOf(parquet: ParquetReader, table: string | null): Promise<Set<number>> {
  const buckets = new Set<number>();
  if (table === null) return buckets;
  for await (const { count, columns } of parquet.query(`SELECT bucket FROM ${table}`))
    for (let row = 0; row < count; row++) buckets.add(bucketIn(columns, row));
  return buckets;
}

function bucketIn(columns: Rows['columns'], row: number): number {
  return columns[0]?.getItem(row) as number;
}

function runsOf(columns: Rows['columns'], row: number): Runs {
  const bytes = (column: number) => (columns[column]?.getItem(row) as { readonly bytes: Uint8Array } | null)?.bytes ?? null;
  return [bytes(1), bytes(2)];
}

function pairOf(bucket: number, whole: Runs, amended: Runs, layout: Layout): RunPair {
  const run = (at: 0 | 1): AmendedRun => ({ whole: whole[at], amended: amended[at] });
  return new RunPair(bucket, run(0), run(1), layout);
}
