package dev.parallax.functions;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * One line of a scorecard (contract, section 7): contribution = weight × transforms(x), an integer at scale 12.
 *
 * <p>Two ways to the same integer: {@link #fast} over longs, and {@link #exact} over BigDecimal for what does not fit.
 */
final class ScoreEntry {
  private static final int SCALE = Limits.DECIMAL_SCALE;
  private static final int WEIGHT_PLACES_MAX = 6;

  final int module;

  /** Stands for x when it is missing; null: then the contribution is 0. */
  final BigDecimal missingAs;

  private final BigDecimal weight;
  private final Fixed fastWeight;
  private final ScoreTransform[] transforms;

  ScoreEntry(Spec spec, int modules) {
    module = spec.integer("module", 0, modules - 1);
    weight = spec.decimal("weight");
    if (weight.stripTrailingZeros().scale() > WEIGHT_PLACES_MAX) throw spec.wrong("weight", "a number of at most 6 decimals");
    fastWeight = Fixed.of(weight);
    missingAs = spec.isNull("missing_as") ? null : spec.decimal("missing_as");
    transforms = spec.objects("transforms").stream().map(ScoreTransform::of).toArray(ScoreTransform[]::new);
  }

  /** The contribution of x at scale 12, or {@link Wide#OVERFLOW}: then only {@link #exact} knows it. Spoils x. */
  long fast(Fixed x) {
    if (fastWeight == null || x.unscaled == Wide.OVERFLOW) return Wide.OVERFLOW;
    for (ScoreTransform transform : transforms) {
      if (!transform.fast(x)) return Wide.OVERFLOW;
    }
    int shift = SCALE - x.places - fastWeight.places;
    if (shift >= 0) {
      long product = Wide.multiply(x.unscaled, fastWeight.unscaled);
      return product == Wide.OVERFLOW ? product : Wide.multiply(product, Numbers.POWERS_OF_TEN[shift]);
    }
    long value = fastWeight.unscaled < 0 ? -x.unscaled : x.unscaled;
    return Wide.multiplyDivide(value, Math.abs(fastWeight.unscaled), Numbers.POWERS_OF_TEN[-shift]);
  }

  /** The contribution, at scale 12. */
  BigDecimal exact(BigDecimal value) {
    BigDecimal x = value;
    for (ScoreTransform transform : transforms) x = transform.exact(x);
    return x.multiply(weight).setScale(SCALE, RoundingMode.HALF_UP);
  }
}
