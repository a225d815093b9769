package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.api.java.UDF1;

/** {@code prlx_key_list(keys BINARY)}: keys, each with its length, as {@code ARRAY<STRING>}. */
public final class KeyList implements UDF1<byte[], String[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public String[] call(byte[] keys) {
    List<String> list = new ArrayList<>();
    ByteReader in = new ByteReader(keys == null ? new byte[0] : keys);
    while (in.hasMore()) {
      int length = in.length();
      list.add(new String(keys, in.at, length, StandardCharsets.UTF_8));
      in.skip(length);
    }
    return list.toArray(new String[0]);
  }
}
