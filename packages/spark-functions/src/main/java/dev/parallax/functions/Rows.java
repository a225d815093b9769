package dev.parallax.functions;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF4;

/**
 * {@code prlx_…_rows(hour BINARY, last BINARY, touched BINARY, spec STRING)}: a bucket's windows as rows, {@code ARRAY<STRUCT<key STRING,
 * in_hour BOOLEAN, touched BOOLEAN, …>>} with the columns that the spec names, in its order: DECIMAL of the column's places, BIGINT for a
 * count; a decimal of more digits than the spec says raises PRLX_DIGITS. One row for each customer of either window or of {@code touched}, by key; without values counts are 0, others null.
 */
public final class Rows implements UDF4<byte[], byte[], byte[], String, Row[]> {
  private static final long serialVersionUID = 1L;
  private static final SpecCache<Columns> COLUMNS = new SpecCache<>(Columns::parse);
  private static final int BEFORE = 3;
  private static final int LONG_DIGITS = 18;

  private record Column(int at, int variable, AggregateSpec.Aggregate aggregate, int places) {}

  /** The columns wanted, by window and stream. */
  private record Columns(Layout layout, Column[][] hour, Column[][] last, long bound, Object[] empty) {
    static Columns parse(String text) {
      Spec spec = Spec.parse(text);
      Layout layout = new Layout(spec);
      List<Spec> declared = spec.objects("columns");
      Object[] empty = new Object[declared.size() + BEFORE];
      List<List<Column>> hour = lists(layout);
      List<List<Column>> last = lists(layout);
      for (int i = 0; i < declared.size(); i++) {
        Spec column = declared.get(i);
        int stream = column.integer("stream", 0, layout.streams.length - 1);
        int variable = column.integer("variable", 0, layout.streams[stream].variables() - 1);
        AggregateSpec.Aggregate aggregate = AggregateSpec.Aggregate.valueOf(column.text("aggregate").toUpperCase(java.util.Locale.ROOT));
        int places = column.isNull("places") ? -1 : column.integer("places", 0, Limits.PLACES_MAX);
        if (places < 0) empty[i + BEFORE] = 0L;
        (column.text("window").equals("hour") ? hour : last).get(stream).add(new Column(i + BEFORE, variable, aggregate, places));
      }
      int digits = spec.integer("digits", 1, 20);
      long bound = digits > LONG_DIGITS ? Long.MAX_VALUE : BigDecimal.TEN.pow(digits).longValueExact() - 1;
      return new Columns(layout, arrays(hour), arrays(last), bound, empty);
    }

    private static List<List<Column>> lists(Layout layout) {
      List<List<Column>> lists = new ArrayList<>();
      for (int s = 0; s < layout.streams.length; s++) lists.add(new ArrayList<>());
      return lists;
    }

    private static Column[][] arrays(List<List<Column>> lists) {
      return lists.stream().map(list -> list.toArray(new Column[0])).toArray(Column[][]::new);
    }
  }

  @Override
  public Row[] call(byte[] hour, byte[] last, byte[] touched, String specText) {
    Columns columns = COLUMNS.get(specText);
    StreamState[] states = new StreamState[columns.layout.streams.length];
    for (int s = 0; s < states.length; s++) states[s] = new StreamState(columns.layout.streams[s]);
    List<Row> rows = new ArrayList<>();
    Members members = new Members(hour, last, touched, columns.layout);
    while (members.next()) {
      Object[] cells = columns.empty.clone();
      cells[0] = new String(members.bytes(), members.keyStart(), members.keyEnd() - members.keyStart(), StandardCharsets.UTF_8);
      cells[1] = members.last != null;
      cells[2] = members.isTouched;
      if (members.hour != null) fill(cells, columns.hour, members.hour, states, columns.bound);
      if (members.last != null) fill(cells, columns.last, members.last, states, columns.bound);
      rows.add(RowFactory.create(cells));
    }
    return rows.toArray(new Row[0]);
  }

  private static void fill(Object[] cells, Column[][] columns, RunCursor at, StreamState[] states, long bound) {
    for (int s = 0; s < columns.length; s++) {
      if (columns[s].length == 0 || at.stateEnd[s] == at.stateStart[s]) continue;
      StreamState state = states[s];
      state.clear();
      state.addState(at.bytes, at.stateStart[s], at.stateEnd[s]);
      for (Column column : columns[s]) {
        if (!state.has(column.variable)) continue;
        long value = state.value(column.variable, column.aggregate);
        if (column.places >= 0 && (value > bound || value < -bound)) throw FunctionException.of("PRLX_DIGITS", "a value has more digits than its column");
        cells[column.at] = column.places < 0 ? (Object) value : BigDecimal.valueOf(value, column.places);
      }
    }
  }
}
