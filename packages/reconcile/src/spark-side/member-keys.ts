import { join } from 'node:path';
import { type Project, unreachable } from '@parallax/core';
import { PackedKeys } from './packed-keys.ts';
import { type ParquetReader, parquetTable, tableOf } from './parquet.ts';

/** The keys of those in a file of `members` who are scored. */
export async function scoredMembers(parquet: ParquetReader, file: string, project: Pick<Project, 'population'>): Promise<PackedKeys> {
  const keys = new PackedKeys();
  for await (const { count, columns } of parquet.query(`SELECT encode(key) FROM ${tableOf([file])} WHERE ${isScored(project)}`)) {
    for (let row = 0; row < count; row++) {
      const bytes = keyIn(columns[0]?.getItem(row));
      keys.add(bytes, 0, bytes.length);
    }
  }
  return keys;
}

/** Shows those of a minute who were done again, each with whether it is scored now. */
export async function eachAmendedMember(
  parquet: ParquetReader,
  folder: string,
  project: Pick<Project, 'population'>,
  take: (key: Uint8Array, isScored: boolean) => void,
): Promise<void> {
  const table = await parquetTable(join(folder, 'members-amended'));
  if (table === null) return;
  for await (const { count, columns } of parquet.query(`SELECT encode(key), (${isScored(project)}) IS TRUE FROM ${table}`))
    for (let row = 0; row < count; row++) take(keyIn(columns[0]?.getItem(row)), columns[1]?.getItem(row) === true);
}

function keyIn(item: unknown): Uint8Array {
  const key = item as { readonly bytes: Uint8Array } | null | undefined;
  if (key == null) throw new RangeError('a member without a key');
  return key.bytes;
}

/** Which rows of `members` are scored (contract, section 4). */
function isScored({ population }: Pick<Project, 'population'>): string {
  switch (population) {
    case 'window':
      return 'in_base AND in_hour';
    case 'touched':
      return 'in_base AND touched';
    case 'base':
      return 'in_base';
    default:
      return unreachable(population);
  }
}
