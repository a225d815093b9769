package dev.parallax.functions;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF2;

/**
 * {@code prlx_batch_rows(run BINARY, spec STRING)}: the base customers of a run of batch rows, unpacked: {@code ARRAY<STRUCT<key: STRING, …>>}
 * with the columns of the spec ({@link BatchCells}), and with {@code "top": true} the largest contributions, {@code ARRAY<STRUCT<variable: INT,
 * contribution: DECIMAL(38,12)>>}.
 */
public final class BatchRows implements UDF2<byte[], String, Row[]> {
  private static final long serialVersionUID = 1L;
  private static final SpecCache<Columns> COLUMNS = new SpecCache<>(Columns::parse);

  private record Columns(BatchCells cells, boolean top) {
    static Columns parse(String text) {
      Spec spec = Spec.parse(text);
      return new Columns(new BatchCells(spec), spec.flag("top"));
    }
  }

  @Override
  public Row[] call(byte[] run, String specText) {
    Columns columns = COLUMNS.get(specText);
    List<Row> rows = new ArrayList<>();
    if (run == null) return new Row[0];
    KeyedRun all = new KeyedRun(run);
    ByteReader in = new ByteReader();
    int width = columns.cells.width;
    while (all.next()) {
      if (all.end == all.bodyStart) continue;
      in.reset(all.bytes(), all.bodyStart, all.end);
      Object[] values = new Object[1 + width + (columns.top ? 1 : 0)];
      values[0] = new String(all.bytes(), all.keyStart, all.keyEnd - all.keyStart, StandardCharsets.UTF_8);
      columns.cells.fill(values, 1, in);
      if (columns.top) values[1 + width] = top(in);
      rows.add(RowFactory.create(values));
    }
    return rows.toArray(new Row[0]);
  }

  private static Row[] top(ByteReader in) {
    Row[] top = new Row[(int) in.uvarint()];
    for (int i = 0; i < top.length; i++) {
      int variable = (int) in.uvarint();
      top[i] = RowFactory.create(variable, new BigDecimal(BatchRow.read(in), Limits.DECIMAL_SCALE));
    }
    return top;
  }
}
