import { join } from 'node:path';
import type { SparkMinute } from '../sides.ts';
import type { Layout } from './layout.ts';
import { type ParquetReader, parquetTable, type Rows } from './parquet.ts';
import { type AmendedRun, RunPair } from './run-cursor.ts';

type Runs = readonly [hour: Uint8Array | null, last: Uint8Array | null];

const NONE: Runs = [null, null];

/** Both windows of every customer of a minute, bucket by bucket: of a minute that was made of a draft with the customers that were done again. */
export async function* windowRuns(
  parquet: ParquetReader,
  { folder, amended }: Pick<SparkMinute, 'folder' | 'amended'>,
  layout: Layout,
): AsyncIterable<RunPair> {
  const again = amended ? await parquetTable(join(folder, 'windows-amended')) : null;
  const left = new Set<number>();
  if (again !== null)
    for await (const { count, columns } of parquet.query(`SELECT bucket FROM ${again}`))
      for (let row = 0; row < count; row++) left.add(columns[0]?.getItem(row) as number);
  const amendedOf = async (bucket: number): Promise<Runs> => {
    if (again === null || !left.delete(bucket)) return NONE;
    for await (const { columns } of parquet.query(`SELECT bucket, hour, last FROM ${again} WHERE bucket = ${bucket}`))
      return runsOf(columns, 0);
    return NONE;
  };
  for await (const { count, columns } of parquet.rows(join(folder, 'windows'), (t) => `SELECT bucket, hour, last FROM ${t}`)) {
    for (let row = 0; row < count; row++) yield pairOf(runsOf(columns, row), await amendedOf(columns[0]?.getItem(row) as number), layout);
  }
  for (const bucket of [...left]) yield pairOf(NONE, await amendedOf(bucket), layout);
}

function runsOf(columns: Rows['columns'], row: number): Runs {
  const bytes = (column: number) => (columns[column]?.getItem(row) as { readonly bytes: Uint8Array } | null)?.bytes ?? null;
  return [bytes(1), bytes(2)];
}

function pairOf(whole: Runs, amended: Runs, layout: Layout): RunPair {
  const run = (at: 0 | 1): AmendedRun => ({ whole: whole[at], amended: amended[at] });
  return new RunPair(run(0), run(1), layout);
}
