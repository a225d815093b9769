package dev.parallax.functions;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What is summed up for the rows of one row group: the scorecard by module at scale 12, each row's largest contributions, and why a row is
 * kept aside. Contributions come a column at a time, in any order. Of equals the one whose variable's name comes first is the larger:
 * variables are numbered by their names.
 */
final class RowSums {
  private static final int TOP = Limits.TOP_CONTRIBUTIONS;

  /** Their sums and largest contributions fit a core's own cache. */
  private static final int ROWS_AT_ONCE = 4096;

  final int rows;
  final int[] reason;

  /** What stands in the rows that are kept aside. */
  final AsideValues aside = new AsideValues();

  private final long[][] sums;

  /** No sum of the module can be larger: while it fits 64 bits nothing has to be checked. */
  private final long[] bound;

  private final BigInteger[][] spilt;

  /** A row's largest contributions, the largest first; 0 where it has fewer. */
  private final long[] topValue;

  private final int[] topVariable;

  /** What is smaller is not among a row's largest contributions: the size of their least, or 1. */
  private final long[] threshold;

  private final int[] candidates = new int[ROWS_AT_ONCE];
  private final List<Part> pending = new ArrayList<>();

  /** What was added exactly, by row and variable. */
  private final Map<Long, BigInteger> large = new HashMap<>();

  RowSums(int rows, int modules) {
    this.rows = rows;
    reason = new int[rows];
    sums = new long[modules][];
    bound = new long[modules];
    spilt = new BigInteger[modules][];
    threshold = new long[rows];
    Arrays.fill(threshold, 1);
    topValue = new long[rows * TOP];
    topVariable = new int[rows * TOP];
  }

  /**
   * What one column contributes to some rows.
   *
   * @param contributions by row, or by what {@code ids} says of the row when that is not null
   * @param largest none is larger in size
   */
  record Part(BatchColumn.Group group, long[] contributions, int[] ids, int from, int to, long largest) {}

  /** Adds a part, at the latest with {@link #flush}: until then its arrays stay as they are. */
  void add(Part part) {
    int module = part.group.module;
    if (sums[module] == null) sums[module] = new long[rows];
    if (bound[module] > Long.MAX_VALUE - part.largest) {
      flush();
      spill(module);
    }
    bound[module] += part.largest;
    pending.add(part);
  }

  /**
   * Adds what waits, some rows at a time: what is kept of them stays near while one column after the other is added. The largest come first, so
   * that few of the others are among a row's largest even for a while.
   */
  void flush() {
    pending.sort(Comparator.comparingLong(Part::largest).reversed());
    for (int first = 0; first < rows; first += ROWS_AT_ONCE) {
      int end = Math.min(rows, first + ROWS_AT_ONCE);
      for (Part part : pending) addRows(part, Math.max(first, part.from), Math.min(end, part.to));
    }
    pending.clear();
  }

  private void addRows(Part part, int from, int to) {
    long[] c = part.contributions;
    int[] ids = part.ids;
    long[] sum = sums[part.group.module];
    // Who has a new large one is gathered without a branch, and looked at then.
    int found = 0;
    if (ids == null) {
      for (int row = from; row < to; row++) {
        long value = c[row];
        sum[row] += value;
        candidates[found] = row;
        found -= (int) ((threshold[row] - 1 - Math.abs(value)) >> 63);
      }
      for (int at = 0; at < found; at++) insert(candidates[at], c[candidates[at]], part.group.variable);
      return;
    }
    for (int row = from; row < to; row++) {
      long value = c[ids[row]];
      sum[row] += value;
      candidates[found] = row;
      found -= (int) ((threshold[row] - 1 - Math.abs(value)) >> 63);
    }
    for (int at = 0; at < found; at++) insert(candidates[at], c[ids[candidates[at]]], part.group.variable);
  }

  /** A contribution of any size but 0: one by one, for those beyond 64 bits. */
  void addExact(BatchColumn.Group group, int row, BigDecimal contribution) {
    BigInteger value = contribution.setScale(Limits.DECIMAL_SCALE).unscaledValue();
    BigInteger[] all = spilt[group.module] == null ? spilt[group.module] = new BigInteger[rows] : spilt[group.module];
    all[row] = all[row] == null ? value : all[row].add(value);
    large.put((long) row << 32 | group.variable, value);
    insertExact(row, value.signum() < 0 ? -Long.MAX_VALUE : Long.MAX_VALUE, group.variable);
  }

