package dev.parallax.functions;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/**
 * The contributions of many values at once, at scale 12: of all entries that one column has in one module, over integers at one scale. What
 * fits in 64 bits is found out once, for all values up to a size, so that nothing has to be checked value by value.
 */
final class ScoreKernel {
  /** For values larger in size only {@link BatchColumn.Group#exact} knows; −1: for all. */
  final long most;

  private final Step[][] entries;

  /** Changes the integers x[from, to) in place. */
  interface Step {
    void apply(long[] x, int from, int to);
  }

  private ScoreKernel(long most, Step[][] entries) {
    this.most = most;
    this.entries = entries;
  }

  /** For values at a scale of {@code places}: for the largest power of ten up to which nothing overflows. */
  static ScoreKernel of(ScoreEntry[] entries, int places) {
    for (int digits = Numbers.POWERS_OF_TEN.length - 1; digits >= 0; digits--) {
      long most = Numbers.POWERS_OF_TEN[digits];
      Step[][] steps = steps(entries, places, BigInteger.valueOf(most));
      if (steps != null) return new ScoreKernel(most, steps);
    }
    return new ScoreKernel(-1, new Step[0][]);
  }

  private static Step[][] steps(ScoreEntry[] entries, int places, BigInteger most) {
    Step[][] steps = new Step[entries.length][];
    BigInteger sum = BigInteger.ZERO;
    for (int i = 0; i < entries.length; i++) {
      Range range = new Range(places, most.negate(), most);
      steps[i] = entries[i].steps(range);
      if (steps[i] == null) return null;
      sum = sum.add(range.low.abs().max(range.high.abs()));
    }
    return Range.fits(sum) ? steps : null;
  }

  /**
   * Puts the contributions of values[0, n) into out[from, from + n); 0 where a value is too large.
   *
   * @return whether all values had the size for it
   */
  boolean run(long[] values, int n, long[] out, int from) {
    boolean all = take(values, n, out, from);
    apply(0, out, from, from + n);
    long[] spare = entries.length > 1 ? new long[n] : null;
    for (int entry = 1; entry < entries.length; entry++) {
      take(values, n, spare, 0);
      apply(entry, spare, 0, n);
      for (int i = 0; i < n; i++) out[from + i] += spare[i];
    }
    if (all) return true;
    for (int i = 0; i < n; i++) if (isTooLarge(values[i])) out[from + i] = 0;
    return false;
  }

  boolean isTooLarge(long value) {
    return value > most || value < -most;
  }

  private boolean take(long[] values, int n, long[] out, int from) {
    boolean all = true;
    for (int i = 0; i < n; i++) {
      long value = values[i];
      boolean tooLarge = value > most || value < -most;
      all &= !tooLarge;
      out[from + i] = tooLarge ? 0 : value;
    }
    return all;
  }

  private void apply(int entry, long[] x, int from, int to) {
    if (entry < entries.length) for (Step step : entries[entry]) step.apply(x, from, to);
  }

  /** Where values are, as unscaled integers ÷ 10^places, while they go from step to step. */
  static final class Range {
    private static final int BITS_MAX = 62;
    private static final double EXACT_QUOTIENT = 1L << 50;

    int places;
    BigInteger low;
    BigInteger high;

    Range(int places, BigInteger low, BigInteger high) {
      this.places = places;
      this.low = low;
      this.high = high;
    }

    static boolean fits(BigInteger value) {
      return value.bitLength() <= BITS_MAX;
    }

    private boolean fits() {
      return fits(low) && fits(high);
    }

    /** Values are from here on as the step gives them; null when they would not fit, and no step then. */
    Step become(int newPlaces, BigInteger newLow, BigInteger newHigh, Step step) {
      places = newPlaces;
      low = newLow.min(newHigh);
      high = newLow.max(newHigh);
      return fits() ? step : null;
    }

    /** To another, no smaller scale; null when values would not fit. */
    Step scale(int newPlaces) {
      return newPlaces == places ? (x, from, to) -> {} : ratio(power(newPlaces - places), BigInteger.ZERO, BigInteger.ONE, BigInteger.ONE, newPlaces);
    }

    /** x becomes (x × up − less) × times ÷ by, rounded half away from zero; null when something would not fit. */
    Step ratio(BigInteger up, BigInteger less, BigInteger times, BigInteger by, int newPlaces) {
      BigInteger common = times.gcd(by);
      BigInteger t = (by.signum() < 0 ? times.negate() : times).divide(common);
      BigInteger b = by.abs().divide(common);
      BigInteger lowUp = low.multiply(up);
      BigInteger highUp = high.multiply(up);
      BigInteger from = lowUp.subtract(less);
      BigInteger to = highUp.subtract(less);
      if (!fits(up) || !fits(less) || !fits(t) || !fits(b) || !fits(lowUp) || !fits(highUp) || !fits(from) || !fits(to)) return null;
      return become(newPlaces, divide(from.multiply(t), b), divide(to.multiply(t), b), step(up.longValue(), less.longValue(), t.longValue(), b.longValue()));
    }

    private static Step step(long up, long less, long times, long by) {
      if (by == 1) {
        return (x, from, to) -> {
          for (int i = from; i < to; i++) x[i] = (x[i] * up - less) * times;
        };
      }
      long size = Math.abs(times);
      long sign = times < 0 ? -1 : 1;
      // Up to this size the product has 63 bits and the quotient is exact as a double, up to one.
      long most = Math.min(Long.MAX_VALUE / size, (long) (EXACT_QUOTIENT / size * by));
      return (x, from, to) -> {
        long largest = 0;
        for (int i = from; i < to; i++) {
          x[i] = (x[i] * up - less) * sign;
          largest = Math.max(largest, Math.abs(x[i]));
        }
        if (largest <= most) {
          for (int i = from; i < to; i++) x[i] = multiplyDivide(x[i], size, by);
        } else {
          for (int i = from; i < to; i++) x[i] = Wide.multiplyDivide(x[i], size, by);
        }
      };
    }

    /** As that of {@link Wide}, for what is small enough: a division of integers takes several times as long. */
    private static long multiplyDivide(long value, long times, long by) {
      long product = Math.abs(value) * times;
      long quotient = (long) (product / (double) by);
      long rest = product - quotient * by;
      if (rest < 0) {
        quotient--;
        rest += by;
      } else if (rest >= by) {
        quotient++;
        rest -= by;
      }
      // Whether it is rounded up, and its sign, cannot be foretold: so without a branch.
      quotient -= (by - 2 * rest - 1) >> 63;
      long sign = value >> 63;
      return (quotient ^ sign) - sign;
    }

    private static BigInteger divide(BigInteger value, BigInteger by) {
      return new BigDecimal(value).divide(new BigDecimal(by), 0, RoundingMode.HALF_UP).unscaledValue();
    }

    static BigInteger power(int exponent) {
      return BigInteger.TEN.pow(exponent);
    }
  }
}
