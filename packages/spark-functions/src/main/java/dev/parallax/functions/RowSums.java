package dev.parallax.functions;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;

/**
 * What is summed up for the rows of one row group: the scorecard by module at scale 12, each row's largest contributions, and why a row is
 * kept aside. Contributions come a column at a time; columns come by the names of their variables, so that of equals the first stays.
 */
final class RowSums {
  private static final int TOP = Limits.TOP_CONTRIBUTIONS;

  final int rows;
  final int[] reason;
  private final long[][] sums;

  /** No sum of the module can be larger: while it fits 64 bits nothing has to be checked. */
  private final long[] bound;

  private final BigInteger[][] spilt;
  private final long[] topValue;
  private final int[] topVariable;

  /** The least of a row's largest contributions, by its size. */
  private final long[] threshold;

  /** Contributions beyond 64 bits, by row and variable. */
  private final Map<Long, BigInteger> large = new HashMap<>();

  RowSums(int rows, int modules) {
    this.rows = rows;
    reason = new int[rows];
    sums = new long[modules][];
    bound = new long[modules];
    spilt = new BigInteger[modules][];
    threshold = new long[rows];
    topValue = new long[rows * TOP];
    topVariable = new int[rows * TOP];
  }

  /** Adds c[i] to row {@code from + i}. No c[i] is {@link Wide#OVERFLOW}. */
  void add(BatchColumn.Group group, int from, long[] c, int n) {
    long largest = 0;
    for (int i = 0; i < n; i++) largest = Math.max(largest, Math.abs(c[i]));
    add(group, from, c, null, n, largest);
  }

  /**
   * The same for values that are given by their places in a dictionary.
   *
   * @param ids null: c[i] is of row {@code from + i}
   * @param largest no contribution is larger in size
   */
  void add(BatchColumn.Group group, int from, long[] c, int[] ids, int n, long largest) {
    int module = group.module;
    if (sums[module] == null) sums[module] = new long[rows];
    if (bound[module] > Long.MAX_VALUE - largest) spill(module);
    bound[module] += largest;
    long[] sum = sums[module];
    if (ids == null) {
      for (int i = 0; i < n; i++) {
        long value = c[i];
        sum[from + i] += value;
        if (Math.abs(value) > threshold[from + i]) insert(from + i, value, group.variable);
      }
      return;
    }
    for (int i = 0; i < n; i++) {
      long value = c[ids[i]];
      sum[from + i] += value;
      if (Math.abs(value) > threshold[from + i]) insert(from + i, value, group.variable);
    }
  }

  /** A contribution beyond 64 bits. */
  void addExact(BatchColumn.Group group, int row, BigDecimal contribution) {
    BigInteger value = contribution.setScale(Limits.DECIMAL_SCALE).unscaledValue();
    BigInteger[] all = spilt[group.module] == null ? spilt[group.module] = new BigInteger[rows] : spilt[group.module];
    all[row] = all[row] == null ? value : all[row].add(value);
    large.put((long) row << 32 | group.variable, value);
    insert(row, value.signum() < 0 ? -Long.MAX_VALUE : Long.MAX_VALUE, group.variable);
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

  private void insert(int row, long value, int variable) {
    int first = row * TOP;
    int at = first + TOP - 1;
    if (!isLarger(row, value, variable, at)) return;
    for (; at > first && isLarger(row, value, variable, at - 1); at--) {
      topValue[at] = topValue[at - 1];
      topVariable[at] = topVariable[at - 1];
    }
    topValue[at] = value;
    topVariable[at] = variable;
    threshold[row] = Math.abs(topValue[first + TOP - 1]);
  }

  private boolean isLarger(int row, long value, int variable, int at) {
    long size = Math.abs(value);
    long other = Math.abs(topValue[at]);
    if (size != other || size != Long.MAX_VALUE || large.isEmpty()) return size > other;
    return exactSize(row, value, variable).compareTo(exactSize(row, topValue[at], topVariable[at])) > 0;
  }

  private BigInteger exactSize(int row, long value, int variable) {
    BigInteger exact = large.get((long) row << 32 | variable);
    return (exact == null ? BigInteger.valueOf(value) : exact).abs();
  }

  /** The first reason stands, but a value that is none comes before any rule. */
  void keepAside(int row, int why) {
    if (reason[row] == BatchTable.SOUND || why == BatchTable.TYPE) reason[row] = why;
  }

  /** The sums and largest contributions of a row, as a batch row has them. */
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
