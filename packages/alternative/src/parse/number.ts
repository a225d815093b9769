import { EXPONENT_MAX, NUMBER_DIGITS_MAX, SAFE_DIGITS, VALUE_MAX } from '../limits.ts';
import { divideHalfAway, powerOfTen } from './decimal.ts';

/** In place of a scaled integer: the number is out of the contract's range. */
export const OUT_OF_RANGE = Number.POSITIVE_INFINITY;

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const POWERS = Array.from({ length: SAFE_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/**
 * The integer, scaled by 10^places, of a sound JSON number's source text; rounded once, half away from zero (contract, section 5). Every
 * integer on the way is exact: doubles hold them up to 15 digits, beyond that they are bigint.
 * @returns OUT_OF_RANGE beyond ±10¹¹, 64 digits or an exponent of ±30
 */
export function scaledNumber(bytes: Buffer, start: number, end: number, places: number): number {
  const negative = bytes[start] === MINUS;
  let mantissa = 0;
  let digits = 0;
  let fraction = -1;
  let at = negative ? start + 1 : start;
  for (; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === POINT) fraction = digits;
    else if (byte === 0x65 || byte === 0x45) break;
    else {
      digits++;
      if (digits <= SAFE_DIGITS) mantissa = mantissa * 10 + (byte - ZERO);
    }
  }
  if (digits > NUMBER_DIGITS_MAX) return OUT_OF_RANGE;
  const exponent = at < end ? writtenExponent(bytes, at + 1, end) : 0;
  if (exponent > EXPONENT_MAX || exponent < -EXPONENT_MAX) return OUT_OF_RANGE;
  const shift = places - (fraction < 0 ? 0 : digits - fraction) + exponent;
  const size = digits <= SAFE_DIGITS ? shifted(mantissa, shift) : shiftedWide(bytes, start, end, shift);
  if (size > VALUE_MAX) return OUT_OF_RANGE;
  // Not −0, which would be another bit pattern of the same value.
  return negative && size !== 0 ? -size : size;
}

/** Its value; beyond ±1000 it stays there, so that any length of text is one of few numbers. */
function writtenExponent(bytes: Buffer, start: number, end: number): number {
  const negative = bytes[start] === MINUS;
  let value = 0;
  for (let at = negative || bytes[start] === 0x2b ? start + 1 : start; at < end; at++) {
    value = Math.min(1000, value * 10 + ((bytes[at] as number) - ZERO));
  }
  return negative ? -value : value;
}

/** mantissa × 10^shift, rounded half up; the mantissa has at most 15 digits. What is beyond the range may be inexact, and is beyond it. */
function shifted(mantissa: number, shift: number): number {
  if (mantissa === 0) return 0;
  if (shift >= 0) return shift > SAFE_DIGITS ? OUT_OF_RANGE : mantissa * (POWERS[shift] as number);
  if (shift < -SAFE_DIGITS) return 0;
  const power = POWERS[-shift] as number;
  const rest = mantissa % power;
  return (mantissa - rest) / power + (rest * 2 >= power ? 1 : 0);
}

function shiftedWide(bytes: Buffer, start: number, end: number, shift: number): number {
  const text = bytes.toString('latin1', bytes[start] === MINUS ? start + 1 : start, end);
  const [mantissa = ''] = text.split(/[eE]/);
  const digits = BigInt(mantissa.replace('.', ''));
  const value = shift >= 0 ? digits * powerOfTen(shift) : divideHalfAway(digits, powerOfTen(-shift));
  return value > BigInt(VALUE_MAX) ? OUT_OF_RANGE : Number(value);
}

const INT64_MAX = '9223372036854775807';
const INT64_MIN = '9223372036854775808';

/** The canonical text of a sound JSON number that is an integer of int64; null when it has a fraction or exponent, or does not fit. */
export function int64Text(bytes: Buffer, start: number, end: number): string | null {
  const negative = bytes[start] === MINUS;
  const first = negative ? start + 1 : start;
  for (let at = first; at < end; at++) if ((bytes[at] as number) < ZERO || (bytes[at] as number) > 0x39) return null;
  const length = end - first;
  if (length > 19) return null;
  if (length === 19 && bytes.toString('latin1', first, end) > (negative ? INT64_MIN : INT64_MAX)) return null;
  if (length === 1 && bytes[first] === ZERO) return '0';
  return bytes.toString('latin1', start, end);
}
