package dev.parallax.functions;

import java.math.BigDecimal;

/** A decimal that fits a long, unscaled ÷ 10^places with 0 to 12 places; mutable, so that a chain of transforms allocates nothing. */
final class Fixed {
  private static final int DIGITS_MAX = 18;

  long unscaled;
  int places;

  Fixed() {}

  /** The value without trailing zeros, or null if it does not fit. */
  static Fixed of(BigDecimal value) {
    BigDecimal least = value.stripTrailingZeros();
    if (least.scale() < 0 && least.precision() - least.scale() <= DIGITS_MAX) least = least.setScale(0);
    Fixed fixed = new Fixed();
    return fixed.set(least) ? fixed : null;
  }

  /** False, and nothing set, if the value does not fit as it stands. */
  boolean set(BigDecimal value) {
    int scale = value.scale();
    if (scale < 0 || scale > Limits.DECIMAL_SCALE || value.precision() > DIGITS_MAX) return false;
    set(value.unscaledValue().longValue(), scale);
    return true;
  }

  void set(long unscaled, int places) {
    this.unscaled = unscaled;
    this.places = places;
  }

  void set(Fixed other) {
    set(other.unscaled, other.places);
  }

  /** The integer at a scale no smaller than this one's, or {@link Wide#OVERFLOW}. */
  long at(int scale) {
    return Wide.multiply(unscaled, Numbers.POWERS_OF_TEN[scale - places]);
  }

  int compareTo(Fixed other) {
    int scale = Math.max(places, other.places);
    long mine = at(scale);
    long others = other.at(scale);
    // At most one of them is multiplied, and what overflows is larger in size than any long.
    if (mine == Wide.OVERFLOW) return Long.signum(unscaled);
    if (others == Wide.OVERFLOW) return -Long.signum(other.unscaled);
    return Long.compare(mine, others);
  }
}
