package dev.parallax.functions;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF2;

/**
 * {@code prlx_batch_rows(run BINARY, spec STRING)}: the base customers of a run of batch rows, unpacked: {@code ARRAY<STRUCT<key: STRING, …>>}
 * with each kept cell, DECIMAL of its places or STRING, each module and, if there is one, the total of the scorecard as DECIMAL(20,6), and
 * with {@code "top": true} the largest contributions, {@code ARRAY<STRUCT<variable: INT, contribution: DECIMAL(38,12)>>}.
 */
public final class BatchRows implements UDF2<byte[], String, Row[]> {
  private static final long serialVersionUID = 1L;
  private static final SpecCache<Columns> COLUMNS = new SpecCache<>(Columns::parse);
  private static final int SHOWN_PLACES = 6;
  private static final int TEXT = -1;

  /** Places of each kept cell, or {@link #TEXT}. */
  private record Columns(int[] places, int modules, boolean top) {
    static Columns parse(String text) {
      Spec spec = Spec.parse(text);
      int[] places = spec.objects("cells").stream().mapToInt(cell -> cell.isNull("places") ? TEXT : cell.integer("places", 0, Limits.PLACES_MAX)).toArray();
      return new Columns(places, spec.integer("modules", 0, Limits.VARIABLES_MAX), spec.flag("top"));
    }

    int width() {
      return 1 + places.length + (modules == 0 ? 0 : modules + 1) + (top ? 1 : 0);
    }
  }

  @Override
  public Row[] call(byte[] run, String specText) {
    Columns columns = COLUMNS.get(specText);
    List<Row> rows = new ArrayList<>();
    if (run == null) return new Row[0];
    KeyedRun all = new KeyedRun(run);
    ByteReader in = new ByteReader();
    while (all.next()) {
      if (all.end == all.bodyStart) continue;
      in.reset(all.bytes(), all.bodyStart, all.end);
      Object[] values = new Object[columns.width()];
      values[0] = new String(all.bytes(), all.keyStart, all.keyEnd - all.keyStart, StandardCharsets.UTF_8);
      int at = 1;
      for (int places : columns.places) values[at++] = cell(BatchRow.readCell(in), places);
      at = sums(in, columns.modules, values, at);
      if (columns.top) values[at] = top(in);
      rows.add(RowFactory.create(values));
    }
    return rows.toArray(new Row[0]);
  }

  private static Object cell(byte[] bytes, int places) {
    if (bytes == null) return null;
    if (places == TEXT) return new String(bytes, StandardCharsets.UTF_8);
    return new BigDecimal(bytes.length == 0 ? BigInteger.ZERO : new BigInteger(bytes), places);
  }

  private static int sums(ByteReader in, int modules, Object[] values, int from) {
    int at = from;
    BigInteger total = BigInteger.ZERO;
    for (int module = 0; module < modules; module++) {
      BigInteger sum = BatchRow.read(in);
      total = total.add(sum);
      values[at++] = shown(sum);
    }
    if (modules > 0) values[at++] = shown(total);
    return at;
  }

  private static BigDecimal shown(BigInteger sum) {
    BigDecimal rounded = new BigDecimal(sum, Limits.DECIMAL_SCALE).setScale(SHOWN_PLACES, RoundingMode.HALF_UP);
    if (rounded.precision() > Limits.CELL_DIGITS) throw FunctionException.of("PRLX_SCORE", "a scorecard does not fit DECIMAL(20,6): " + rounded);
    return rounded;
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
