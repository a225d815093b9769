import { Field, makeData, RecordBatch, RecordBatchStreamWriter, Schema, Struct } from 'apache-arrow';
import type { StructType } from '../types.ts';
import type { SparkValue } from '../values.ts';
import { arrowType } from './arrow-types.ts';
import { type ColumnBuilder, columnBuilder } from './build.ts';

/** Collects rows into one Arrow IPC stream, exactly: raw buffers are filled here, the library only frames them. */
export class ArrowStreamBuilder {
  readonly #schema: StructType;
  readonly #columns: readonly ColumnBuilder[];
  /** Rows so far. */
  rows = 0;

  constructor(schema: StructType) {
    this.#schema = schema;
    this.#columns = schema.fields.map((field) => columnBuilder(field.type, field.nullable, field.name));
  }

  /** The bytes of the buffers so far, without padding and headers. */
  get bytes(): number {
    return this.#columns.reduce((sum, column) => sum + column.bytes(), 0);
  }

  /** Appends a row, one value a column; throws `PRLX_SPARK_VALUE` naming the column. */
  append(row: readonly SparkValue[]): void {
    if (row.length !== this.#columns.length) {
      throw new RangeError(`row ${this.rows} has ${row.length} values for ${this.#columns.length} columns`);
    }
    for (let at = 0; at < row.length; at++) this.#columns[at]?.append(row[at]);
    this.rows++;
  }

  /** The rows as one whole Arrow IPC stream, with its schema. */
  finish(): Uint8Array {
    const fields = this.#schema.fields.map((field) => new Field(field.name, arrowType(field.type), field.nullable));
    const type = new Struct(fields);
    const data = makeData({ type, length: this.rows, nullCount: 0, children: this.#columns.map((column) => column.finish()) });
    const batch = new RecordBatch(new Schema(fields), data);
    return RecordBatchStreamWriter.writeAll([batch]).toUint8Array(true);
  }
}
