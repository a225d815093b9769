package dev.parallax.functions;

import org.apache.spark.sql.api.java.UDF2;

/**
 * {@code prlx_values(state BINARY, spec STRING)}: each variable's declared aggregates in declared order as scaled integers,
 * ARRAY&lt;BIGINT&gt;; counts are plain. A null state is that of no events: counts 0, others null.
 */
public final class Values implements UDF2<byte[], String, Long[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public Long[] call(byte[] state, String specText) {
    AggregateSpec spec = Pane.SPECS.get(specText);
    Long[] out = new Long[spec.outputs];
    StateReader reader = state == null ? null : new StateReader(state, spec);
    int at = 0;
    for (AggregateSpec.Aggregate[] aggregates : spec.aggregates) {
      if (reader != null) reader.next();
      boolean present = reader != null && reader.present;
      for (AggregateSpec.Aggregate aggregate : aggregates) {
        out[at++] = present ? Long.valueOf(value(reader, aggregate)) : aggregate == AggregateSpec.Aggregate.COUNT ? Long.valueOf(0) : null;
      }
    }
    if (reader != null) reader.next();
    return out;
  }

  private static long value(StateReader reader, AggregateSpec.Aggregate aggregate) {
    return switch (aggregate) {
      case SUM -> reader.sum;
      case COUNT -> reader.count;
      case AVG -> Numbers.divideHalfAway(reader.sum, reader.count);
      case MIN -> reader.min;
      case MAX -> reader.max;
      case LAST -> reader.last;
    };
  }
}
