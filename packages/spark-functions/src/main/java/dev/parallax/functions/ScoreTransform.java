package dev.parallax.functions;

import dev.parallax.functions.ScoreKernel.Range;
import dev.parallax.functions.ScoreKernel.Step;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.List;

/** One transform of a scorecard line, in two ways that give the same number. */
interface ScoreTransform {
  BigDecimal exact(BigDecimal x);

  /** What makes of each value in the range the result, whose range it then is; null when something would not fit. */
  Step over(Range x);

  static ScoreTransform of(Spec spec) {
    return switch (spec.text("kind")) {
      case "linear" -> Linear.of(spec);
      case "cap" -> new Cap(plain(spec.decimal("low")), plain(spec.decimal("high")));
      case "bin" -> Bin.of(spec);
      case "flag" -> new Flag(plain(spec.decimal("value")));
      default -> throw spec.wrong("kind", "linear, cap, bin or flag");
    };
  }

  /** The same number without trailing zeros, at a scale of at least 0. */
  static BigDecimal plain(BigDecimal value) {
    BigDecimal least = value.stripTrailingZeros();
    return least.scale() < 0 ? least.setScale(0) : least;
  }

  private static BigInteger at(BigDecimal value, int places) {
    return value.setScale(places).unscaledValue();
  }

  private static int scaleOf(Range x, BigDecimal... others) {
    return Arrays.stream(others).mapToInt(BigDecimal::scale).reduce(x.places, Math::max);
  }

  private static Step both(Step first, Step then) {
    if (first == null || then == null) return null;
    return (x, from, to) -> {
      first.apply(x, from, to);
      then.apply(x, from, to);
    };
  }

  /** (x − center) ÷ scale, rounded half away from zero at scale 12. */
  record Linear(BigDecimal center, BigDecimal scale) implements ScoreTransform {
    static Linear of(Spec spec) {
      Linear linear = new Linear(plain(spec.decimal("center")), plain(spec.decimal("scale")));
      if (linear.scale.signum() == 0) throw spec.wrong("scale", "other than zero");
      return linear;
    }

    @Override
    public BigDecimal exact(BigDecimal x) {
      return x.subtract(center).divide(scale, Limits.DECIMAL_SCALE, RoundingMode.HALF_UP);
    }

    @Override
    public Step over(Range x) {
      int places = scaleOf(x, center);
      int shift = Limits.DECIMAL_SCALE - places + scale.scale();
      BigInteger by = scale.unscaledValue().multiply(Range.power(Math.max(0, -shift)));
      return x.ratio(Range.power(places - x.places), at(center, places), Range.power(Math.max(0, shift)), by, Limits.DECIMAL_SCALE);
    }
  }

  /** At least low, then at most high. */
  record Cap(BigDecimal low, BigDecimal high) implements ScoreTransform {
    @Override
    public BigDecimal exact(BigDecimal x) {
      return x.max(low).min(high);
    }

    @Override
    public Step over(Range x) {
      int places = scaleOf(x, low, high);
      BigInteger least = at(low, places);
      BigInteger most = at(high, places);
      if (!Range.fits(least) || !Range.fits(most)) return null;
      Step scaled = x.scale(places);
      long floor = least.longValue();
      long ceiling = most.longValue();
      Step capped =
          (values, from, to) -> {
            for (int i = from; i < to; i++) values[i] = Math.min(Math.max(values[i], floor), ceiling);
          };
      return both(scaled, x.become(places, x.low.max(least).min(most), x.high.max(least).min(most), capped));
    }
  }

  /** The value of the first edge with x &lt; below, of which null is below everything; 0 if there is none. */
  record Bin(BigDecimal[] below, BigDecimal[] values) implements ScoreTransform {
    static Bin of(Spec spec) {
      List<Spec> edges = spec.objects("edges");
      return new Bin(
          edges.stream().map(edge -> edge.isNull("below") ? null : plain(edge.decimal("below"))).toArray(BigDecimal[]::new),
          edges.stream().map(edge -> plain(edge.decimal("value"))).toArray(BigDecimal[]::new));
    }

    @Override
    public BigDecimal exact(BigDecimal x) {
      for (int i = 0; i < values.length; i++) if (below[i] == null || x.compareTo(below[i]) < 0) return values[i];
      return BigDecimal.ZERO;
    }

    @Override
    public Step over(Range x) {
      // Nothing comes after the edge that is below everything.
      int last = Arrays.asList(below).indexOf(null);
      BigDecimal[] edges = last < 0 ? below : Arrays.copyOf(below, last);
      BigDecimal otherwise = last < 0 ? BigDecimal.ZERO : values[last];
      int places = scaleOf(x, edges);
      int valuePlaces = Arrays.stream(values).mapToInt(BigDecimal::scale).reduce(otherwise.scale(), Math::max);
      BigInteger[] bounds = Arrays.stream(edges).map(edge -> at(edge, places)).toArray(BigInteger[]::new);
      BigInteger[] results = Arrays.stream(values).map(value -> at(value, valuePlaces)).toArray(BigInteger[]::new);
      BigInteger rest = at(otherwise, valuePlaces);
      if (!Arrays.stream(bounds).allMatch(Range::fits) || !Arrays.stream(results).allMatch(Range::fits)) return null;
      Step scaled = x.scale(places);
      Step binned = step(longs(bounds), longs(results), rest.longValue());
      BigInteger least = Arrays.stream(results).reduce(rest, BigInteger::min);
      BigInteger most = Arrays.stream(results).reduce(rest, BigInteger::max);
      return both(scaled, x.become(valuePlaces, least, most, binned));
    }

    private static Step step(long[] edges, long[] results, long rest) {
      return (all, from, to) -> {
        for (int i = from; i < to; i++) {
          long value = all[i];
          int at = 0;
          while (at < edges.length && value >= edges[at]) at++;
          all[i] = at < edges.length ? results[at] : rest;
        }
      };
    }

    private static long[] longs(BigInteger[] values) {
      return Arrays.stream(values).mapToLong(BigInteger::longValue).toArray();
    }
  }

  /** 1 if x is the value, else 0. */
  record Flag(BigDecimal value) implements ScoreTransform {
    @Override
    public BigDecimal exact(BigDecimal x) {
      return x.compareTo(value) == 0 ? BigDecimal.ONE : BigDecimal.ZERO;
    }

    @Override
    public Step over(Range x) {
      int places = scaleOf(x, value);
      BigInteger wanted = at(value, places);
      if (!Range.fits(wanted)) return null;
      Step scaled = x.scale(places);
      long flagged = wanted.longValue();
      Step flag =
          (all, from, to) -> {
            for (int i = from; i < to; i++) all[i] = all[i] == flagged ? 1 : 0;
          };
      return both(scaled, x.become(0, BigInteger.ZERO, BigInteger.ONE, flag));
    }
  }
}
