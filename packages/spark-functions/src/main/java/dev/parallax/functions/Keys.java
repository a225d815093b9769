package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF3;

/**
 * {@code prlx_keys(last BINARY, touched BINARY, spec STRING)}: a bucket's customers with a window or touched, {@code ARRAY<STRUCT<key STRING,
 * in_hour BOOLEAN, touched BOOLEAN>>}, by key.
 */
public final class Keys implements UDF3<byte[], byte[], String, Row[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public Row[] call(byte[] last, byte[] touched, String specText) {
    List<Row> rows = new ArrayList<>();
    Members members = new Members(null, last, touched, Layout.ALL.get(specText));
    while (members.next()) {
      String key = new String(members.bytes(), members.keyStart(), members.keyEnd() - members.keyStart(), StandardCharsets.UTF_8);
      rows.add(RowFactory.create(key, members.last != null, members.isTouched));
    }
    return rows.toArray(new Row[0]);
  }
}
