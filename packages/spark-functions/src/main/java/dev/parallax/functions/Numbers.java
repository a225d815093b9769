package dev.parallax.functions;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;

/** From a number's source text to exact integers; every rounding is once and half away from zero. */
final class Numbers {
  /** Answer of {@link #scaled}: beyond the contract's range. No scaled value is this. */
  static final long OUT_OF_RANGE = Long.MIN_VALUE;

  static final long[] POWERS_OF_TEN = powersOfTen();

  private static final BigDecimal VALUE_MAX = BigDecimal.valueOf(Limits.VALUE_MAX);

  private Numbers() {}

  private static long[] powersOfTen() {
    long[] powers = new long[19];
    powers[0] = 1;
    for (int i = 1; i < powers.length; i++) powers[i] = powers[i - 1] * 10;
    return powers;
  }

  /** The number captured at slot × 10^places, or {@link #OUT_OF_RANGE}. */
  static long scaled(JsonReader reader, int slot, int places) {
    int fraction = reader.kind[slot] - JsonReader.DECIMAL;
    if (fraction < 0) return scaledText(reader.b, reader.start(slot), reader.end(slot), places);
    long digits = reader.value[slot];
    int shift = places - fraction;
    long result;
    if (shift < 0) {
      result = divideHalfAway(digits, POWERS_OF_TEN[-shift]);
    } else {
      if (digits > Limits.VALUE_MAX || digits < -Limits.VALUE_MAX) return OUT_OF_RANGE;
      result = digits * POWERS_OF_TEN[shift];
    }
    return result > Limits.VALUE_MAX || result < -Limits.VALUE_MAX ? OUT_OF_RANGE : result;
  }

  /** The same for any JSON number, from its text. */
  private static long scaledText(byte[] b, int from, int to, int places) {
    BigDecimal number = parse(new String(b, from, to - from, StandardCharsets.ISO_8859_1));
    if (number == null) return OUT_OF_RANGE;
    BigDecimal result = number.movePointRight(places).setScale(0, RoundingMode.HALF_UP);
    return result.abs().compareTo(VALUE_MAX) > 0 ? OUT_OF_RANGE : result.longValueExact();
  }

  /**
   * The exact number of a text: sign, digits with an optional fraction or a fraction alone, optional exponent. Null if it is
   * something else, has over 64 digits before the exponent, or a written exponent beyond ±30.
   */
  static BigDecimal parse(String text) {
    int n = text.length();
    int p = 0;
    boolean negative = n > 0 && text.charAt(0) == '-';
    if (negative || (n > 0 && text.charAt(0) == '+')) p++;
    int whole = p;
    p = digits(text, p);
    int wholeDigits = p - whole;
    int fractionDigits = 0;
    int fraction = p;
    if (p < n && text.charAt(p) == '.') {
      fraction = p + 1;
      p = digits(text, fraction);
      fractionDigits = p - fraction;
      if (fractionDigits == 0) return null;
    }
    int count = wholeDigits + fractionDigits;
    if (count == 0 || count > Limits.NUMBER_DIGITS_MAX) return null;
    int exponent = 0;
    if (p < n) {
      exponent = exponent(text, p);
      if (exponent == Integer.MIN_VALUE) return null;
    }
    String digits = text.substring(whole, whole + wholeDigits) + text.substring(fraction, fraction + fractionDigits);
    BigInteger unscaled = new BigInteger(digits);
    return new BigDecimal(negative ? unscaled.negate() : unscaled, fractionDigits - exponent);
  }

  /** The exponent that makes up the rest of the text from p; MIN_VALUE if it is none or beyond the limit. */
  private static int exponent(String text, int p) {
    if ((text.charAt(p) | 0x20) != 'e') return Integer.MIN_VALUE;
    p++;
    boolean negative = p < text.length() && text.charAt(p) == '-';
    if (negative || (p < text.length() && text.charAt(p) == '+')) p++;
    if (p == text.length() || digits(text, p) != text.length()) return Integer.MIN_VALUE;
    int value = 0;
    for (; p < text.length(); p++) {
      value = value * 10 + (text.charAt(p) - '0');
      if (value > Limits.EXPONENT_MAX) return Integer.MIN_VALUE;
    }
    return negative ? -value : value;
  }

  private static int digits(String text, int p) {
    while (p < text.length() && text.charAt(p) >= '0' && text.charAt(p) <= '9') p++;
    return p;
  }

  /** The integer token b[from, to) (a minus and digits), or null if it is none or beyond int64. */
  static Long int64(byte[] b, int from, int to) {
    boolean negative = from < to && b[from] == '-';
    int p = negative ? from + 1 : from;
    if (p == to) return null;
    long value = 0; // negated, since the negative range is the wider
    for (; p < to; p++) {
      int digit = b[p] - '0';
      if (digit < 0 || digit > 9) return null;
      if (value < Long.MIN_VALUE / 10) return null;
      value *= 10;
      if (value < Long.MIN_VALUE + digit) return null;
      value -= digit;
    }
    if (negative) return value;
    return value == Long.MIN_VALUE ? null : -value;
  }

  /** number ÷ divisor; the divisor is positive and at most 10^18. */
  static long divideHalfAway(long number, long divisor) {
    long quotient = number / divisor;
    long rest = Math.abs(number % divisor);
    if (rest >= divisor - rest) quotient += number < 0 ? -1 : 1;
    return quotient;
  }
}
