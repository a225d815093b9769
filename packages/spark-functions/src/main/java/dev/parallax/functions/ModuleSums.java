package dev.parallax.functions;

import java.math.BigDecimal;

/** Sums by module at scale 12: in longs, and what would overflow them apart. */
final class ModuleSums {
  private final long[] sums;
  private final BigDecimal[] spilt;

  ModuleSums(int modules) {
    sums = new long[modules];
    spilt = new BigDecimal[modules];
  }

  void add(int module, long contribution) {
    long held = sums[module];
    long sum = held + contribution;
    if (((held ^ sum) & (contribution ^ sum)) < 0) {
      add(module, BigDecimal.valueOf(held, Limits.DECIMAL_SCALE));
      sum = contribution;
    }
    sums[module] = sum;
  }

  void add(int module, BigDecimal contribution) {
    spilt[module] = spilt[module] == null ? contribution : spilt[module].add(contribution);
  }

  BigDecimal[] results() {
    BigDecimal[] results = new BigDecimal[sums.length];
    for (int i = 0; i < results.length; i++) {
      BigDecimal sum = BigDecimal.valueOf(sums[i], Limits.DECIMAL_SCALE);
      results[i] = spilt[i] == null ? sum : sum.add(spilt[i]);
      if (results[i].precision() > Limits.DECIMAL_DIGITS) throw FunctionException.of("PRLX_SCORE", "a sum does not fit DECIMAL(38,12): " + results[i]);
    }
    return results;
  }
}
