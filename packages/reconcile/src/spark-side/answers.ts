import { MICROS_PER_MINUTE, type OnlineSource, quoteStandardLiteral } from '@parallax/core';
import { ByteCursor, PackedFault, textOf } from './bytes.ts';
import type { ParquetReader } from './parquet.ts';

/** The newest answer of one customer that may stand. */
export interface StandingAnswer {
  readonly customer: string;
  /** Minutes. */
  readonly age: number;
  /** Null for a field without a value, and for all fields of a customer that its answer did not hold. */
  readonly values: readonly (number | null)[];
}

/**
 * The answers of one source that Spark keeps for a minute: records of a sized key, an int64 iteration, three zigzags that order nothing any more, then
 * 0, or 1 and for each field 0, or 1 and its zigzag value.
 */
export async function eachStandingAnswer(
  parquet: ParquetReader,
  folder: string,
  source: OnlineSource,
  take: (answer: StandingAnswer) => void,
): Promise<void> {
  const blobs = (table: string) =>
    `SELECT minute, answers FROM ${table} WHERE source = ${quoteStandardLiteral(source.name)} AND answers IS NOT NULL`;
  const cursor = new ByteCursor();
  for await (const { count, columns } of parquet.rows(folder, blobs)) {
    for (let row = 0; row < count; row++) {
      const minute = columns[0]?.getItem(row) as bigint;
      const packed = columns[1]?.getItem(row) as { readonly bytes: Uint8Array };
      cursor.open(packed.bytes);
      while (cursor.hasMore) take(answerAt(cursor, minute, source.fields.length));
    }
  }
}

function answerAt(cursor: ByteCursor, minute: bigint, fields: number): StandingAnswer {
  const length = cursor.length();
  const customer = textOf(cursor.bytes, cursor.at, cursor.at + length);
  cursor.skip(length);
  const age = Number((minute - cursor.int64()) / MICROS_PER_MINUTE);
  for (let order = 0; order < 3; order++) cursor.zigzag();
  const values = new Array<number | null>(fields).fill(null);
  if (cursor.u8() !== 0) {
    for (let field = 0; field < fields; field++) if (cursor.u8() !== 0) values[field] = fieldOf(cursor.zigzag());
  }
  return { customer, age, values };
}

/** A field is an integer within ±10¹¹: a double holds it. */
function fieldOf(value: number | bigint): number {
  if (typeof value === 'bigint') throw new PackedFault('an answer beyond what a field may hold');
  return value;
}
