package dev.parallax.functions;

import dev.parallax.functions.ScoreKernel.Range;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Dictionary;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReader;

/**
 * Reads one column of a row group and adds what it says to each row. What is made of a value is made once an entry of the dictionary where
 * the column has one, else once a row; of all values of a page together.
 */
final class ColumnFold {
  private final BatchColumn column;

  /** The column's place in its table. */
  private final int number;

  private final ColumnDescriptor descriptor;
  private final ColumnKind kind;
  private final ColumnPage page;
  private final PageBuffers buffers;
  private final ColumnBuffers waiting;
  private final RowSums rows;

  /** The kept cell of each row; null when the column is not kept. */
  private final byte[][] cells;

  private final ColumnProfile profile;

  /** What a missing value contributes, by group; beyond 64 bits the integer is 0 and the other stands. */
  private final long[] missing;

  private final BigDecimal[] missingExact;

  /** What was made of some values: of a dictionary's entries and, at its end, of null; or of the rows of a page. */
  private final class Made {
    final int n;

    /** By group, from {@code base} on. */
    final long[][] contributions;

    final int base;
    final long[] largest;

    /** By group, contributions beyond 64 bits; null where there are none. */
    final BigDecimal[][] exact;

    boolean[] bad;
    boolean[] broken;

    /** What is bad or breaks a rule; null where nothing does. */
    AsideValues values;

    final byte[][] kept;

    /** Null for text. */
    double[] numbers;

    Made(int n, long[][] contributions, int base) {
      this.n = n;
      this.contributions = contributions;
      this.base = base;
      largest = new long[column.groups.length];
      exact = new BigDecimal[column.groups.length][];
      kept = cells == null ? null : new byte[n][];
    }

    void bad(int i, String value) {
      if (bad == null) bad = new boolean[n];
      bad[i] = true;
      keep(i, value);
    }

    void breaks(int i, String value) {
      if (broken == null) broken = new boolean[n];
      broken[i] = true;
      keep(i, value);
    }

    private void keep(int i, String value) {
      if (values == null) values = new AsideValues();
      values.put(i, number, value);
    }

    void missing(int i) {
      if (column.notNull) breaks(i, null);
      for (int g = 0; g < largest.length; g++) set(g, i, missing[g], missingExact[g]);
    }

    /** @param beyond null, when {@code fast} is the contribution */
    void set(int g, int i, long fast, BigDecimal beyond) {
      contributions[g][base + i] = fast;
      if (beyond == null) return;
      if (exact[g] == null) exact[g] = new BigDecimal[n];
      exact[g][i] = beyond;
    }

    void set(int g, int i, BigDecimal contribution) {
      BigInteger unscaled = unscaled(contribution);
      if (Range.fits(unscaled)) set(g, i, unscaled.longValue(), null);
      else set(g, i, 0, contribution);
    }

    void measure() {
      for (int g = 0; g < largest.length; g++) {
        long most = 0;
        for (int i = base; i < base + n; i++) most = Math.max(most, Math.abs(contributions[g][i]));
        largest[g] = most;
      }
    }
  }

  ColumnFold(BatchColumn column, int number, ColumnDescriptor descriptor, RowSums rows, byte[][] cells, ColumnProfile profile, PageBuffers buffers, ColumnBuffers waiting) {
    this.column = column;
    this.number = number;
    this.descriptor = descriptor;
    this.rows = rows;
    this.cells = cells;
    this.profile = profile;
    this.buffers = buffers;
    this.waiting = waiting;
    kind = ColumnKind.of(descriptor);
    if (column.text && !kind.isText()) {
      throw FunctionException.of("PRLX_BATCH_COLUMN", String.join(".", column.path) + " is declared as text but holds numbers");
    }
    page = new ColumnPage(descriptor, kind, buffers);
    missing = new long[column.groups.length];
    missingExact = new BigDecimal[missing.length];
    for (int g = 0; g < missing.length; g++) {
      BigDecimal contribution = column.groups[g].missing();
      BigInteger unscaled = unscaled(contribution);
      if (Range.fits(unscaled)) missing[g] = unscaled.longValue();
      else missingExact[g] = contribution;
    }
  }

  private static BigInteger unscaled(BigDecimal contribution) {
    return contribution.setScale(Limits.DECIMAL_SCALE).unscaledValue();
  }

