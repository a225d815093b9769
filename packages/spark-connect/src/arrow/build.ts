import { ParallaxError } from '@parallax/core';
import { type Data, makeData } from 'apache-arrow';
import { type SparkType, type StructType, typeToDdl, unsupportedType } from '../types.ts';
import { isSparkDecimal, type SparkStruct, type SparkValue } from '../values.ts';
import { arrowType } from './arrow-types.ts';
import { Bits, Growing } from './growing.ts';

/** Fills the buffers of one Arrow column. */
export interface ColumnBuilder {
  /** Appends a value; throws `PRLX_SPARK_VALUE` when it is not one of the column's type. */
  append(value: SparkValue | undefined): void;
  bytes(): number;
  finish(): Data;
}

/** The part that differs by type: `push` gets no null; a null's slot is filled by `pushNull`. */
interface Slots {
  push(value: SparkValue): void;
  pushNull(): void;
  bytes(): number;
  finish(): Record<string, unknown>;
}

/** A builder of one column; `path` names it in errors. */
export function columnBuilder(type: SparkType, nullable: boolean, path: string): ColumnBuilder {
  const slots = slotsOf(type, path);
  const valid = new Bits();
  return {
    append(value) {
      if (value === undefined) throw badValue(path, type, 'undefined', valid.length);
      if (value === null) {
        if (!nullable && type.kind !== 'null') throw badValue(path, type, 'null, which the schema forbids', valid.length);
        slots.pushNull();
      } else {
        slots.push(value);
      }
      valid.push(value !== null);
    },
    bytes: () => slots.bytes() + (valid.length >> 3),
    finish() {
      const nulls = valid.zeros;
      // `makeData` chooses its overload by the type at run time; the buffers of each type are checked by the round-trip tests.
      const props = {
        type: arrowType(type),
        length: valid.length,
        nullCount: nulls,
        ...(nulls === 0 ? {} : { nullBitmap: valid.bytes() }),
        ...slots.finish(),
      };
      return makeData(props as unknown as Parameters<typeof makeData>[0]) as Data;
    },
  };
}

function slotsOf(type: SparkType, path: string): Slots {
  switch (type.kind) {
    case 'null':
      return { push: (value) => fail(path, type, value), pushNull() {}, bytes: () => 0, finish: () => ({}) };
    case 'boolean':
      return booleanSlots(type, path);
    case 'byte':
      return numberSlots(type, path, new Growing(Int8Array), true);
    case 'short':
      return numberSlots(type, path, new Growing(Int16Array), true);
    case 'int':
    case 'date':
    case 'year_month_interval':
      return numberSlots(type, path, new Growing(Int32Array), true);
    case 'float':
      return numberSlots(type, path, new Growing(Float32Array), false);
    case 'double':
      return numberSlots(type, path, new Growing(Float64Array), false);
    case 'long':
    case 'timestamp':
    case 'timestamp_ntz':
    case 'time':
    case 'day_time_interval':
      return bigintSlots(type, path);
    case 'decimal':
      return decimalSlots(type, path);
    case 'string':
    case 'binary':
      return byteSlots(type, path);
    case 'array':
      return listSlots(type, path);
    case 'map':
      return mapSlots(type, path);
    case 'struct':
      return structSlots(type, path);
    case 'unsupported':
      throw unsupportedType(`${type.name} (${path})`);
  }
}

function booleanSlots(type: SparkType, path: string): Slots {
  const bits = new Bits();
  return {
    push: (value) => bits.push(typeof value === 'boolean' ? value : fail(path, type, value)),
    pushNull: () => bits.push(false),
    bytes: () => bits.length >> 3,
    finish: () => ({ data: bits.bytes() }),
  };
}

function numberSlots(
  type: SparkType,
  path: string,
  values: Growing<Int8Array> | Growing<Int16Array> | Growing<Int32Array> | Growing<Float32Array> | Growing<Float64Array>,
  integer: boolean,
): Slots {
  return {
    push(value) {
      if (typeof value !== 'number') return fail(path, type, value);
      const at = values.reserve(1);
      values.array[at] = value;
      if (integer && values.array[at] !== value) return fail(path, type, value);
    },
    pushNull: () => void values.reserve(1),
    bytes: () => values.length * values.array.BYTES_PER_ELEMENT,
    finish: () => ({ data: values.used() }),
  };
}

function bigintSlots(type: SparkType, path: string): Slots {
  const values = new Growing(BigInt64Array);
  return {
    push(value) {
      if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) return fail(path, type, value);
      values.push(value);
    },
    pushNull: () => void values.reserve(1),
    bytes: () => values.length * 8,
    finish: () => ({ data: values.used() }),
  };
}

