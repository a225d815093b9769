package dev.parallax.functions;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/**
 * One line of a scorecard (contract, section 7): contribution = weight × transforms(x), an integer at scale 12.
 *
 * <p>Two ways to the same integer: {@link #steps} over longs, many values at once, and {@link #exact} over BigDecimal for what does not fit.
 */
final class ScoreEntry {
  private static final int SCALE = Limits.DECIMAL_SCALE;
  private static final int WEIGHT_PLACES_MAX = 6;

  final int module;

  /** Stands for x when it is missing; null: then the contribution is 0. */
  final BigDecimal missingAs;

  private final BigDecimal weight;
  private final ScoreTransform[] transforms;

  ScoreEntry(Spec spec, int modules) {
    module = spec.integer("module", 0, modules - 1);
    weight = ScoreTransform.plain(spec.decimal("weight"));
    if (weight.scale() > WEIGHT_PLACES_MAX) throw spec.wrong("weight", "a number of at most 6 decimals");
    missingAs = spec.isNull("missing_as") ? null : spec.decimal("missing_as");
    transforms = spec.objects("transforms").stream().map(ScoreTransform::of).toArray(ScoreTransform[]::new);
  }

  /** What makes contributions at scale 12 of values in the range; null when something would not fit. */
  ScoreKernel.Step[] steps(ScoreKernel.Range range) {
    ScoreKernel.Step[] steps = new ScoreKernel.Step[transforms.length + 1];
    for (int i = 0; i < transforms.length; i++) {
      steps[i] = transforms[i].over(range);
      if (steps[i] == null) return null;
    }
    int shift = SCALE - range.places - weight.scale();
    BigInteger times = weight.unscaledValue().multiply(ScoreKernel.Range.power(Math.max(0, shift)));
    ScoreKernel.Step last = range.ratio(BigInteger.ONE, BigInteger.ZERO, times, ScoreKernel.Range.power(Math.max(0, -shift)), SCALE);
    if (last == null) return null;
    steps[transforms.length] = last;
    return steps;
  }

  /** The contribution, at scale 12. */
  BigDecimal exact(BigDecimal value) {
    BigDecimal x = value;
    for (ScoreTransform transform : transforms) x = transform.exact(x);
    return x.multiply(weight).setScale(SCALE, RoundingMode.HALF_UP);
  }
}
