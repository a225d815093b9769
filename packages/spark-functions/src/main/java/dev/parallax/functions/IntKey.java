package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import org.apache.spark.sql.api.java.UDF1;

/** {@code prlx_int_key(text STRING)}: the canonical text of a bigint key (a minus and digits, within int64), else null. */
public final class IntKey implements UDF1<String, String> {
  private static final long serialVersionUID = 1L;

  @Override
  public String call(String text) {
    if (text == null) return null;
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    Long key = Numbers.int64(bytes, 0, bytes.length);
    return key == null ? null : key.toString();
  }
}
