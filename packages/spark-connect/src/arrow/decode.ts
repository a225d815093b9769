import { isUtf8 } from 'node:buffer';
import { ParallaxError } from '@parallax/core';
import { type Data, DataType, RecordBatchReader, Type } from 'apache-arrow';
import { type SparkType, type StructType, unsupportedType } from '../types.ts';
import type { SparkValue } from '../values.ts';

/**
 * The only place where Arrow becomes values. It reads Arrow's raw buffers (Arrow Columnar Format 1.5, little-endian), because the
 * library's own accessors lose exactness: a decimal comes unscaled, a microsecond timestamp as a double.
 */
export interface ColumnReader {
  readonly length: number;
  isNull(index: number): boolean;
  get(index: number): SparkValue;
  /** The fixed-width values without nulls' marks: what `get` would say of non-null ones; undefined for other types. */
  readonly raw: FixedWidthArray | undefined;
  /** The unscaled integer of a decimal, the value of a BIGINT or TIMESTAMP; undefined for other types. Meaningless where null. */
  readonly int64: ((index: number) => bigint) | undefined;
}

export type FixedWidthArray = Int8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array;

/** One Arrow IPC stream as columns in the order of `schema`; several record batches in it come one after the other. */
export function* decodeArrowStream(
  bytes: Uint8Array,
  schema: StructType,
): Generator<{ rowCount: number; readers: readonly ColumnReader[] }> {
  for (const batch of RecordBatchReader.from(bytes)) {
    const children = batch.data.children;
    if (children.length !== schema.fields.length) {
      throw corrupt(`${children.length} columns where the schema has ${schema.fields.length}`);
    }
    yield { rowCount: batch.numRows, readers: schema.fields.map((field, index) => readColumn(children[index], field.type, field.name)) };
  }
}

/** A reader of one Arrow column (also nested) of the given Spark type; `path` names it in errors. */
function readColumn(data: Data | undefined, type: SparkType, path: string): ColumnReader {
  if (data === undefined) throw corrupt(`no data for ${path}`);
  if (data.offset !== 0) throw corrupt(`a sliced column for ${path}`);
  const isNull = nullTest(data);
  const raw = fixedWidth(data, type, path);
  const value = raw === undefined ? variable(data, type, path) : valueOfRaw(raw);
  return {
    length: data.length,
    isNull,
    get: (index) => (isNull(index) ? null : value(index)),
    raw,
    int64: raw instanceof BigInt64Array ? (index) => raw[index] ?? 0n : decimalReader(data, type),
  };
}

function nullTest(data: Data): (index: number) => boolean {
  if (data.typeId === Type.Null) return () => true;
  const bitmap = data.nullCount > 0 ? data.nullBitmap : undefined;
  if (bitmap === undefined || bitmap.length === 0) return () => false;
  return (index) => (((bitmap[index >> 3] ?? 0) >> (index & 7)) & 1) === 0;
}

/** Which Arrow type, and which view of its buffer, each fixed-width Spark type arrives as. */
const FIXED_WIDTH: Readonly<Record<string, { typeId: Type; view: FixedWidthConstructor }>> = {
  byte: { typeId: Type.Int, view: Int8Array },
  short: { typeId: Type.Int, view: Int16Array },
  int: { typeId: Type.Int, view: Int32Array },
  long: { typeId: Type.Int, view: BigInt64Array },
  float: { typeId: Type.Float, view: Float32Array },
  double: { typeId: Type.Float, view: Float64Array },
  date: { typeId: Type.Date, view: Int32Array },
  timestamp: { typeId: Type.Timestamp, view: BigInt64Array },
  timestamp_ntz: { typeId: Type.Timestamp, view: BigInt64Array },
  time: { typeId: Type.Time, view: BigInt64Array },
  year_month_interval: { typeId: Type.Interval, view: Int32Array },
  day_time_interval: { typeId: Type.Duration, view: BigInt64Array },
};

interface FixedWidthConstructor {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): FixedWidthArray;
  readonly BYTES_PER_ELEMENT: number;
}

