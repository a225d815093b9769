package dev.parallax.functions;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF4;
import scala.collection.Seq;

/**
 * {@code prlx_panes(items ARRAY<STRUCT<kind STRING, blob BINARY>>, minute BIGINT, first BIGINT, spec STRING)}: what iteration {@code minute}
 * adds to the event minutes of a bucket of customers. Items: {@code events}, lists of accepted records, and {@code pending}, lists of records
 * accepted earlier whose minute was still to come.
 *
 * <p>Returns {@code STRUCT<panes ARRAY<STRUCT<minute BIGINT, run BINARY>>, pending BINARY, touched BINARY>}: a run for each event minute from
 * {@code first} on, ascending; the records whose minute is still to come; and the keys of all customers with a record whose minute has come,
 * also one before {@code first}, each with its length, ascending. Null where there is nothing.
 */
public final class Panes implements UDF4<Seq<Row>, Long, Long, String, Row> {
  private static final long serialVersionUID = 1L;
  private static final long MINUTE = 60_000_000L;

  @Override
  public Row call(Seq<Row> items, Long minute, Long first, String specText) {
    Layout layout = Layout.ALL.get(specText);
    Items all = new Items(items, 1);
    List<byte[]> lists = all.of("events");
    lists.addAll(all.of("pending"));
    List<EventRecord> now = new ArrayList<>();
    List<byte[]> pending = new ArrayList<>();
    EventRecord record = new EventRecord();
    for (byte[] list : lists) {
      record.open(list);
      while (record.next()) {
        if (minuteOf(record) > minute) {
          pending.add(Arrays.copyOfRange(list, record.start, record.end));
        } else {
          EventRecord kept = new EventRecord();
          kept.at(list, record.start, record.end);
          now.add(kept);
        }
      }
    }
    EventRecord[] events = now.toArray(new EventRecord[0]);
    Arrays.sort(events, Panes::byMinuteThenKey);
    return RowFactory.create(panes(events, first, layout), list(pending), touched(events));
  }

  private static long minuteOf(EventRecord record) {
    return Math.floorDiv(record.time, MINUTE) * MINUTE;
  }

  private static int byMinuteThenKey(EventRecord a, EventRecord b) {
    int byMinute = Long.compare(Math.floorDiv(a.time, MINUTE), Math.floorDiv(b.time, MINUTE));
    return byMinute != 0 ? byMinute : compareKeys(a, b);
  }

  private static int compareKeys(EventRecord a, EventRecord b) {
    return Arrays.compareUnsigned(a.bytes, a.keyStart, a.keyEnd, b.bytes, b.keyStart, b.keyEnd);
  }

  private static Row[] panes(EventRecord[] events, long first, Layout layout) {
    List<Row> panes = new ArrayList<>();
    RunWriter writer = new RunWriter(layout, 64 * events.length + 64);
    int i = 0;
    while (i < events.length && minuteOf(events[i]) < first) i++;
    while (i < events.length) {
      long minute = minuteOf(events[i]);
      while (i < events.length && minuteOf(events[i]) == minute) {
        EventRecord customer = events[i];
        writer.clearStates();
        do writer.state(events[i].stream).addEvent(events[i]);
        while (++i < events.length && minuteOf(events[i]) == minute && compareKeys(events[i], customer) == 0);
        writer.customer(customer.bytes, customer.keyStart, customer.keyEnd);
      }
      panes.add(RowFactory.create(minute, writer.toRun()));
    }
    return panes.isEmpty() ? null : panes.toArray(new Row[0]);
  }

  private static byte[] list(List<byte[]> records) {
    if (records.isEmpty()) return null;
    byte[][] sorted = records.toArray(new byte[0][]);
    Arrays.sort(sorted, Arrays::compareUnsigned);
    ByteWriter out = new ByteWriter(1024);
    for (byte[] record : sorted) out.sized(record, 0, record.length);
    return out.toBytes();
  }

  private static byte[] touched(EventRecord[] events) {
    if (events.length == 0) return null;
    EventRecord[] byKey = events.clone();
    Arrays.sort(byKey, Panes::compareKeys);
    ByteWriter out = new ByteWriter(12 * events.length);
    for (int i = 0; i < byKey.length; i++) {
      if (i == 0 || compareKeys(byKey[i - 1], byKey[i]) != 0) out.sized(byKey[i].bytes, byKey[i].keyStart, byKey[i].keyEnd);
    }
    return out.toBytes();
  }
}
