import { MICROS_PER_MINUTE, type OnlineSource, quoteStandardLiteral } from '@parallax/core';
import { ByteCursor, PackedFault, textOf } from './bytes.ts';
import type { ParquetReader } from './parquet.ts';

/** The newest answer of one customer that may stand. One object shows one answer after the other. */
export class StandingAnswer {
  /** Its key is bytes[keyStart, keyEnd), in UTF-8. */
  bytes: Uint8Array = new Uint8Array(0);
  keyStart = 0;
  keyEnd = 0;
  /** Minutes. */
  age = 0;
  /** Null for a field without a value, and for all fields of a customer that its answer did not hold. */
  readonly values: (number | null)[];

  constructor(fields: number) {
    this.values = new Array<number | null>(fields).fill(null);
  }

  get customer(): string {
    return textOf(this.bytes, this.keyStart, this.keyEnd);
  }
}

/**
 * The answers of one source that Spark keeps for a minute: records of a sized key, an int64 iteration, three zigzags, then 0, or 1 and for each field 0, or 1 and its
 * zigzag value. What the zigzags order is ordered by the folders too (`SparkMinute.answers`).
 *
 * @param table stands for one or more files in a query
 * @param take is shown each in turn; what it is shown is valid until it returns
 */
export async function eachStandingAnswer(
  parquet: ParquetReader,
  table: string,
  source: OnlineSource,
  take: (answer: StandingAnswer) => void,
): Promise<void> {
  const blobs = `SELECT minute, answers FROM ${table} WHERE source = ${quoteStandardLiteral(source.name)} AND answers IS NOT NULL`;
  const cursor = new ByteCursor();
  const answer = new StandingAnswer(source.fields.length);
  for await (const { count, columns } of parquet.query(blobs)) {
    for (let row = 0; row < count; row++) {
      const minute = columns[0]?.getItem(row) as bigint;
      const packed = columns[1]?.getItem(row) as { readonly bytes: Uint8Array };
      cursor.open(packed.bytes);
      answer.bytes = packed.bytes;
      const ages = new Ages(minute);
      while (cursor.hasMore) {
        read(cursor, ages, answer);
        take(answer);
      }
    }
  }
}

function read(cursor: ByteCursor, ages: Ages, answer: StandingAnswer): void {
  const length = cursor.length();
  answer.keyStart = cursor.at;
  cursor.skip(length);
  answer.keyEnd = cursor.at;
  answer.age = ages.read(cursor);
  for (let order = 0; order < 3; order++) cursor.zigzag();
  const { values } = answer;
  const isThere = cursor.u8() !== 0;
  for (let field = 0; field < values.length; field++) values[field] = isThere && cursor.u8() !== 0 ? fieldOf(cursor.zigzag()) : null;
}

/** Reads iterations as minutes before one. Nearly always one is that of the answer before it: then it is not made a bigint. */
class Ages {
  readonly #minute: bigint;
  #low = 0;
  #high = 0;
  #age: number;

  constructor(minute: bigint) {
    this.#minute = minute;
    this.#age = Number(minute / MICROS_PER_MINUTE);
  }

  read(cursor: ByteCursor): number {
    const [low, high] = [cursor.uint32(), cursor.uint32()];
    if (low === this.#low && high === this.#high) return this.#age;
    this.#low = low;
    this.#high = high;
    this.#age = Number((this.#minute - BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low))) / MICROS_PER_MINUTE);
    return this.#age;
  }
}

/** A field is an integer within ±10¹¹: a double holds it. */
function fieldOf(value: number | bigint): number {
  if (typeof value === 'bigint') throw new PackedFault('an answer beyond what a field may hold');
  return value;
}
