package dev.parallax.functions;

import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** What a column's values were like: for people, and to notice when a day differs from the day before. In doubles. */
final class ColumnProfile {
  private long values;
  private long nulls;
  private long bad;
  private long broken;
  private double sum;
  private double squares;
  private double least = Double.POSITIVE_INFINITY;
  private double most = Double.NEGATIVE_INFINITY;

  /** Values a row; {@code numbers} is null of a text. */
  void add(double[] numbers, boolean[] isNull, boolean[] isBad, int n, int nullRows) {
    nulls += nullRows;
    values += n - nullRows;
    if (numbers == null) return;
    if (isNull == null && isBad == null) {
      double total = 0;
      double square = 0;
      double low = least;
      double high = most;
      for (int i = 0; i < n; i++) {
        double x = numbers[i];
        total += x;
        square += x * x;
        low = Math.min(low, x);
        high = Math.max(high, x);
      }
      sum += total;
      squares += square;
      least = low;
      most = high;
      return;
    }
    for (int i = 0; i < n; i++) {
      if (isNull != null && isNull[i]) continue;
      if (isBad != null && isBad[i]) bad++;
      else add(numbers[i], 1);
    }
  }

  /** Values by their places in a dictionary of so many entries; a null's place is after them. */
  void add(double[] numbers, int[] ids, int entries, boolean[] isBad, int n, int nullRows) {
    nulls += nullRows;
    values += n - nullRows;
    if (numbers == null) return;
    int[] times = new int[entries + 1];
    for (int i = 0; i < n; i++) times[ids[i]]++;
    for (int e = 0; e < entries; e++) {
      if (times[e] == 0) continue;
      if (isBad != null && isBad[e]) bad += times[e];
      else add(numbers[e], times[e]);
    }
  }

  private void add(double x, int times) {
    sum += x * times;
    squares += x * x * times;
    least = Math.min(least, x);
    most = Math.max(most, x);
  }

  /** Rows that break what the column must be, for whatever reason they are kept aside. */
  void addBroken(int rows) {
    broken += rows;
  }

  /** STRUCT of column, values, nulls, bad, broken, min, max, sum, squares. */
  Row row(int column) {
    boolean none = least > most;
    return RowFactory.create(column, values, nulls, bad, broken, none ? null : least, none ? null : most, none ? null : sum, none ? null : squares);
  }
}