  private void spill(int module) {
    BigInteger[] all = spilt[module] == null ? spilt[module] = new BigInteger[rows] : spilt[module];
    long[] sum = sums[module];
    for (int row = 0; row < rows; row++) {
      BigInteger value = BigInteger.valueOf(sum[row]);
      all[row] = all[row] == null ? value : all[row].add(value);
      sum[row] = 0;
    }
    bound[module] = 0;
  }

  /** Goes up from the last place, past those that are smaller. What goes where cannot be foretold: so without a branch. */
  private void insert(int row, long value, int variable) {
    if (!large.isEmpty()) {
      insertExact(row, value, variable);
      return;
    }
    int first = row * TOP;
    int last = first + TOP - 1;
    if (Math.abs(value) == Math.abs(topValue[last]) && variable > topVariable[last]) return;
    long up = value;
    int upVariable = variable;
    for (int at = last; at > first; at--) {
      long before = topValue[at - 1];
      int beforeVariable = topVariable[at - 1];
      long order = Math.abs(before) - Math.abs(up);
      long isEqual = ~((order | -order) >> 63);
      long isLarger = order >> 63 | isEqual & (upVariable - beforeVariable) >> 31;
      long change = (before ^ up) & isLarger;
      int changeVariable = (beforeVariable ^ upVariable) & (int) isLarger;
      topValue[at] = up ^ change;
      topVariable[at] = upVariable ^ changeVariable;
      up = before ^ change;
      upVariable = beforeVariable ^ changeVariable;
    }
    topValue[first] = up;
    topVariable[first] = upVariable;
    threshold[row] = Math.max(1, Math.abs(topValue[first + TOP - 1]));
  }

  private void insertExact(int row, long value, int variable) {
    int first = row * TOP;
    int at = first + TOP - 1;
    if (!isLarger(row, value, variable, at)) return;
    for (; at > first && isLarger(row, value, variable, at - 1); at--) {
      topValue[at] = topValue[at - 1];
      topVariable[at] = topVariable[at - 1];
    }
    topValue[at] = value;
    topVariable[at] = variable;
    threshold[row] = Math.max(1, Math.abs(topValue[first + TOP - 1]));
  }

  /** Of equals the one of the earlier variable is. */
  private boolean isLarger(int row, long value, int variable, int at) {
    long size = Math.abs(value);
    long other = Math.abs(topValue[at]);
    int order = size != other || size != Long.MAX_VALUE ? Long.compare(size, other) : exactSize(row, value, variable).compareTo(exactSize(row, topValue[at], topVariable[at]));
    return order > 0 || order == 0 && variable < topVariable[at];
  }

  private BigInteger exactSize(int row, long value, int variable) {
    BigInteger exact = large.get((long) row << 32 | variable);
    return (exact == null ? BigInteger.valueOf(value) : exact).abs();
  }

  /** The first reason stands, but a value that is none comes before any rule. */
  void keepAside(int row, int why, int column, String value) {
    if (reason[row] != BatchTable.SOUND && (why != BatchTable.TYPE || reason[row] == BatchTable.TYPE)) return;
    reason[row] = why;
    aside.put(row, column, value);
  }

  /** The sums and largest contributions of a row, as a batch row has them; nothing waits any more. */
  void write(int row, ByteWriter out) {
    for (int module = 0; module < sums.length; module++) {
      BigInteger[] all = spilt[module];
      long sum = sums[module] == null ? 0 : sums[module][row];
      if (all == null || all[row] == null) BatchRow.write(out, sum);
      else BatchRow.write(out, all[row].add(BigInteger.valueOf(sum)));
    }
    int first = row * TOP;
    int n = 0;
    while (n < TOP && topValue[first + n] != 0) n++;
    out.uvarint(n);
    for (int i = first; i < first + n; i++) {
      out.uvarint(topVariable[i]);
      BigInteger exact = large.isEmpty() ? null : large.get((long) row << 32 | topVariable[i]);
      if (exact == null) BatchRow.write(out, topValue[i]);
      else BatchRow.write(out, exact);
    }
  }
}
