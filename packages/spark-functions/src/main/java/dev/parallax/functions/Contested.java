package dev.parallax.functions;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF1;

/**
 * {@code prlx_contested(contested BINARY)}: the messages that {@link Claim} can order only by their payloads, {@code ARRAY<STRUCT<stream INT,
 * partition INT, offset BIGINT>>}, some perhaps more than once.
 */
public final class Contested implements UDF1<byte[], Row[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public Row[] call(byte[] contested) {
    List<Row> rows = new ArrayList<>();
    if (contested == null) return new Row[0];
    ByteReader in = new ByteReader(contested);
    while (in.hasMore()) rows.add(RowFactory.create((int) in.uvarint(), (int) in.uvarint(), in.uvarint()));
    return rows.toArray(new Row[0]);
  }
}
