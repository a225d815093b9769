package dev.parallax.functions;

import org.apache.spark.sql.api.java.UDF4;

/** {@code prlx_payload(stream INT, partition INT, offset BIGINT, payload BINARY)}: a contested message's payload as {@link Claim} takes it, BINARY. */
public final class Payload implements UDF4<Integer, Integer, Long, byte[], byte[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public byte[] call(Integer stream, Integer partition, Long offset, byte[] payload) {
    ByteWriter out = new ByteWriter(payload.length + 24);
    out.uvarint(stream);
    out.uvarint(partition);
    out.uvarint(offset);
    out.sized(payload, 0, payload.length);
    return out.toBytes();
  }
}
