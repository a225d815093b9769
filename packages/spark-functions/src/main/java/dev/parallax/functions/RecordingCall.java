package dev.parallax.functions;

import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF1;

/**
 * {@code prlx_call(line BINARY)}: one bulk call of a recording's {@code online/*.ndjson}, {@code STRUCT<at BIGINT, ids
 * ARRAY<STRING>, attempt INT, status INT, body STRING>}; {@code at} in microseconds, status 0 = time-out, attempt 1 where
 * it is not said.
 */
public final class RecordingCall implements UDF1<byte[], Row> {
  private static final long serialVersionUID = 1L;
  private static final RecordedJson.Shape SHAPE = new RecordedJson.Shape("at", "ids", "attempt", "status", "body");

  @Override
  public Row call(byte[] bytes) {
    RecordedJson line = new RecordedJson(SHAPE, bytes);
    byte[] at = line.textBytes("at");
    long micros = Rfc3339.parse(at, 0, at.length);
    if (micros == Rfc3339.INVALID) throw line.malformed("\"at\" must be an RFC 3339 time with an offset");
    int attempt = line.has("attempt") ? (int) line.integer("attempt", 0, Integer.MAX_VALUE) : 1;
    int status = (int) line.integer("status", 0, 999);
    return RowFactory.create(micros, line.keys("ids").toArray(new String[0]), attempt, status, line.optionalText("body"));
  }
}
