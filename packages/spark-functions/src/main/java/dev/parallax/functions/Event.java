package dev.parallax.functions;

import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF5;

/**
 * {@code prlx_event(payload BINARY, message_id STRING, partition INT, offset BIGINT, spec STRING)}: one message as a packed record with the
 * bucket of its id, {@code STRUCT<bucket INT, event BINARY>}. See {@link EventPacker}.
 */
public final class Event implements UDF5<byte[], String, Integer, Long, String, Row> {
  private static final long serialVersionUID = 1L;
  private static final ThreadLocal<ByteWriter> WRITERS = ThreadLocal.withInitial(() -> new ByteWriter(4096));

  @Override
  public Row call(byte[] payload, String messageId, Integer partition, Long offset, String specText) {
    ByteWriter out = WRITERS.get();
    out.clear();
    int bucket = EventPacker.ALL.get(specText).pack(payload, messageId, partition, offset, out);
    return RowFactory.create(bucket, out.toBytes());
  }
}