  void fold(PageReader pages) throws IOException {
    DictionaryPage dictionaryPage = pages.readDictionaryPage();
    Dictionary entries = dictionaryPage == null ? null : dictionaryPage.getEncoding().initDictionary(descriptor, dictionaryPage);
    Made dictionary = null;
    if (entries != null) {
      page.readDictionary(entries);
      int n = page.rows + 1;
      dictionary = new Made(n, new long[column.groups.length][n], 0);
      make(dictionary, new double[n]);
      dictionary.missing(n - 1);
      dictionary.measure();
    }
    int from = 0;
    for (DataPage next = pages.readPage(); next != null; next = pages.readPage()) {
      page.read(next, entries);
      if (page.ids != null) {
        apply(dictionary, page.ids, from);
      } else {
        Made made = new Made(page.rows, waiting.contributions(column.groups.length), from);
        make(made, buffers.numbers());
        made.measure();
        apply(made, null, from);
      }
      from += page.rows;
    }
    if (from != rows.rows) throw FunctionException.of("PRLX_BATCH_COLUMN", String.join(".", column.path) + " has " + from + " rows of " + rows.rows);
  }

  /** All that the page holds. @param numbers room for the page's rows */
  private void make(Made made, double[] numbers) {
    if (column.text) {
      if (made.kept != null) for (int i = 0; i < page.rows; i++) made.kept[i] = (byte[]) page.objects[i];
    } else {
      made.numbers = numbers;
      if (page.longs != null && rescale(page.longs)) makeLongs(made, page.longs, column.places < 0 ? kind.scale() : column.places);
      else makeDecimals(made);
    }
    for (int i = 0; i < page.rows; i++) if (page.isNull(i) || page.objects != null && page.objects[i] == null) made.missing(i);
  }

  /** Integers become integers at the declared scale; false, and nothing changed, when some of them would not fit. */
  private boolean rescale(long[] values) {
    if (kind.scale() > Limits.DECIMAL_SCALE) return false;
    int up = column.places < 0 ? 0 : column.places - kind.scale();
    if (up == 0) return true;
    if (Math.abs(up) >= Numbers.POWERS_OF_TEN.length) return false;
    long power = Numbers.POWERS_OF_TEN[Math.abs(up)];
    if (up < 0) {
      for (int i = 0; i < page.rows; i++) values[i] = Numbers.divideHalfAway(values[i], power);
      return true;
    }
    for (int i = 0; i < page.rows; i++) if (Wide.multiply(values[i], power) == Wide.OVERFLOW) return false;
    for (int i = 0; i < page.rows; i++) values[i] *= power;
    return true;
  }

  /** @param values of the page's rows, at a scale of {@code places} up to 12; 0 where there is none */
  private void makeLongs(Made made, long[] values, int places) {
    int n = page.rows;
    double[] numbers = made.numbers;
    if (places == 0) {
      for (int i = 0; i < n; i++) numbers[i] = values[i];
    } else {
      double unit = Numbers.POWERS_OF_TEN[places];
      for (int i = 0; i < n; i++) numbers[i] = values[i] / unit;
    }
    if (column.rule != 0) {
      for (int i = 0; i < n; i++) {
        BigDecimal value = holds(made, i) ? BigDecimal.valueOf(values[i], places) : null;
        if (value != null && column.breaks(value)) made.breaks(i, value.toPlainString());
      }
    }
    if (made.kept != null) {
      for (int i = 0; i < n; i++) if (holds(made, i)) made.kept[i] = BatchRow.cell(values[i]);
    }
    for (int g = 0; g < column.groups.length; g++) {
      BatchColumn.Group group = column.groups[g];
      ScoreKernel kernel = group.kernel(places);
      if (kernel.run(values, n, made.contributions[g], made.base)) continue;
      for (int i = 0; i < n; i++) {
        if (kernel.isTooLarge(values[i]) && holds(made, i)) made.set(g, i, group.exact(BigDecimal.valueOf(values[i], places)));
      }
    }
    if (made.bad == null) return;
    for (int g = 0; g < column.groups.length; g++) for (int i = 0; i < n; i++) if (made.bad[i]) made.set(g, i, 0, null);
  }

