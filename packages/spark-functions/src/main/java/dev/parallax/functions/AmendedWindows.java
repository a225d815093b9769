package dev.parallax.functions;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF6;
import scala.collection.Seq;

/**
 * {@code prlx_windows_amended(hour BINARY, last BINARY, items ARRAY<STRUCT<kind STRING, minute BIGINT, blob BINARY>>, hour BIGINT, first BIGINT, spec STRING)}:
 * a bucket's windows of one iteration with more of its panes, of the customers alone that these touch. The runs as they were; the items as those of
 * {@code prlx_windows}: {@code pane} and {@code touched}.
 *
 * <p>Returns {@code STRUCT<hour BINARY, front BINARY, last BINARY, touched BINARY>}: all that the touched customers have in both windows, what is to be added to the
 * front, and who they are.
 */
public final class AmendedWindows implements UDF6<byte[], byte[], Seq<Row>, Long, Long, String, Row> {
  private static final long serialVersionUID = 1L;

  @Override
  public Row call(byte[] hourBefore, byte[] lastBefore, Seq<Row> items, Long hour, Long first, String specText) {
    Items all = new Items(items, 2);
    byte[] touched = KeyUnion.of(all.of("touched"));
    if (touched == null) return RowFactory.create(null, null, null, null);
    List<byte[]> hours = runs(hourBefore);
    List<byte[]> fronts = new ArrayList<>();
    List<byte[]> lasts = runs(lastBefore);
    for (Row pane : all.rowsOf("pane")) {
      long minute = pane.getLong(1);
      byte[] run = pane.getAs(2);
      if (minute >= hour) hours.add(run);
      if (minute < first) continue;
      fronts.add(run);
      lasts.add(run);
    }
    RunWriter writer = new RunWriter(Layout.ALL.get(specText), 1 << 16);
    return RowFactory.create(writer.mergeOnly(hours, touched), writer.merge(fronts), writer.mergeOnly(lasts, touched), touched);
  }

  private static List<byte[]> runs(byte[] before) {
    List<byte[]> runs = new ArrayList<>();
    runs.add(before);
    return runs;
  }
}
