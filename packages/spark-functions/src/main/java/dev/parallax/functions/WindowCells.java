package dev.parallax.functions;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The columns that a row shows of a customer's windows, {@code {"streams":…,"columns":[{"window","stream","variable","aggregate","places"}],"digits":n}}: an
 * aggregate of a variable in one of the two, as DECIMAL of its places, or BIGINT for a count ({@code places} null).
 */
final class WindowCells {
  private static final int LONG_DIGITS = 18;

  private record Column(int at, int variable, AggregateSpec.Aggregate aggregate, int places) {}

  final Layout layout;
  /** How many columns there are. */
  final int width;
  /** The largest value that a decimal of `digits` holds. */
  final long bound;
  private final Column[][] hour;
  private final Column[][] last;
  private final boolean[] isCount;

  WindowCells(Spec spec) {
    layout = new Layout(spec);
    List<Spec> declared = spec.objects("columns");
    width = declared.size();
    isCount = new boolean[width];
    List<List<Column>> hours = lists(layout);
    List<List<Column>> lasts = lists(layout);
    for (int i = 0; i < width; i++) {
      Spec column = declared.get(i);
      int stream = column.integer("stream", 0, layout.streams.length - 1);
      int variable = column.integer("variable", 0, layout.streams[stream].variables() - 1);
      AggregateSpec.Aggregate aggregate = AggregateSpec.Aggregate.valueOf(column.text("aggregate").toUpperCase(Locale.ROOT));
      isCount[i] = column.isNull("places");
      int places = isCount[i] ? -1 : column.integer("places", 0, Limits.PLACES_MAX);
      (column.text("window").equals("hour") ? hours : lasts).get(stream).add(new Column(i, variable, aggregate, places));
    }
    hour = arrays(hours);
    last = arrays(lasts);
    int digits = spec.integer("digits", 1, 20);
    bound = digits > LONG_DIGITS ? Long.MAX_VALUE : BigDecimal.TEN.pow(digits).longValueExact() - 1;
  }

  private static List<List<Column>> lists(Layout layout) {
    List<List<Column>> lists = new ArrayList<>();
    for (int s = 0; s < layout.streams.length; s++) lists.add(new ArrayList<>());
    return lists;
  }

  private static Column[][] arrays(List<List<Column>> lists) {
    return lists.stream().map(list -> list.toArray(new Column[0])).toArray(Column[][]::new);
  }

  /** One accumulator a stream, for {@link #fill}. */
  StreamState[] states() {
    StreamState[] states = new StreamState[layout.streams.length];
    for (int s = 0; s < states.length; s++) states[s] = new StreamState(layout.streams[s]);
    return states;
  }

  /** Writes the columns of both windows from `at` on; of a window that is null counts are 0, others null. A decimal of too many digits raises PRLX_DIGITS. */
  void fill(Object[] cells, int at, RunCursor ofHour, RunCursor ofLast, StreamState[] states) {
    for (int i = 0; i < width; i++) if (isCount[i]) cells[at + i] = 0L;
    if (ofHour != null) fill(cells, at, hour, ofHour, states);
    if (ofLast != null) fill(cells, at, last, ofLast, states);
  }

  private void fill(Object[] cells, int at, Column[][] columns, RunCursor window, StreamState[] states) {
    for (int s = 0; s < columns.length; s++) {
      if (columns[s].length == 0 || window.stateEnd[s] == window.stateStart[s]) continue;
      StreamState state = states[s];
      state.clear();
      state.addState(window.bytes, window.stateStart[s], window.stateEnd[s]);
      for (Column column : columns[s]) {
        if (!state.has(column.variable)) continue;
        long value = state.value(column.variable, column.aggregate);
        cells[at + column.at] = column.places < 0 ? (Object) value : decimal(value, column.places, bound);
      }
    }
  }

  /** A scaled integer as a decimal. Raises PRLX_DIGITS beyond `bound`. */
  static BigDecimal decimal(long value, int places, long bound) {
    if (value > bound || value < -bound) throw FunctionException.of("PRLX_DIGITS", "a value has more digits than its column");
    return BigDecimal.valueOf(value, places);
  }
}
