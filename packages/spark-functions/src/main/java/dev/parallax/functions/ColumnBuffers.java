package dev.parallax.functions;

/** Arrays as long as a row group has rows, in which a column waits for being added to the rows; for one column after the other. */
final class ColumnBuffers {
  private final int rows;
  private int[] ids;
  private long[][] contributions = {};

  ColumnBuffers(int rows) {
    this.rows = rows;
  }

  int[] ids() {
    return ids == null ? ids = new int[rows] : ids;
  }

  long[][] contributions(int groups) {
    if (contributions.length < groups) {
      long[][] more = java.util.Arrays.copyOf(contributions, groups);
      for (int g = contributions.length; g < groups; g++) more[g] = new long[rows];
      contributions = more;
    }
    return contributions;
  }
}
