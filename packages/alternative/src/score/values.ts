import { formatMicros } from '@parallax/core';
import { type Decimal, formatDecimal } from '../parse/decimal.ts';

/** A TIMESTAMP: µs since 1970. */
export interface Timestamp {
  readonly micros: bigint;
}

/** What a column of a view or of a result may hold. A DATE is text, `YYYY-MM-DD`. */
export type Value = Decimal | bigint | string | boolean | Timestamp | null;

/** The kinds of a result's columns; the places of a decimal belong to its kind. */
export type ValueKind = 'null' | 'integer' | 'text' | 'boolean' | 'timestamp' | 'double' | `decimal of ${number} places`;

/** What kind of column a value that a user's function returned belongs in; a text saying what is wrong when in none. */
export function kindOf(value: unknown, approximate: boolean): ValueKind | { readonly fault: string } {
  switch (typeof value) {
    case 'bigint':
      return 'integer';
    case 'string':
      return value.isWellFormed() ? 'text' : { fault: 'is a text with a lone surrogate' };
    case 'boolean':
      return 'boolean';
    case 'number':
      if (approximate) return 'double';
      return Number.isSafeInteger(value) ? 'integer' : { fault: `is ${value}: results are exact; give {unscaled, places}, or a bigint` };
    case 'object':
      return value === null ? 'null' : objectKind(value);
    default:
      return { fault: value === undefined ? 'is undefined: what is absent is null' : `is a ${typeof value}` };
  }
}

/** By places: made once, there are millions of values. */
const DECIMALS = Array.from({ length: 39 }, (_, places): ValueKind => `decimal of ${places} places`);

function objectKind(value: object): ValueKind | { readonly fault: string } {
  if ('micros' in value && typeof value.micros === 'bigint') return 'timestamp';
  if ('unscaled' in value && 'places' in value) {
    const { unscaled, places } = value;
    if (typeof unscaled !== 'bigint') return { fault: 'has an `unscaled` that is no bigint' };
    if (typeof places !== 'number' || !Number.isInteger(places) || places < 0 || places > 38)
      return { fault: 'has `places` that are no whole number from 0 to 38' };
    return DECIMALS[places] as ValueKind;
  }
  return { fault: value instanceof Promise ? 'is a promise: the functions are not async' : 'is an object of no known kind' };
}

/** The canonical JSON text (contract, section 9) of a value that has a kind. */
export function valueJson(value: Value | number): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : JSON.stringify(String(value));
    default:
      return 'micros' in value ? `"${formatMicros(value.micros)}"` : `"${formatDecimal(value.unscaled, value.places)}"`;
  }
}
