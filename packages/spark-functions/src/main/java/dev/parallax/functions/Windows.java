package dev.parallax.functions;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF4;
import scala.collection.Seq;

/**
 * {@code prlx_windows(items ARRAY<STRUCT<kind STRING, minute BIGINT, blob BINARY>>, hour BIGINT, first BIGINT, spec STRING)}: both windows of
 * a bucket of customers after one more iteration. Items, all runs: {@code hour} and {@code front} as they were, {@code suffix}, the back
 * stack's part that begins where {@code last_hour} does, and {@code pane}, of event minute {@code minute}; and {@code touched}, keys, each with its
 * length, ascending. The customers of {@code hour_amended} stand in place of those of {@code hour}; with
 * {@code last} and {@code last_amended} there is no suffix, and the whole of an amended iteration is given.
 *
 * <p>Returns {@code STRUCT<hour BINARY, front BINARY, last BINARY, touched BINARY>}: {@code hour} and the panes from {@code hour} on; {@code front} and
 * the panes from {@code first} on; that front and the suffix; the keys of all that is touched. Null where there is nothing.
 */
public final class Windows implements UDF4<Seq<Row>, Long, Long, String, Row> {
  private static final long serialVersionUID = 1L;

  @Override
  public Row call(Seq<Row> items, Long hour, Long first, String specText) {
    Items all = new Items(items, 2);
    List<byte[]> hours = new ArrayList<>();
    List<byte[]> fronts = all.of("front");
    for (Row pane : all.rowsOf("pane")) {
      long minute = pane.getLong(1);
      if (minute >= hour) hours.add(pane.getAs(2));
      if (minute >= first) fronts.add(pane.getAs(2));
    }
    RunWriter writer = new RunWriter(Layout.ALL.get(specText), 1 << 16);
    byte[] merged = writer.merge(all.one("hour"), all.one("hour_amended"), hours);
    byte[] front = writer.merge(fronts);
    byte[] last = all.one("last");
    byte[] amended = all.one("last_amended");
    List<byte[]> parts = all.of("suffix");
    if (last == null && amended == null) parts.add(front);
    return RowFactory.create(merged, front, writer.merge(last, amended, parts), KeyUnion.of(all.of("touched")));
  }
}
