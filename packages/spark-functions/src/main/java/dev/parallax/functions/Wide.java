package dev.parallax.functions;

/** 64-bit arithmetic whose intermediate products have 128 bits. */
final class Wide {
  /** Answer when the result does not fit ±(2^63 − 1): take the slow way. */
  static final long OVERFLOW = Long.MIN_VALUE;

  private Wide() {}

  /** a × b, or {@link #OVERFLOW}. */
  static long multiply(long a, long b) {
    long low = a * b;
    return Math.multiplyHigh(a, b) == low >> 63 ? low : OVERFLOW;
  }

  /** a × b ÷ divisor, rounded half away from zero, or {@link #OVERFLOW}; b ≥ 0, divisor > 0. */
  static long multiplyDivide(long a, long b, long divisor) {
    if (a == Long.MIN_VALUE) return OVERFLOW;
    long size = Math.abs(a);
    long high = Math.multiplyHigh(size, b);
    long low = size * b;
    long quotient;
    long rest;
    if (high == 0 && low >= 0) {
      quotient = low / divisor;
      rest = low - quotient * divisor;
    } else {
      if (high >= divisor) return OVERFLOW;
      quotient = divideUnsigned(high, low, divisor);
      rest = low - quotient * divisor;
      if (quotient < 0) return OVERFLOW;
    }
    if (rest >= divisor - rest) quotient++;
    if (quotient < 0) return OVERFLOW;
    return a < 0 ? -quotient : quotient;
  }

  /**
   * (high:low) ÷ divisor, unsigned, 0 ≤ high < divisor < 2^63. Knuth's algorithm D with 32-bit digits, as in Hacker's
   * Delight (Warren), figure 9–3.
   */
  private static long divideUnsigned(long high, long low, long divisor) {
    int shift = Long.numberOfLeadingZeros(divisor);
    long d = divisor << shift;
    long d1 = d >>> 32;
    long d0 = d & 0xFFFFFFFFL;
    long top = high << shift | (shift == 0 ? 0 : low >>> (64 - shift));
    long bottom = low << shift;
    long q1 = digit(top, bottom >>> 32, d1, d0);
    long middle = (top << 32 | bottom >>> 32) - q1 * d;
    long q0 = digit(middle, bottom & 0xFFFFFFFFL, d1, d0);
    return (q1 << 32) + q0;
  }

  /** One 32-bit digit of the quotient: (top:next) ÷ (d1:d0). */
  private static long digit(long top, long next, long d1, long d0) {
    long q = Long.divideUnsigned(top, d1);
    long rest = top - q * d1;
    while (q >>> 32 != 0 || Long.compareUnsigned(q * d0, rest << 32 | next) > 0) {
      q--;
      rest += d1;
      if (rest >>> 32 != 0) break;
    }
    return q;
  }
}
