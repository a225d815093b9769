import { EXPONENT_MAX, NUMBER_DIGITS_MAX } from '../limits.ts';

/** value = unscaled ÷ 10^places, exact. */
export interface Decimal {
  readonly unscaled: bigint;
  readonly places: number;
}

const POWERS: bigint[] = [1n];

/** 10^exponent; the exponent is small and not negative. */
export function powerOfTen(exponent: number): bigint {
  for (let have = POWERS.length; have <= exponent; have++) POWERS.push((POWERS[have - 1] as bigint) * 10n);
  return POWERS[exponent] as bigint;
}

/** num ÷ den rounded once, half away from zero. `den` is not 0. */
export function divideHalfAway(num: bigint, den: bigint): bigint {
  const quotient = num / den;
  const rest = num - quotient * den;
  const twice = rest < 0n ? -2n * rest : 2n * rest;
  if (twice < (den < 0n ? -den : den)) return quotient;
  return num < 0n === den < 0n ? quotient + 1n : quotient - 1n;
}

/** The value's integer at another scale, rounded half away from zero where digits are lost. */
export function unscaledAt({ unscaled, places }: Decimal, to: number): bigint {
  return to >= places ? unscaled * powerOfTen(to - places) : divideHalfAway(unscaled, powerOfTen(places - to));
}

/** Less than 0, 0 or more than 0, as `a` is below, equal to or above `b`. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const places = Math.max(a.places, b.places);
  const left = a.unscaled * powerOfTen(places - a.places);
  const right = b.unscaled * powerOfTen(places - b.places);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Fixed places; `-` only before something other than zero. */
export function formatDecimal(unscaled: bigint | number, places: number): string {
  const negative = unscaled < 0;
  const text = unscaled.toString();
  if (places === 0) return text;
  const digits = (negative ? text.slice(1) : text).padStart(places + 1, '0');
  const point = digits.length - places;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

const CELL = /^([+-]?)(?:([0-9]+)(?:\.([0-9]+))?|\.([0-9]+))(?:[eE]([+-]?[0-9]+))?$/;

/** The exact number that a batch cell writes (contract, section 12); null when it writes none. */
export function parseCell(text: string): Decimal | null {
  const found = CELL.exec(text);
  if (found === null) return null;
  const whole = found[2] ?? '';
  const fraction = found[3] ?? found[4] ?? '';
  if (whole.length + fraction.length > NUMBER_DIGITS_MAX) return null;
  const exponent = found[5] === undefined ? 0 : Number(found[5]);
  if (Math.abs(exponent) > EXPONENT_MAX) return null;
  const size = BigInt(whole + fraction);
  const unscaled = found[1] === '-' ? -size : size;
  const places = fraction.length - exponent;
  return places >= 0 ? { unscaled, places } : { unscaled: unscaled * powerOfTen(-places), places: 0 };
}
