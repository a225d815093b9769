package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF1;

/**
 * {@code prlx_kept(kept BINARY)}: the records that {@link Claim} kept, {@code ARRAY<STRUCT<stream INT, partition INT, offset BIGINT, class
 * STRING, reason STRING, key STRING, time BIGINT, id STRING, payload BINARY>>}. An invalid message has a reason and neither key, time nor
 * id; a duplicate has no payload: it is in the log.
 */
public final class Kept implements UDF1<byte[], Row[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public Row[] call(byte[] kept) {
    List<Row> rows = new ArrayList<>();
    if (kept == null) return new Row[0];
    EventRecord record = new EventRecord();
    record.open(kept);
    while (record.next()) rows.add(row(record));
    return rows.toArray(new Row[0]);
  }

  static String className(int kind) {
    return switch (kind) {
      case EventRecord.CANDIDATE -> "accepted";
      case EventRecord.INVALID -> "invalid";
      case EventRecord.LATE -> "late";
      case EventRecord.AHEAD -> "ahead";
      case EventRecord.DUPLICATE -> "duplicate";
      default -> throw FunctionException.of("PRLX_STATE", "no record has the class " + kind);
    };
  }

  private static Row row(EventRecord at) {
    byte[] payload = at.payloadStart < 0 ? null : Arrays.copyOfRange(at.bytes, at.payloadStart, at.end);
    if (at.kind == EventRecord.INVALID) {
      String reason = EventRecord.REASONS[at.reason];
      return RowFactory.create(at.stream, at.partition, at.offset, className(at.kind), reason, null, null, null, payload);
    }
    String key = new String(at.bytes, at.keyStart, at.keyEnd - at.keyStart, StandardCharsets.UTF_8);
    String id = new String(at.bytes, at.idStart, at.idEnd - at.idStart, StandardCharsets.UTF_8);
    return RowFactory.create(at.stream, at.partition, at.offset, className(at.kind), null, key, at.time, id, payload);
  }
}
