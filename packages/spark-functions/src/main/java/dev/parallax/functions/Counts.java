package dev.parallax.functions;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF1;
import scala.collection.Iterator;
import scala.collection.Seq;

/**
 * {@code prlx_counts(counts ARRAY<BINARY>)}: the sum of what {@link Claim} counted, {@code ARRAY<STRUCT<stream INT, class STRING, reason
 * STRING, field STRING, n BIGINT>>}: messages by stream, class and reason, where field is null; and accepted messages by an undeclared name
 * that stood in them, where class is null.
 */
public final class Counts implements UDF1<Seq<byte[]>, Row[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public Row[] call(Seq<byte[]> counts) {
    CountsTally all = new CountsTally();
    if (counts != null) {
      Iterator<byte[]> tallies = counts.iterator();
      while (tallies.hasNext()) {
        byte[] tally = tallies.next();
        if (tally != null) all.addAll(tally);
      }
    }
    List<Row> rows = new ArrayList<>();
    all.forEach(
        (stream, kind, reason, field, n) ->
            rows.add(RowFactory.create(stream, field != null ? null : Kept.className(kind), reason < 0 ? null : EventRecord.REASONS[reason], field, n)));
    return rows.toArray(new Row[0]);
  }
}
