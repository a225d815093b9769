import { join } from 'node:path';
import { ByteCursor, PackedFault, textOf } from './bytes.ts';
import type { ParquetReader } from './parquet.ts';

const CLASSES = ['accepted', 'invalid', 'late', 'ahead', 'duplicate'] as const;
const REASONS = ['too_large', 'utf8', 'json', 'key', 'time', 'id', 'type', 'range'] as const;
const INVALID = 1;

/** A message that Spark did not accept; of an invalid one key, id and time are null. */
export interface SparkRejected {
  readonly stream: number;
  readonly class: string;
  readonly reason: string | null;
  readonly key: string | null;
  readonly id: string | null;
  /** µs since 1970. */
  readonly time: bigint | null;
}

/** Reads what an iteration did not accept, in no order. */
export async function eachRejected(parquet: ParquetReader, folder: string, take: (message: SparkRejected) => void): Promise<void> {
  const list = new ByteCursor();
  const record = new ByteCursor();
  for await (const { count, columns } of parquet.rows(join(folder, 'kept'), (t) => `SELECT kept FROM ${t}`)) {
    for (let row = 0; row < count; row++) {
      const blob = columns[0]?.getItem(row) as { readonly bytes: Uint8Array } | null;
      if (blob === null) continue;
      list.open(blob.bytes);
      while (list.hasMore) {
        const length = list.length();
        record.open(blob.bytes, list.at, list.at + length);
        take(rejectedOf(record));
        list.skip(length);
      }
    }
  }
}

function rejectedOf(record: ByteCursor): SparkRejected {
  const stream = record.index();
  record.uvarint();
  record.uvarint();
  const kind = record.u8();
  const name = CLASSES[kind];
  if (name === undefined || name === 'accepted') throw new PackedFault(`class ${kind} among rejected messages`);
  if (kind === INVALID) {
    const reason = REASONS[record.u8()];
    if (reason === undefined) throw new PackedFault('an unknown reason');
    return { stream, class: name, reason, key: null, id: null, time: null };
  }
  const time = record.int64();
  return { stream, class: name, reason: null, key: text(record), id: text(record), time };
}

function text(record: ByteCursor): string {
  const length = record.length();
  const value = textOf(record.bytes, record.at, record.at + length);
  record.skip(length);
  return value;
}
