package dev.parallax.functions;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;

/** Adds the batch rows that tables made of one customer: sums by module, and of all their largest contributions the largest. */
final class RowMerge {
  private static final int TOP = Limits.TOP_CONTRIBUTIONS;
  private static final BigInteger LONG_MAX = BigInteger.valueOf(Long.MAX_VALUE);

  private final long[] sums;
  private final BigInteger[] spilt;
  private final long[] topValue = new long[TOP];
  private final int[] topVariable = new int[TOP];
  private final Map<Integer, BigInteger> large = new HashMap<>();
  private int tops;

  RowMerge(int modules) {
    sums = new long[modules];
    spilt = new BigInteger[modules];
  }

  void clear() {
    java.util.Arrays.fill(sums, 0);
    java.util.Arrays.fill(spilt, null);
    large.clear();
    tops = 0;
  }

  /** Reads what {@link RowSums#write} wrote. */
  void add(ByteReader in) {
    for (int module = 0; module < sums.length; module++) {
      int length = in.length();
      if (length <= Long.BYTES) addLong(module, number(in, length));
      else spill(module, new BigInteger(in.b, in.at, length));
      in.skip(length);
    }
    for (long n = in.uvarint(); n > 0; n--) {
      int variable = (int) in.uvarint();
      int length = in.length();
      long value;
      if (length <= Long.BYTES) {
        value = number(in, length);
      } else {
        BigInteger exact = new BigInteger(in.b, in.at, length);
        large.put(variable, exact);
        value = exact.signum() < 0 ? -Long.MAX_VALUE : Long.MAX_VALUE;
      }
      in.skip(length);
      insert(value, variable);
    }
  }

  /** The big-endian integer of at most eight bytes at the reader's place. */
  static long number(ByteReader in, int length) {
    if (length == 0) return 0;
    if (in.at + Long.BYTES <= in.b.length) return Long.reverseBytes((long) Utf8.LONG.get(in.b, in.at)) >> (Long.SIZE - 8 * length);
    long value = in.b[in.at];
    for (int i = 1; i < length; i++) value = value << 8 | in.b[in.at + i] & 0xFF;
    return value;
  }

  private void addLong(int module, long value) {
    long held = sums[module];
    long sum = held + value;
    if (((held ^ sum) & (value ^ sum)) < 0) {
      spill(module, BigInteger.valueOf(held));
      sum = value;
    }
    sums[module] = sum;
  }

  private void spill(int module, BigInteger value) {
    spilt[module] = spilt[module] == null ? value : spilt[module].add(value);
  }

  private void insert(long value, int variable) {
    int at = tops;
    while (at > 0 && isBefore(value, variable, at - 1)) at--;
    if (at == TOP) return;
    int moved = Math.min(tops, TOP - 1) - at;
    System.arraycopy(topValue, at, topValue, at + 1, moved);
    System.arraycopy(topVariable, at, topVariable, at + 1, moved);
    topValue[at] = value;
    topVariable[at] = variable;
    if (tops < TOP) tops++;
  }

  /** The larger first; of equals the one whose variable's name comes first. */
  private boolean isBefore(long value, int variable, int at) {
    int order = large.isEmpty() ? Long.compare(Math.abs(value), Math.abs(topValue[at])) : size(value, variable).compareTo(size(topValue[at], topVariable[at]));
    return order > 0 || order == 0 && variable < topVariable[at];
  }

  private BigInteger size(long value, int variable) {
    BigInteger size = BigInteger.valueOf(Math.abs(value));
    return size.equals(LONG_MAX) && large.containsKey(variable) ? large.get(variable).abs() : size;
  }

  void write(ByteWriter out) {
    for (int module = 0; module < sums.length; module++) {
      if (spilt[module] == null) BatchRow.write(out, sums[module]);
      else BatchRow.write(out, spilt[module].add(BigInteger.valueOf(sums[module])));
    }
    out.uvarint(tops);
    for (int i = 0; i < tops; i++) {
      out.uvarint(topVariable[i]);
      BigInteger exact = large.isEmpty() ? null : large.get(topVariable[i]);
      if (exact == null) BatchRow.write(out, topValue[i]);
      else BatchRow.write(out, exact);
    }
  }
}
