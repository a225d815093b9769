package dev.parallax.functions;

/**
 * Arrays that page after page, of column after column, is decoded in: each at least as long as asked for, with what the last user left. For a row
 * group of common size one is so large that the collector would treat it apart, column for column.
 */
final class PageBuffers {
  private int[] levels = {};
  private int[] ids = {};
  private boolean[] nulls = {};
  private long[] longs = {};
  private long[] spare = {};
  private double[] numbers = {};

  int[] levels(int n) {
    return levels.length < n ? levels = new int[n] : levels;
  }

  int[] ids(int n) {
    return ids.length < n ? ids = new int[n] : ids;
  }

  boolean[] nulls(int n) {
    return nulls.length < n ? nulls = new boolean[n] : nulls;
  }

  long[] longs(int n) {
    return longs.length < n ? longs = new long[n] : longs;
  }

  /** Of a step within one computation. */
  long[] spare(int n) {
    return spare.length < n ? spare = new long[n] : spare;
  }

  double[] numbers(int n) {
    return numbers.length < n ? numbers = new double[n] : numbers;
  }
}
