import { type ColumnReader, decodeArrowStream, duplicateName, objectOf } from './arrow/decode.ts';
import type { StructType } from './types.ts';
import type { Row } from './values.ts';

/** A column of one batch; indexes count from 0 within the batch. */
export interface DecodedColumn extends ColumnReader {
  readonly name: string;
}

/** Some rows of a result, by column: no object is made for a row until `rows` is asked for. */
export class DecodedBatch {
  readonly schema: StructType;
  readonly rowCount: number;
  readonly columns: readonly DecodedColumn[];

  constructor(schema: StructType, rowCount: number, readers: readonly ColumnReader[]) {
    this.schema = schema;
    this.rowCount = rowCount;
    this.columns = readers.map((reader, index) => ({ ...reader, name: schema.fields[index]?.name ?? '' }));
  }

  /** The column of that name; throws a RangeError when there is none, `PRLX_SPARK_DUPLICATE_COLUMN` when there are two. */
  column(name: string): DecodedColumn {
    const [found, ...others] = this.columns.filter((column) => column.name === name);
    if (found === undefined) throw new RangeError(`the result has no column ${name}`);
    if (others.length > 0) throw duplicateName(name);
    return found;
  }

  /** The rows as objects; throws `PRLX_SPARK_DUPLICATE_COLUMN` when two columns share a name. */
  *rows(): Generator<Row> {
    const names = this.columns.map((column) => column.name);
    const repeated = names.find((name, index) => names.indexOf(name) !== index);
    if (repeated !== undefined) throw duplicateName(repeated);
    for (let index = 0; index < this.rowCount; index++) yield objectOf(names, this.columns, index);
  }
}

/** The batches of one Arrow message of Spark. */
export function* decodeBatches(bytes: Uint8Array, schema: StructType): Generator<DecodedBatch> {
  for (const { rowCount, readers } of decodeArrowStream(bytes, schema)) yield new DecodedBatch(schema, rowCount, readers);
}
