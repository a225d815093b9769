package dev.parallax.functions;

/**
 * Arrays as long as a row group has rows, in which page after page, of column after column, is decoded. For a row group of common size one is so
 * large that the collector would treat it apart, column for column.
 */
record PageBuffers(int[] levels, int[] ids, boolean[] nulls, long[] longs, double[] numbers) {
  static PageBuffers of(int rows) {
    return new PageBuffers(new int[rows], new int[rows], new boolean[rows], new long[rows], new double[rows]);
  }
}
