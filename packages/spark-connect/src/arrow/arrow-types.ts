import {
  Binary,
  Bool,
  type DataType,
  DateDay,
  Decimal,
  DurationMicrosecond,
  Field,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  IntervalYearMonth,
  List,
  Map_,
  Null,
  Struct,
  TimeNanosecond,
  Timestamp,
  TimeUnit,
  Utf8,
} from 'apache-arrow';
import { type SimpleKind, type SparkType, unsupportedType } from '../types.ts';

const SIMPLE: Readonly<Record<SimpleKind, () => DataType>> = {
  null: () => new Null(),
  boolean: () => new Bool(),
  byte: () => new Int8(),
  short: () => new Int16(),
  int: () => new Int32(),
  long: () => new Int64(),
  float: () => new Float32(),
  double: () => new Float64(),
  string: () => new Utf8(),
  binary: () => new Binary(),
  date: () => new DateDay(),
  // A zone makes it Spark's TIMESTAMP, none its TIMESTAMP_NTZ.
  timestamp: () => new Timestamp(TimeUnit.MICROSECOND, 'UTC'),
  timestamp_ntz: () => new Timestamp(TimeUnit.MICROSECOND),
  time: () => new TimeNanosecond(),
  year_month_interval: () => new IntervalYearMonth(),
  day_time_interval: () => new DurationMicrosecond(),
};

/** The Arrow type that Spark's `ArrowUtils.fromArrowType` reads back as `type`. Never a dictionary: a LocalRelation takes none. */
export function arrowType(type: SparkType): DataType {
  switch (type.kind) {
    case 'decimal':
      return new Decimal(type.scale, type.precision, 128);
    case 'array':
      return new List(new Field('element', arrowType(type.element), type.containsNull));
    case 'map': {
      const entries = new Struct<{ key: DataType; value: DataType }>([
        new Field('key', arrowType(type.key), false),
        new Field('value', arrowType(type.value), type.valueContainsNull),
      ]);
      return new Map_(new Field('entries', entries, false), false);
    }
    case 'struct':
      return new Struct(type.fields.map((field) => new Field(field.name, arrowType(field.type), field.nullable)));
    case 'unsupported':
      throw unsupportedType(type.name);
    default:
      return SIMPLE[type.kind]();
  }
}
