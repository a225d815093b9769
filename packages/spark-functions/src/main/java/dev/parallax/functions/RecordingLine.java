package dev.parallax.functions;

import java.util.Base64;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF1;

/**
 * {@code prlx_line(line BINARY)}: one message of a recording's {@code streams/*.ndjson}, {@code STRUCT<partition INT, offset
 * BIGINT, id STRING, payload BINARY>}. Either {@code payload} (text, or null for a tombstone) or {@code payload_base64}.
 */
public final class RecordingLine implements UDF1<byte[], Row> {
  private static final long serialVersionUID = 1L;
  private static final RecordedJson.Shape SHAPE = new RecordedJson.Shape("partition", "offset", "id", "payload", "payload_base64");

  @Override
  public Row call(byte[] bytes) {
    RecordedJson line = new RecordedJson(SHAPE, bytes);
    int partition = (int) line.integer("partition", 0, Integer.MAX_VALUE);
    long offset = line.integer("offset", 0, Long.MAX_VALUE);
    return RowFactory.create(partition, offset, line.optionalText("id"), payload(line));
  }

  private static byte[] payload(RecordedJson line) {
    boolean base64 = line.has("payload_base64") && !line.isNull("payload_base64");
    boolean text = line.has("payload") && !line.isNull("payload");
    if (base64 && text || !line.has("payload") && !base64) throw line.malformed("either \"payload\" or \"payload_base64\" must be there");
    if (text) return line.textBytes("payload");
    if (!base64) return null;
    byte[] encoded = line.textBytes("payload_base64");
    try {
      return Base64.getDecoder().decode(encoded);
    } catch (IllegalArgumentException e) {
      throw line.malformed("\"payload_base64\" is not base64 (" + e.getMessage() + ")");
    }
  }
}
