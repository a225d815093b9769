import { create } from '@bufbuild/protobuf';
import { type DataType, DataTypeSchema } from './generated/spark/connect/types_pb.js';
import type { SimpleKind, SparkType, StructType } from './types.ts';
import { unsupportedType } from './types.ts';

/** The proto cases that carry nothing more than their name. */
const SIMPLE_CASES: Readonly<Partial<Record<NonNullable<DataType['kind']['case']>, SimpleKind>>> = {
  null: 'null',
  boolean: 'boolean',
  byte: 'byte',
  short: 'short',
  integer: 'int',
  long: 'long',
  float: 'float',
  double: 'double',
  string: 'string',
  char: 'string',
  varChar: 'string',
  binary: 'binary',
  date: 'date',
  timestamp: 'timestamp',
  timestampNtz: 'timestamp_ntz',
  time: 'time',
  yearMonthInterval: 'year_month_interval',
  dayTimeInterval: 'day_time_interval',
};

/** The type that Spark names; what this client does not carry becomes `unsupported`, an error only when a value of it is read. */
export function typeFromProto(proto: DataType | undefined): SparkType {
  const kind = proto?.kind;
  if (kind?.case === undefined) return { kind: 'unsupported', name: 'UNKNOWN' };
  switch (kind.case) {
    case 'decimal':
      return { kind: 'decimal', precision: kind.value.precision ?? 10, scale: kind.value.scale ?? 0 };
    case 'array':
      return { kind: 'array', element: typeFromProto(kind.value.elementType), containsNull: kind.value.containsNull };
    case 'map':
      return {
        kind: 'map',
        key: typeFromProto(kind.value.keyType),
        value: typeFromProto(kind.value.valueType),
        valueContainsNull: kind.value.valueContainsNull,
      };
    case 'struct':
      return {
        kind: 'struct',
        fields: kind.value.fields.map((field) => ({
          name: field.name,
          type: typeFromProto(field.dataType),
          nullable: field.nullable,
        })),
      };
    default: {
      const simple = SIMPLE_CASES[kind.case];
      return simple === undefined ? { kind: 'unsupported', name: kind.case.toUpperCase() } : { kind: simple };
    }
  }
}

/** The same, for a schema, which Spark always sends as a struct. */
export function structFromProto(proto: DataType | undefined): StructType {
  const type = typeFromProto(proto);
  if (type.kind !== 'struct') throw unsupportedType(type.kind);
  return type;
}

/** A type that the server parses from its text. */
export function unparsedType(ddl: string): DataType {
  return create(DataTypeSchema, { kind: { case: 'unparsed', value: { dataTypeString: ddl } } });
}

export const NULL_TYPE: DataType = create(DataTypeSchema, { kind: { case: 'null', value: {} } });
