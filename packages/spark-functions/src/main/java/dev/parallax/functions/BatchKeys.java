package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.api.java.UDF1;

/** {@code prlx_batch_keys(run BINARY)}: the customers of a run of batch rows that are in the base; {@code ARRAY<STRING>}. */
public final class BatchKeys implements UDF1<byte[], String[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public String[] call(byte[] run) {
    List<String> keys = new ArrayList<>();
    if (run == null) return new String[0];
    KeyedRun rows = new KeyedRun(run);
    while (rows.next()) {
      if (rows.end > rows.bodyStart) keys.add(new String(rows.bytes(), rows.keyStart, rows.keyEnd - rows.keyStart, StandardCharsets.UTF_8));
    }
    return keys.toArray(new String[0]);
  }
}
