package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF4;

/**
 * {@code prlx_…_rows(hour BINARY, last BINARY, touched BINARY, spec STRING)}: a bucket's windows as rows, {@code ARRAY<STRUCT<key STRING,
 * in_hour BOOLEAN, touched BOOLEAN, …>>} with the columns that the spec names ({@link WindowCells}), in its order. One row for each customer of either
 * window or of {@code touched}, by key; without values counts are 0, others null.
 */
public final class Rows implements UDF4<byte[], byte[], byte[], String, Row[]> {
  private static final long serialVersionUID = 1L;
  private static final SpecCache<WindowCells> COLUMNS = new SpecCache<>(text -> new WindowCells(Spec.parse(text)));
  private static final int BEFORE = 3;

  @Override
  public Row[] call(byte[] hour, byte[] last, byte[] touched, String specText) {
    WindowCells columns = COLUMNS.get(specText);
    StreamState[] states = columns.states();
    List<Row> rows = new ArrayList<>();
    Members members = new Members(hour, last, touched, columns.layout);
    while (members.next()) {
      Object[] cells = new Object[BEFORE + columns.width];
      cells[0] = new String(members.bytes(), members.keyStart(), members.keyEnd() - members.keyStart(), StandardCharsets.UTF_8);
      cells[1] = members.last != null;
      cells[2] = members.isTouched;
      columns.fill(cells, BEFORE, members.hour, members.last, states);
      rows.add(RowFactory.create(cells));
    }
    return rows.toArray(new Row[0]);
  }
}
