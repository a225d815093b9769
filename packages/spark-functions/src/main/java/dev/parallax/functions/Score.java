package dev.parallax.functions;

import java.math.BigDecimal;
import java.util.List;
import org.apache.spark.sql.api.java.UDF2;
import scala.collection.Iterator;
import scala.collection.Seq;

/**
 * {@code prlx_score(values ARRAY<BIGINT | DECIMAL | STRING>, spec STRING)}: scorecard contributions of one group of columns
 * (entry i takes value i), summed by module at scale 12, in the order of the spec's modules; {@code ARRAY<DECIMAL(38,12)>}.
 * Null when a text is no number: the caller keeps such a row aside.
 */
public final class Score implements UDF2<Seq<Object>, String, BigDecimal[]> {
  private static final long serialVersionUID = 1L;
  private static final SpecCache<ScoreSpec> SPECS = new SpecCache<>(ScoreSpec::new);

  private static final class ScoreSpec {
    final int modules;
    final ScoreEntry[] entries;

    ScoreSpec(String text) {
      Spec spec = Spec.parse(text);
      modules = spec.texts("modules").size();
      List<Spec> lines = spec.objects("entries");
      entries = new ScoreEntry[lines.size()];
      for (int i = 0; i < entries.length; i++) entries[i] = new ScoreEntry(lines.get(i), modules);
    }
  }

  @Override
  public BigDecimal[] call(Seq<Object> values, String specText) {
    ScoreSpec spec = SPECS.get(specText);
    ModuleSums sums = new ModuleSums(spec.modules);
    if (values != null && values.length() != spec.entries.length) {
      throw FunctionException.of("PRLX_SCORE", values.length() + " values for " + spec.entries.length + " scorecard entries");
    }
    Iterator<Object> all = values == null ? null : values.iterator();
    Fixed x = new Fixed();
    for (int i = 0; i < spec.entries.length; i++) {
      ScoreEntry entry = spec.entries[i];
      Object value = all == null ? null : all.next();
      if (value == null) value = entry.missingAs;
      if (value == null) continue;
      if (value instanceof Long whole) {
        x.set(whole, 0);
        long fast = entry.fast(x);
        if (fast != Wide.OVERFLOW) sums.add(entry.module, fast);
        else sums.add(entry.module, entry.exact(BigDecimal.valueOf(whole)));
        continue;
      }
      BigDecimal decimal = decimal(value);
      if (decimal == null) return null;
      long fast = x.set(decimal) ? entry.fast(x) : Wide.OVERFLOW;
      if (fast != Wide.OVERFLOW) sums.add(entry.module, fast);
      else sums.add(entry.module, entry.exact(decimal));
    }
    return sums.results();
  }

  /** The exact number; null for a text that is none. */
  private static BigDecimal decimal(Object value) {
    if (value instanceof BigDecimal decimal) return decimal;
    if (value instanceof Integer || value instanceof Short || value instanceof Byte) return BigDecimal.valueOf(((Number) value).longValue());
    if (value instanceof String text) return Numbers.parse(text);
    throw FunctionException.of("PRLX_SCORE", "a " + value.getClass().getSimpleName() + " is no exact number");
  }
}