function fixedWidth(data: Data, type: SparkType, path: string): FixedWidthArray | undefined {
  const form = FIXED_WIDTH[type.kind];
  if (form === undefined) return undefined;
  expectArrow(data, form.typeId, type, path);
  return viewOf(data.values, form.view, data.length, path);
}

function viewOf(values: unknown, View: FixedWidthConstructor, length: number, path: string): FixedWidthArray {
  if (!ArrayBuffer.isView(values)) throw corrupt(`no values for ${path}`);
  const byteLength = length * View.BYTES_PER_ELEMENT;
  if (values.byteLength < byteLength) throw corrupt(`${values.byteLength} bytes where ${path} needs ${byteLength}`);
  if (values.byteOffset % View.BYTES_PER_ELEMENT === 0) return new View(values.buffer, values.byteOffset, length);
  const aligned = values.buffer.slice(values.byteOffset, values.byteOffset + byteLength);
  return new View(aligned, 0, length);
}

function valueOfRaw(raw: FixedWidthArray): (index: number) => SparkValue {
  return (index) => raw[index] ?? null;
}

function variable(data: Data, type: SparkType, path: string): (index: number) => SparkValue {
  switch (type.kind) {
    case 'null':
      return () => null;
    case 'boolean': {
      expectArrow(data, Type.Bool, type, path);
      const bits = data.values as Uint8Array;
      return (index) => (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
    }
    case 'decimal': {
      const unscaled = decimalReader(data, type);
      if (unscaled === undefined) throw mismatch(data, type, path);
      const { scale } = type;
      return (index) => ({ unscaled: unscaled(index), scale });
    }
    case 'string':
      return readStrings(data, type, path);
    case 'binary':
      return readBinary(data, type, path);
    case 'array':
      return readList(data, type, path);
    case 'map':
      return readMap(data, type, path);
    case 'struct':
      return readStruct(data, type, path);
    case 'unsupported':
      throw unsupportedType(`${type.name} (${path})`);
    default:
      throw mismatch(data, type, path);
  }
}

/** A 128-bit two's complement integer, two little-endian words a value. Most fit the low word, and stay cheap. */
function decimalReader(data: Data, type: SparkType): ((index: number) => bigint) | undefined {
  if (type.kind !== 'decimal') return undefined;
  if (!DataType.isDecimal(data.type) || data.type.bitWidth !== 128 || data.type.scale !== type.scale) return undefined;
  const words = viewOf(data.values, BigInt64Array, data.length * 2, 'a decimal');
  if (!(words instanceof BigInt64Array)) throw corrupt('no words for a decimal');
  return (index) => {
    const low = words[2 * index] ?? 0n;
    const high = words[2 * index + 1] ?? 0n;
    if (high === low >> 63n) return low;
    return (high << 64n) | BigInt.asUintN(64, low);
  };
}

function readStrings(data: Data, type: SparkType, path: string): (index: number) => SparkValue {
  const { bytes, start, end } = readBytes(data, Type.Utf8, Type.LargeUtf8, type, path);
  const valid = data.length === 0 || isUtf8(bytes.subarray(start(0), end(data.length - 1)));
  return (index) => {
    const from = start(index);
    const to = end(index);
    // A value that begins inside a character makes both it and its neighbour invalid, though the whole buffer is valid.
    const cut = isContinuation(bytes[from]) || (to < bytes.length && isContinuation(bytes[to]));
    if ((!valid || cut) && !isUtf8(bytes.subarray(from, to))) throw notUtf8(path, index);
    return bytes.toString('utf8', from, to);
  };
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function readBinary(data: Data, type: SparkType, path: string): (index: number) => SparkValue {
  const { bytes, start, end } = readBytes(data, Type.Binary, Type.LargeBinary, type, path);
  // A copy: a value that is kept must not keep its whole batch alive, and a Buffer is not a plain Uint8Array.
  return (index) => new Uint8Array(bytes.subarray(start(index), end(index)));
}

interface ByteRanges {
  readonly bytes: Buffer;
  readonly start: (index: number) => number;
  readonly end: (index: number) => number;
}

function readBytes(data: Data, small: Type, large: Type, type: SparkType, path: string): ByteRanges {
  if (data.typeId !== small && data.typeId !== large) throw mismatch(data, type, path);
  const values = data.values as Uint8Array | undefined;
  const bytes = values === undefined ? Buffer.alloc(0) : Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return { bytes, ...offsetsOf(data) };
}

function offsetsOf(data: Data): Pick<ByteRanges, 'start' | 'end'> {
  const offsets = data.valueOffsets as Int32Array | BigInt64Array;
  return { start: (index) => Number(offsets[index] ?? 0), end: (index) => Number(offsets[index + 1] ?? 0) };
}

function readList(data: Data, type: SparkType & { kind: 'array' }, path: string): (index: number) => SparkValue {
  expectArrow(data, Type.List, type, path);
  const element = readColumn(data.children[0], type.element, `${path}.element`);
  const { start, end } = offsetsOf(data);
  return (index) => {
    const from = start(index);
    return Array.from({ length: end(index) - from }, (_, at) => element.get(from + at));
  };
}

function readMap(data: Data, type: SparkType & { kind: 'map' }, path: string): (index: number) => SparkValue {
  expectArrow(data, Type.Map, type, path);
  const entries = data.children[0];
  const key = readColumn(entries?.children[0], type.key, `${path}.key`);
  const value = readColumn(entries?.children[1], type.value, `${path}.value`);
  const { start, end } = offsetsOf(data);
  return (index) => {
    const result = new Map<SparkValue, SparkValue>();
    for (let at = start(index); at < end(index); at++) result.set(key.get(at), value.get(at));
    return result;
  };
}

function readStruct(data: Data, type: StructType, path: string): (index: number) => SparkValue {
  expectArrow(data, Type.Struct, type, path);
  const names = type.fields.map((field) => field.name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw duplicateName(`${path}.${repeated}`);
  const columns = type.fields.map((field, index) => readColumn(data.children[index], field.type, `${path}.${field.name}`));
  return (index) => objectOf(names, columns, index);
}

/** A plain object of one row, fields in order; safe for a field named `__proto__`. */
export function objectOf(names: readonly string[], columns: readonly ColumnReader[], index: number): Record<string, SparkValue> {
  const result: Record<string, SparkValue> = {};
  for (let at = 0; at < names.length; at++) {
    const name = names[at] ?? '';
    const value = columns[at]?.get(index) ?? null;
    if (name === '__proto__') Object.defineProperty(result, name, { value, enumerable: true, writable: true, configurable: true });
    else result[name] = value;
  }
  return result;
}

function expectArrow(data: Data, typeId: Type, type: SparkType, path: string): void {
  if (data.typeId !== typeId) throw mismatch(data, type, path);
}

function mismatch(data: Data, type: SparkType, path: string): ParallaxError {
  return corrupt(`Arrow type ${String(data.type)} where ${path} is of Spark type ${type.kind}`);
}

function corrupt(what: string): ParallaxError {
  return new ParallaxError('PRLX_SPARK_DECODE', `Spark sent a result that cannot be read: ${what}`, {
    advice: 'The server is of another version than the jar that the stubs were generated from; use the same.',
  });
}

function notUtf8(path: string, index: number): ParallaxError {
  return new ParallaxError('PRLX_SPARK_TEXT', `column ${path}, row ${index} of its batch: the text is not valid UTF-8`, {
    advice: 'Select the column as BINARY to get its bytes.',
  });
}

/** The error for a result that has one name twice, when rows are asked for as objects. */
export function duplicateName(name: string): ParallaxError {
  return new ParallaxError('PRLX_SPARK_DUPLICATE_COLUMN', `the result has more than one column named ${name}`, {
    advice: 'Give each column its own name with AS, or read the result by queryBatches.',
    exitCode: 2,
  });
}
