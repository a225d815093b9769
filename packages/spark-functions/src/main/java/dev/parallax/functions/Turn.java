package dev.parallax.functions;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF4;
import scala.collection.Iterator;
import scala.collection.Seq;

/**
 * {@code prlx_turn(panes ARRAY<STRUCT<minute BIGINT, run BINARY>>, first BIGINT, pivot BIGINT, spec STRING)}: the two stacks of a bucket of
 * customers made anew from panes, of which several may have one event minute; those before {@code first} are left out.
 *
 * <p>Returns {@code ARRAY<STRUCT<from_minute BIGINT, to_minute BIGINT, run BINARY>>}: the back stack's suffixes, each the merge of the panes
 * from a minute up to {@code pivot} and good for windows that begin in {@code [from_minute, to_minute]}; and with nulls for both the front,
 * the merge of the panes after the pivot. Rows without a customer are left out.
 */
public final class Turn implements UDF4<Seq<Row>, Long, Long, String, Row[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public Row[] call(Seq<Row> panes, Long first, Long pivot, String specText) {
    RunWriter writer = new RunWriter(Layout.ALL.get(specText), 1 << 16);
    TreeMap<Long, List<byte[]>> byMinute = new TreeMap<>();
    Iterator<Row> all = panes.iterator();
    while (all.hasNext()) {
      Row pane = all.next();
      byte[] run = pane.getAs(1);
      if (run != null && pane.getLong(0) >= first) byMinute.computeIfAbsent(pane.getLong(0), minute -> new ArrayList<>()).add(run);
    }
    List<Row> rows = new ArrayList<>();
    byte[] suffix = null;
    for (long minute : byMinute.headMap(pivot, true).descendingKeySet()) {
      List<byte[]> parts = byMinute.get(minute);
      parts.add(suffix);
      suffix = writer.merge(parts);
      Long before = byMinute.lowerKey(minute);
      rows.add(RowFactory.create(before == null ? first : Long.valueOf(before + MINUTE), minute, suffix));
    }
    List<byte[]> after = new ArrayList<>();
    byMinute.tailMap(pivot, false).values().forEach(after::addAll);
    byte[] front = writer.merge(after);
    if (front != null) rows.add(RowFactory.create(null, null, front));
    return rows.toArray(new Row[0]);
  }

  private static final long MINUTE = 60_000_000L;
}