  private boolean holds(Made made, int i) {
    return !page.isNull(i) && (page.objects == null || page.objects[i] != null) && (made.bad == null || !made.bad[i]);
  }

  /** Numbers of any size, or their texts; as integers at one scale where all of them fit. */
  private void makeDecimals(Made made) {
    BigDecimal[] numbers = new BigDecimal[page.rows];
    for (int i = 0; i < numbers.length; i++) {
      if (page.longs == null ? page.objects[i] == null : page.isNull(i)) continue;
      BigDecimal number = page.longs != null ? BigDecimal.valueOf(page.longs[i], kind.scale()) : number(page.objects[i]);
      numbers[i] = number == null ? null : column.rounded(number);
      if (numbers[i] == null) made.bad(i, number == null ? AsideValues.text(page.objects[i]) : number.toPlainString());
    }
    int places = Arrays.stream(numbers).mapToInt(number -> number == null ? 0 : number.scale()).reduce(0, Math::max);
    long[] values = places > Limits.DECIMAL_SCALE ? null : longs(numbers, places);
    if (values != null && (column.places < 0 || column.places == places)) makeLongs(made, values, places);
    else for (int i = 0; i < numbers.length; i++) makeDecimal(made, i, numbers[i]);
  }

  private static BigDecimal number(Object value) {
    return value instanceof BigDecimal decimal ? decimal : Numbers.parse(new String((byte[]) value, StandardCharsets.UTF_8));
  }

  private static long[] longs(BigDecimal[] numbers, int places) {
    long[] values = new long[numbers.length];
    for (int i = 0; i < values.length; i++) {
      if (numbers[i] == null) continue;
      BigInteger unscaled = numbers[i].setScale(places).unscaledValue();
      if (!Range.fits(unscaled)) return null;
      values[i] = unscaled.longValue();
    }
    return values;
  }

  private void makeDecimal(Made made, int i, BigDecimal number) {
    if (number == null) {
      for (int g = 0; g < column.groups.length; g++) made.set(g, i, 0, null);
      return;
    }
    made.numbers[i] = number.doubleValue();
    if (column.rule != 0 && column.breaks(number)) made.breaks(i, number.toPlainString());
    if (made.kept != null) {
      BigInteger unscaled = number.setScale(column.places, RoundingMode.UNNECESSARY).unscaledValue();
      made.kept[i] = unscaled.signum() == 0 ? new byte[0] : unscaled.toByteArray();
    }
    for (int g = 0; g < column.groups.length; g++) made.set(g, i, column.groups[g].exact(number));
  }

  private void apply(Made made, int[] ids, int from) {
    int n = page.rows;
    int[] rowIds = ids == null ? null : waiting.ids();
    if (ids != null) System.arraycopy(ids, 0, rowIds, from, n);
    for (int g = 0; g < column.groups.length; g++) {
      rows.add(new RowSums.Part(column.groups[g], made.contributions[g], rowIds, from, from + n, made.largest[g]));
      if (made.exact[g] == null) continue;
      for (int i = 0; i < n; i++) {
        BigDecimal exact = made.exact[g][ids == null ? i : ids[i]];
        if (exact != null) rows.addExact(column.groups[g], from + i, exact);
      }
    }
    if (made.bad != null) keepAside(made.bad, made.values, ids, from, BatchTable.TYPE);
    if (made.broken != null) profile.addBroken(keepAside(made.broken, made.values, ids, from, column.rule));
    if (cells != null) {
      for (int i = 0; i < n; i++) cells[from + i] = made.kept[ids == null ? i : ids[i]];
    }
    if (ids == null) profile.add(made.numbers, page.isNull, made.bad, n, page.nulls);
    else profile.add(made.numbers, ids, made.n - 1, made.bad, n, page.nulls);
  }

  /** Returns how many rows these are. */
  private int keepAside(boolean[] which, AsideValues values, int[] ids, int from, int why) {
    int rowsFound = 0;
    for (int i = 0; i < page.rows; i++) {
      int at = ids == null ? i : ids[i];
      if (!which[at]) continue;
      AsideValues.Found found = values.get(at);
      rows.keepAside(from + i, why, number, found == null ? null : found.value());
      rowsFound++;
    }
    return rowsFound;
  }
}
