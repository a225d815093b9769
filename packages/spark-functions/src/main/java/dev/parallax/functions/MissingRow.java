package dev.parallax.functions;

import java.math.BigDecimal;
import org.apache.spark.sql.api.java.UDF1;

/** {@code prlx_batch_missing(spec STRING)}: what a table without a row for a customer adds to its batch row: its variables are missing. */
public final class MissingRow implements UDF1<String, byte[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public byte[] call(String specText) {
    BatchTable table = BatchTable.ALL.get(specText);
    RowSums sums = new RowSums(1, table.modules);
    for (BatchColumn column : table.columns) {
      for (BatchColumn.Group group : column.groups) {
        BigDecimal missing = group.missing();
        if (missing.signum() != 0) sums.addExact(group, 0, missing);
      }
    }
    ByteWriter out = new ByteWriter(64);
    sums.write(0, out);
    return out.toBytes();
  }
}
