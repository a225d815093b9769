/**
 * What a Spark value is in JavaScript. No value ever passes through a double on its way, unless it is one.
 *
 * | Spark | JavaScript |
 * |---|---|
 * | BOOLEAN, STRING/CHAR/VARCHAR | boolean, string |
 * | TINYINT, SMALLINT, INT, FLOAT, DOUBLE | number |
 * | BIGINT | bigint |
 * | DECIMAL(p, s) | {@link SparkDecimal} |
 * | DATE | number of days since 1970-01-01 |
 * | TIMESTAMP, TIMESTAMP_NTZ | bigint microseconds since 1970 (of UTC, or of the local clock) |
 * | TIME | bigint nanoseconds since midnight |
 * | BINARY | Uint8Array |
 * | ARRAY | readonly array |
 * | MAP | Map, in Spark's order |
 * | STRUCT | plain object, in field order |
 * | year-month, day-time interval | number of months, bigint microseconds |
 */
export type SparkValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | SparkDecimal
  | readonly SparkValue[]
  | ReadonlyMap<SparkValue, SparkValue>
  | SparkStruct;

export interface SparkStruct {
  readonly [field: string]: SparkValue;
}

/** A row by column name. Names are unique: a query whose result repeats one is refused. */
export type Row = SparkStruct;

/** The number `unscaled / 10^scale`. */
export interface SparkDecimal {
  readonly unscaled: bigint;
  readonly scale: number;
}

/** The decimal with exactly `scale` places, as in `-0.50`; no exponent, no rounding. */
export function decimalToString(decimal: SparkDecimal): string {
  const { unscaled, scale } = decimal;
  if (scale <= 0) return (unscaled * 10n ** BigInt(-scale)).toString();
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The inverse of {@link decimalToString}; throws a RangeError on anything but `-?digits[.digits]`. */
export function decimalFromString(text: string): SparkDecimal {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) throw new RangeError(`not a plain decimal: ${text}`);
  const fraction = match[3] ?? '';
  return { unscaled: BigInt(`${match[1]}${match[2]}${fraction}`), scale: fraction.length };
}

/** True for `{ unscaled, scale }`, which tells a decimal from a struct. */
export function isSparkDecimal(value: unknown): value is SparkDecimal {
  return (
    typeof value === 'object' &&
    value !== null &&
    'unscaled' in value &&
    typeof value.unscaled === 'bigint' &&
    'scale' in value &&
    typeof value.scale === 'number'
  );
}

/** Quotes an identifier for Spark SQL; dots inside it lose their meaning. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** Quotes a text literal for Spark SQL with the default settings (backslash escapes are on). Prefer bound parameters. */
export function quoteText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