/** A value of fewer places is widened exactly; one of more places is refused, never rounded. */
function decimalSlots(type: SparkType & { kind: 'decimal' }, path: string): Slots {
  const words = new Growing(BigInt64Array);
  const bound = 10n ** BigInt(type.precision);
  return {
    push(value) {
      if (!isSparkDecimal(value) || value.scale > type.scale) return fail(path, type, value);
      const unscaled = value.scale === type.scale ? value.unscaled : value.unscaled * 10n ** BigInt(type.scale - value.scale);
      if (unscaled >= bound || unscaled <= -bound) return fail(path, type, value);
      const at = words.reserve(2);
      words.array[at] = BigInt.asIntN(64, unscaled);
      words.array[at + 1] = unscaled >> 64n;
    },
    pushNull: () => void words.reserve(2),
    bytes: () => words.length * 8,
    finish: () => ({ data: new Uint32Array(words.used().buffer) }),
  };
}

function byteSlots(type: SparkType, path: string): Slots {
  const data = new Growing(Uint8Array);
  const offsets = new Growing(Int32Array);
  offsets.push(0);
  const end = () => offsets.push(data.length);
  return {
    push(value) {
      const bytes = bytesOf(value, type, path);
      const at = data.reserve(bytes.length);
      data.array.set(bytes, at);
      end();
    },
    pushNull: end,
    bytes: () => data.length + offsets.length * 4,
    finish: () => ({ data: data.used(), valueOffsets: offsets.used() }),
  };
}

const encoder = new TextEncoder();

function bytesOf(value: SparkValue, type: SparkType, path: string): Uint8Array {
  if (type.kind === 'binary') return value instanceof Uint8Array ? value : fail(path, type, value);
  // A lone surrogate has no UTF-8 form; encoding it would silently change the text.
  return typeof value === 'string' && value.isWellFormed() ? encoder.encode(value) : fail(path, type, value);
}

function listSlots(type: SparkType & { kind: 'array' }, path: string): Slots {
  const element = columnBuilder(type.element, type.containsNull, `${path}.element`);
  const offsets = new Growing(Int32Array);
  offsets.push(0);
  let count = 0;
  const end = () => offsets.push(count);
  return {
    push(value) {
      if (!Array.isArray(value)) return fail(path, type, value);
      for (const each of value as readonly SparkValue[]) element.append(each);
      count += value.length;
      end();
    },
    pushNull: end,
    bytes: () => element.bytes() + offsets.length * 4,
    finish: () => ({ valueOffsets: offsets.used(), child: element.finish() }),
  };
}

function mapSlots(type: SparkType & { kind: 'map' }, path: string): Slots {
  const key = columnBuilder(type.key, false, `${path}.key`);
  const item = columnBuilder(type.value, type.valueContainsNull, `${path}.value`);
  const offsets = new Growing(Int32Array);
  offsets.push(0);
  let count = 0;
  const end = () => offsets.push(count);
  return {
    push(value) {
      if (!(value instanceof Map)) return fail(path, type, value);
      for (const [eachKey, eachValue] of value as ReadonlyMap<SparkValue, SparkValue>) {
        key.append(eachKey);
        item.append(eachValue);
      }
      count += value.size;
      end();
    },
    pushNull: end,
    bytes: () => key.bytes() + item.bytes() + offsets.length * 4,
    finish() {
      const entries = arrowType(type).children[0]?.type;
      const child = makeData({
        type: entries,
        length: count,
        nullCount: 0,
        children: [key.finish(), item.finish()],
      } as unknown as Parameters<typeof makeData>[0]);
      return { valueOffsets: offsets.used(), child };
    },
  };
}

function structSlots(type: StructType, path: string): Slots {
  // The slot of a null struct still needs its children's slots, whatever their own nullability.
  const fields = type.fields.map((field) => ({ field, builder: columnBuilder(field.type, true, `${path}.${field.name}`) }));
  return {
    push(value) {
      if (!isStruct(value)) return fail(path, type, value);
      for (const { field, builder } of fields) {
        const item = Object.hasOwn(value, field.name) ? value[field.name] : undefined;
        if (item === null && !field.nullable) throw badValue(`${path}.${field.name}`, field.type, 'null, which the schema forbids');
        builder.append(item);
      }
    },
    pushNull() {
      for (const { builder } of fields) builder.append(null);
    },
    bytes: () => fields.reduce((sum, { builder }) => sum + builder.bytes(), 0),
    finish: () => ({ children: fields.map(({ builder }) => builder.finish()) }),
  };
}

function isStruct(value: SparkValue): value is SparkStruct {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map) && !ArrayBuffer.isView(value);
}

function fail(path: string, type: SparkType, value: SparkValue): never {
  throw badValue(path, type, describe(value));
}

function describe(value: SparkValue): string {
  if (isSparkDecimal(value)) return `the decimal ${value.unscaled}e-${value.scale}`;
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : `an object (${value?.constructor?.name ?? 'null'})`;
  return `the ${typeof value} ${String(value).slice(0, 40)}`;
}

function badValue(path: string, type: SparkType, found: string, row?: number): ParallaxError {
  const where = row === undefined ? '' : `, row ${row} of its chunk`;
  return new ParallaxError('PRLX_SPARK_VALUE', `column ${path}${where}: ${found} is no value of ${typeToDdl(type)}`, {
    advice: 'BIGINT and times take a bigint, DECIMAL takes { unscaled, scale } of at most the column’s places, text must be well-formed.',
    exitCode: 2,
  });
}
