package dev.parallax.functions;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The columns that a row shows of a customer's batch row, {@code {"cells":[{"places":n|null,"skip":flag}],"modules":n,"sums":[{"module":m}]}}: the kept
 * cells that are not skipped, DECIMAL of their places or STRING, then sums of the scorecard as DECIMAL(20,6), module {@code modules} being the total;
 * without {@code sums} all of them.
 */
final class BatchCells {
  private static final int SHOWN_PLACES = 6;
  private static final int TEXT = -1;

  /** How many columns there are. */
  final int width;
  private final int[] places;
  private final boolean[] skip;
  private final int modules;
  private final int[] sums;

  BatchCells(Spec spec) {
    List<Spec> cells = spec.objects("cells");
    places = cells.stream().mapToInt(cell -> cell.isNull("places") ? TEXT : cell.integer("places", 0, Limits.PLACES_MAX)).toArray();
    skip = new boolean[places.length];
    int shown = 0;
    for (int i = 0; i < skip.length; i++) {
      skip[i] = cells.get(i).flag("skip");
      if (!skip[i]) shown++;
    }
    modules = spec.integer("modules", 0, Limits.VARIABLES_MAX);
    sums = spec.isNull("sums") ? all(modules) : spec.objects("sums").stream().mapToInt(sum -> sum.integer("module", 0, modules)).toArray();
    width = shown + sums.length;
  }

  private static int[] all(int modules) {
    int[] all = new int[modules == 0 ? 0 : modules + 1];
    for (int i = 0; i < all.length; i++) all[i] = i;
    return all;
  }

  /** Writes the columns from `at` on; leaves the reader behind the modules' sums. */
  void fill(Object[] cells, int from, ByteReader in) {
    int at = from;
    for (int i = 0; i < places.length; i++) {
      if (skip[i]) BatchRow.skipCell(in);
      else cells[at++] = cell(BatchRow.readCell(in), places[i]);
    }
    if (sums.length == 0) return;
    BigInteger[] bySum = new BigInteger[modules + 1];
    BigInteger total = BigInteger.ZERO;
    for (int module = 0; module < modules; module++) {
      bySum[module] = BatchRow.read(in);
      total = total.add(bySum[module]);
    }
    bySum[modules] = total;
    for (int sum : sums) cells[at++] = shown(bySum[sum]);
  }

  private static Object cell(byte[] bytes, int places) {
    if (bytes == null) return null;
    if (places == TEXT) return new String(bytes, StandardCharsets.UTF_8);
    return new BigDecimal(bytes.length == 0 ? BigInteger.ZERO : new BigInteger(bytes), places);
  }

  private static BigDecimal shown(BigInteger sum) {
    BigDecimal rounded = new BigDecimal(sum, Limits.DECIMAL_SCALE).setScale(SHOWN_PLACES, RoundingMode.HALF_UP);
    if (rounded.precision() > Limits.CELL_DIGITS) throw FunctionException.of("PRLX_SCORE", "a scorecard does not fit DECIMAL(20,6): " + rounded);
    return rounded;
  }
}
