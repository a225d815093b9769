import { DECIMAL_DIGITS_MAX } from '../limits.ts';
import type { ExactDecimal } from '../project.ts';

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * Reads a decimal literal exactly, without a double in between; trailing zeros of the fraction are dropped, so
 * `0.500` is {unscaled: 5n, scale: 1}.
 * @returns null when the text is no decimal number, or has more digits than the limit
 */
export function parseExactDecimal(text: string): ExactDecimal | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  let unscaled = BigInt(whole + fraction);
  if (unscaled === 0n) return { unscaled: 0n, scale: 0 };
  let scale = fraction.length - Number(exponent);
  while (scale > 0 && unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale -= 1;
  }
  if (scale < 0) {
    unscaled *= 10n ** BigInt(-scale);
    scale = 0;
  }
  if (scale > DECIMAL_DIGITS_MAX || unscaled.toString().length > DECIMAL_DIGITS_MAX) return null;
  return { unscaled: sign === '-' ? -unscaled : unscaled, scale };
}

/** −1, 0 or 1 as a number line orders them. */
export function compareExactDecimals(a: ExactDecimal, b: ExactDecimal): -1 | 0 | 1 {
  const scale = Math.max(a.scale, b.scale);
  const left = a.unscaled * 10n ** BigInt(scale - a.scale);
  const right = b.unscaled * 10n ** BigInt(scale - b.scale);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
