package dev.parallax.functions;

import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF2;
import scala.collection.Iterator;
import scala.collection.Seq;

/**
 * {@code prlx_pane(events ARRAY<STRUCT<time BIGINT, id STRING, vals BINARY>>, spec STRING)}: the state of these accepted
 * events, BINARY; null for none.
 */
public final class Pane implements UDF2<Seq<Row>, String, byte[]> {
  private static final long serialVersionUID = 1L;

  /** Shared by the functions of the same spec. */
  static final SpecCache<AggregateSpec> SPECS = new SpecCache<>(AggregateSpec::parse);

  @Override
  public byte[] call(Seq<Row> events, String specText) {
    AggregateSpec spec = SPECS.get(specText);
    if (events == null || events.isEmpty()) return null;
    PaneState state = new PaneState(spec);
    Iterator<Row> rows = events.iterator();
    while (rows.hasNext()) {
      Row event = rows.next();
      if (event == null || event.anyNull()) throw FunctionException.of("PRLX_STATE", "an accepted event has time, id and vals, but got " + event);
      state.addEvent(event.getLong(0), event.getString(1), event.getAs(2));
    }
    return state.encode();
  }
}
