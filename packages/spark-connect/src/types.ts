import { ParallaxError } from '@parallax/core';

/** A Spark SQL data type. `char` and `varchar` are `string`: their length is the table's concern, not the value's. */
export type SparkType =
  | { readonly kind: SimpleKind }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'array'; readonly element: SparkType; readonly containsNull: boolean }
  | { readonly kind: 'map'; readonly key: SparkType; readonly value: SparkType; readonly valueContainsNull: boolean }
  | StructType
  | { readonly kind: 'unsupported'; readonly name: string };

export const SIMPLE_KINDS = [
  'null',
  'boolean',
  'byte',
  'short',
  'int',
  'long',
  'float',
  'double',
  'string',
  'binary',
  'date',
  'timestamp',
  'timestamp_ntz',
  'time',
  'year_month_interval',
  'day_time_interval',
] as const;
export type SimpleKind = (typeof SIMPLE_KINDS)[number];

export interface StructType {
  readonly kind: 'struct';
  readonly fields: readonly StructField[];
}

export interface StructField {
  readonly name: string;
  readonly type: SparkType;
  readonly nullable: boolean;
}

const DDL_NAMES: Readonly<Record<SimpleKind, string>> = {
  null: 'VOID',
  boolean: 'BOOLEAN',
  byte: 'TINYINT',
  short: 'SMALLINT',
  int: 'INT',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  string: 'STRING',
  binary: 'BINARY',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  timestamp_ntz: 'TIMESTAMP_NTZ',
  time: 'TIME',
  year_month_interval: 'INTERVAL YEAR TO MONTH',
  day_time_interval: 'INTERVAL DAY TO SECOND',
};

/** The type as Spark SQL text, `DECIMAL(20,2)` or `STRUCT<`a`: INT NOT NULL>`. */
export function typeToDdl(type: SparkType): string {
  switch (type.kind) {
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'array':
      return `ARRAY<${typeToDdl(type.element)}>`;
    case 'map':
      return `MAP<${typeToDdl(type.key)}, ${typeToDdl(type.value)}>`;
    case 'struct':
      return `STRUCT<${type.fields.map((field) => fieldToDdl(field, ': ')).join(', ')}>`;
    case 'unsupported':
      return type.name;
    default:
      return DDL_NAMES[type.kind];
  }
}

/** The columns as Spark SQL text for CREATE TABLE or a schema, `` `a` INT NOT NULL, `b` STRING``. */
export function structToDdl(struct: StructType): string {
  return struct.fields.map((field) => fieldToDdl(field, ' ')).join(', ');
}

function fieldToDdl(field: StructField, separator: string): string {
  return `\`${field.name.replaceAll('`', '``')}\`${separator}${typeToDdl(field.type)}${field.nullable ? '' : ' NOT NULL'}`;
}

const JSON_NAMES: Readonly<Record<SimpleKind, string>> = {
  null: 'void',
  boolean: 'boolean',
  byte: 'byte',
  short: 'short',
  int: 'integer',
  long: 'long',
  float: 'float',
  double: 'double',
  string: 'string',
  binary: 'binary',
  date: 'date',
  timestamp: 'timestamp',
  timestamp_ntz: 'timestamp_ntz',
  time: 'time(6)',
  year_month_interval: 'interval year to month',
  day_time_interval: 'interval day to second',
};

/** The type as the value of Spark's JSON schema, which keeps the nullability of elements that DDL cannot say. */
export function typeToJson(type: SparkType): unknown {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'array':
      return { type: 'array', elementType: typeToJson(type.element), containsNull: type.containsNull };
    case 'map':
      return {
        type: 'map',
        keyType: typeToJson(type.key),
        valueType: typeToJson(type.value),
        valueContainsNull: type.valueContainsNull,
      };
    case 'struct':
      return {
        type: 'struct',
        fields: type.fields.map((field) => ({ name: field.name, type: typeToJson(field.type), nullable: field.nullable, metadata: {} })),
      };
    case 'unsupported':
      throw unsupportedType(type.name);
    default:
      return JSON_NAMES[type.kind];
  }
}

/** The error for a type that this client does not carry (calendar interval, variant, user-defined, geospatial). */
export function unsupportedType(name: string): ParallaxError {
  return new ParallaxError('PRLX_SPARK_TYPE', `values of type ${name} cannot be exchanged with Spark`, {
    advice: 'Cast the column to a supported type in the SQL, for example to STRING or BINARY.',
    exitCode: 2,
  });
}
