/** Exact decimal arithmetic on BigInt (contract, sections 3, 5 and 7). */

/** value = unscaled / 10^places. */
export interface Decimal {
  readonly unscaled: bigint;
  readonly places: number;
}

const RANGE_MAX = 10n ** 11n;
const DIGITS_MAX = 64;
const EXPONENT_MAX = 30n;

export const abs = (value: bigint): bigint => (value < 0n ? -value : value);

export function lesser(a: bigint, b: bigint): bigint {
  if (b < a) return b;
  return a;
}

export function greater(a: bigint, b: bigint): bigint {
  if (b > a) return b;
  return a;
}

/** Quotient rounded once, half away from zero. `den` must not be 0. */
export function divideRounded(num: bigint, den: bigint): bigint {
  const quotient = (2n * abs(num) + abs(den)) / (2n * abs(den));
  return num < 0n !== den < 0n ? -quotient : quotient;
}

/** The same value at another number of places, rounded half away from zero where digits are lost. */
export function rescale(value: Decimal, places: number): Decimal {
  const shift = places - value.places;
  const unscaled = shift >= 0 ? value.unscaled * 10n ** BigInt(shift) : divideRounded(value.unscaled, 10n ** BigInt(-shift));
  return { unscaled, places };
}

/** The exact value of a JSON number's source text, or null when the text is no number; `out_of_range` for digits or exponent. */
export function readDecimal(text: string): Decimal | 'out_of_range' | null {
  const found = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(text);
  if (found === null) return null;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = found;
  if (whole.length + fraction.length > DIGITS_MAX) return 'out_of_range';
  const exponent = exponentText.startsWith('-') ? -BigInt(exponentText.slice(1)) : BigInt(exponentText.replace('+', ''));
  if (abs(exponent) > EXPONENT_MAX) return 'out_of_range';
  const magnitude = BigInt(whole + fraction);
  const unscaled = sign === '-' ? -magnitude : magnitude;
  const places = fraction.length - Number(exponent);
  return places >= 0 ? { unscaled, places } : { unscaled: unscaled * 10n ** BigInt(-places), places: 0 };
}

/** The scaled integer of a declared variable: rounded once, then checked against ±10¹¹. */
export function readScaled(text: string, places: number): bigint | 'out_of_range' | null {
  const exact = readDecimal(text);
  if (exact === null || exact === 'out_of_range') return exact;
  const scaled = rescale(exact, places).unscaled;
  return abs(scaled) > RANGE_MAX ? 'out_of_range' : scaled;
}

/** A JSON integer (no fraction, no exponent) that fits int64, or null. `-0` is 0. */
export function readInt64(text: string): bigint | null {
  if (!/^-?(0|[1-9][0-9]*)$/.test(text)) return null;
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value : null;
}

/** Less than 0, 0 or more than 0, as `a` is below, equal to or above `b`. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const places = Math.max(a.places, b.places);
  const difference = rescale(a, places).unscaled - rescale(b, places).unscaled;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Fixed places, `-` only before something other than zero. */
export function formatDecimal({ unscaled, places }: Decimal): string {
  const digits = abs(unscaled)
    .toString()
    .padStart(places + 1, '0');
  const point = digits.length - places;
  const text = places === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return unscaled < 0n ? `-${text}` : text;
}
