import { create } from '@bufbuild/protobuf';
import { ParallaxError } from '@parallax/core';
import {
  type Expression,
  type Expression_Literal,
  Expression_LiteralSchema,
  ExpressionSchema,
} from './generated/spark/connect/expressions_pb.js';
import type { SQL } from './generated/spark/connect/relations_pb.js';
import { SQLSchema } from './generated/spark/connect/relations_pb.js';
import { NULL_TYPE } from './proto-types.ts';
import { decimalToString, type SparkDecimal } from './values.ts';

/**
 * A bound parameter. A bigint is BIGINT, a text STRING, bytes BINARY. A JavaScript number says by its wrapper what it is, because
 * 1 and 1.0 are one number here and two types there.
 */
export type SqlArg =
  | null
  | boolean
  | bigint
  | string
  | Uint8Array
  | { readonly int: number }
  | { readonly double: number }
  /** DECIMAL of exactly its digits and places, whatever is declared: write CAST(? AS DECIMAL(20,2)) where the type matters. */
  | { readonly decimal: SparkDecimal }
  /** Microseconds since 1970, UTC. */
  | { readonly timestamp: bigint }
  /** Microseconds since 1970 of a clock without zone. */
  | { readonly timestampNtz: bigint }
  /** Days since 1970-01-01. */
  | { readonly date: number };

export type SqlArgs = readonly SqlArg[] | Readonly<Record<string, SqlArg>>;

/** A query's text with its parameters, positional (`?`) or named (`:name`). */
export function sqlRelation(query: string, args: SqlArgs | undefined): SQL {
  if (args === undefined) return create(SQLSchema, { query });
  if (isPositional(args)) return create(SQLSchema, { query, posArguments: args.map(toExpression) });
  const named = Object.entries(args).map(([name, arg]) => [name, toExpression(arg)] as const);
  return create(SQLSchema, { query, namedArguments: Object.fromEntries(named) });
}

function isPositional(args: SqlArgs): args is readonly SqlArg[] {
  return Array.isArray(args);
}

function toExpression(arg: SqlArg): Expression {
  const literal = create(Expression_LiteralSchema, { literalType: toLiteral(arg) });
  return create(ExpressionSchema, { exprType: { case: 'literal', value: literal } });
}

type LiteralType = Exclude<Expression_Literal['literalType'], { case: undefined }>;

function toLiteral(arg: SqlArg): LiteralType {
  if (arg === null) return { case: 'null', value: NULL_TYPE };
  if (typeof arg === 'boolean') return { case: 'boolean', value: arg };
  if (typeof arg === 'bigint') return { case: 'long', value: within(arg, 64, 'BIGINT') };
  if (typeof arg === 'string') return { case: 'string', value: arg };
  if (arg instanceof Uint8Array) return { case: 'binary', value: arg };
  if (typeof arg !== 'object') throw badArg(`a ${typeof arg}`);
  if ('int' in arg) return { case: 'integer', value: Number(within(integral(arg.int), 32, 'INT')) };
  if ('double' in arg) return { case: 'double', value: arg.double };
  if ('decimal' in arg) return decimalLiteral(arg.decimal);
  if ('timestamp' in arg) return { case: 'timestamp', value: within(arg.timestamp, 64, 'TIMESTAMP') };
  if ('timestampNtz' in arg) return { case: 'timestampNtz', value: within(arg.timestampNtz, 64, 'TIMESTAMP_NTZ') };
  if ('date' in arg) return { case: 'date', value: Number(within(integral(arg.date), 32, 'DATE')) };
  throw badArg('an object of none of the known forms');
}

function decimalLiteral(decimal: SparkDecimal): LiteralType {
  const { unscaled, scale } = decimal;
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().length;
  const precision = Math.max(digits, scale);
  if (scale < 0 || precision > 38) throw badArg(`a decimal of ${digits} digits with scale ${scale}`);
  return {
    case: 'decimal',
    value: { $typeName: 'spark.connect.Expression.Literal.Decimal', value: decimalToString(decimal), precision, scale },
  };
}

function integral(value: number): bigint {
  if (!Number.isSafeInteger(value)) throw badArg(`the number ${value} where an integer is due`);
  return BigInt(value);
}

function within(value: bigint, bits: number, type: string): bigint {
  if (BigInt.asIntN(bits, value) !== value) throw badArg(`${value}, which is no ${type}`);
  return value;
}

function badArg(what: string): ParallaxError {
  return new ParallaxError('PRLX_SPARK_ARGUMENT', `cannot bind ${what} as a parameter of the SQL`, {
    advice: 'Wrap numbers as { int }, { double } or { decimal }, times as { timestamp }; a bigint is a BIGINT.',
    exitCode: 2,
  });
}
