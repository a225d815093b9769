package dev.parallax.functions;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

/** One transform of a scorecard line, in two ways that give the same number. */
interface ScoreTransform {
  /** x becomes the result; false if it does not fit, and then x is spoilt. */
  boolean fast(Fixed x);

  BigDecimal exact(BigDecimal x);

  static ScoreTransform of(Spec spec) {
    return switch (spec.text("kind")) {
      case "linear" -> Linear.of(spec);
      case "cap" -> new Cap(Bound.of(spec, "low"), Bound.of(spec, "high"));
      case "bin" -> Bin.of(spec);
      case "flag" -> new Flag(Bound.of(spec, "value"));
      default -> throw spec.wrong("kind", "linear, cap, bin or flag");
    };
  }

  /** A constant, exact and, if it fits, fast. */
  record Bound(BigDecimal exact, Fixed fast) {
    static Bound of(Spec spec, String name) {
      BigDecimal value = spec.decimal(name);
      return new Bound(value, Fixed.of(value));
    }
  }

  /** (x − center) ÷ scale, rounded half away from zero at scale 12. */
  record Linear(Bound center, Bound scale) implements ScoreTransform {
    static Linear of(Spec spec) {
      Linear linear = new Linear(Bound.of(spec, "center"), Bound.of(spec, "scale"));
      if (linear.scale.exact.signum() == 0) throw spec.wrong("scale", "other than zero");
      return linear;
    }

    @Override
    public boolean fast(Fixed x) {
      Fixed c = center.fast;
      Fixed s = scale.fast;
      if (c == null || s == null) return false;
      int places = Math.max(x.places, c.places);
      int shift = Limits.DECIMAL_SCALE - places + s.places;
      long from = x.at(places);
      long to = c.at(places);
      if (from == Wide.OVERFLOW || to == Wide.OVERFLOW || shift >= Numbers.POWERS_OF_TEN.length) return false;
      long distance = from - to;
      if (((from ^ to) & (from ^ distance)) < 0 || distance == Wide.OVERFLOW) return false;
      long size = Math.abs(s.unscaled);
      long result = Wide.multiplyDivide(s.unscaled < 0 ? -distance : distance, Numbers.POWERS_OF_TEN[shift], size);
      x.set(result, Limits.DECIMAL_SCALE);
      return result != Wide.OVERFLOW;
    }

    @Override
    public BigDecimal exact(BigDecimal x) {
      return x.subtract(center.exact).divide(scale.exact, Limits.DECIMAL_SCALE, RoundingMode.HALF_UP);
    }
  }

  /** At least low, then at most high. */
  record Cap(Bound low, Bound high) implements ScoreTransform {
    @Override
    public boolean fast(Fixed x) {
      if (low.fast == null || high.fast == null) return false;
      if (x.compareTo(low.fast) < 0) x.set(low.fast);
      if (x.compareTo(high.fast) > 0) x.set(high.fast);
      return true;
    }

    @Override
    public BigDecimal exact(BigDecimal x) {
      return x.max(low.exact).min(high.exact);
    }
  }

  /** The value of the first edge with x &lt; below, of which null is below everything; 0 if there is none. */
  record Bin(List<Bound> below, List<Bound> values) implements ScoreTransform {
    static Bin of(Spec spec) {
      List<Bound> below = new ArrayList<>();
      List<Bound> values = new ArrayList<>();
      for (Spec edge : spec.objects("edges")) {
        below.add(edge.isNull("below") ? null : Bound.of(edge, "below"));
        values.add(Bound.of(edge, "value"));
      }
      return new Bin(below, values);
    }

    @Override
    public boolean fast(Fixed x) {
      for (int i = 0; i < values.size(); i++) {
        Bound edge = below.get(i);
        if (edge != null && edge.fast == null) return false;
        if (edge == null || x.compareTo(edge.fast) < 0) {
          Fixed value = values.get(i).fast;
          if (value == null) return false;
          x.set(value);
          return true;
        }
      }
      x.set(0, 0);
      return true;
    }

    @Override
    public BigDecimal exact(BigDecimal x) {
      for (int i = 0; i < values.size(); i++) {
        if (below.get(i) == null || x.compareTo(below.get(i).exact) < 0) return values.get(i).exact;
      }
      return BigDecimal.ZERO;
    }
  }

  /** 1 if x is the value, else 0. */
  record Flag(Bound value) implements ScoreTransform {
    @Override
    public boolean fast(Fixed x) {
      if (value.fast == null) return false;
      x.set(x.compareTo(value.fast) == 0 ? 1 : 0, 0);
      return true;
    }

    @Override
    public BigDecimal exact(BigDecimal x) {
      return x.compareTo(value.exact) == 0 ? BigDecimal.ONE : BigDecimal.ZERO;
    }
  }
}
