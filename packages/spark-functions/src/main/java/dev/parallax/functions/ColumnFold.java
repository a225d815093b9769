package dev.parallax.functions;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Dictionary;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReader;

/**
 * Reads one column of a row group and adds what it says to each row. What is made of a value is made once an entry of the dictionary where
 * the column has one, else once a row.
 */
final class ColumnFold {
  private final BatchColumn column;
  private final ColumnDescriptor descriptor;
  private final ColumnKind kind;
  private final ColumnPage page;
  private final RowSums rows;

  /** The kept cell of each row; null when the column is not kept. */
  private final byte[][] cells;

  private final ColumnProfile profile;
  private final Fixed x = new Fixed();
  private final long[] missing;
  private final BigDecimal[] missingExact;
  private Made dictionary;

  /** What was made of some values: of a dictionary's entries and, at its end, of null; or of the rows of a page. */
  private final class Made {
    final int n;
    final long[][] contributions;
    final long[] largest;
    final BigDecimal[][] exact;
    boolean[] bad;
    boolean[] broken;
    final byte[][] kept;
    double[] numbers;

    Made(int n) {
      this.n = n;
      contributions = new long[column.groups.length][n];
      largest = new long[column.groups.length];
      exact = new BigDecimal[column.groups.length][];
      kept = cells == null ? null : new byte[n][];
    }

    void bad(int i) {
      if (bad == null) bad = new boolean[n];
      bad[i] = true;
    }

    void breaks(int i) {
      if (broken == null) broken = new boolean[n];
      broken[i] = true;
    }

    void missing(int i) {
      if (column.notNull) breaks(i);
      for (int g = 0; g < contributions.length; g++) set(g, i, missing[g], missingExact[g]);
    }

    void set(int g, int i, long fast, BigDecimal slow) {
      if (fast != Wide.OVERFLOW) {
        contributions[g][i] = fast;
        largest[g] = Math.max(largest[g], Math.abs(fast));
        return;
      }
      if (exact[g] == null) exact[g] = new BigDecimal[n];
      exact[g][i] = slow;
    }
  }

  ColumnFold(BatchColumn column, ColumnDescriptor descriptor, RowSums rows, byte[][] cells, ColumnProfile profile) {
    this.column = column;
    this.descriptor = descriptor;
    this.rows = rows;
    this.cells = cells;
    this.profile = profile;
    kind = ColumnKind.of(descriptor);
    if (column.text && !kind.isText()) {
      throw FunctionException.of("PRLX_BATCH_COLUMN", String.join(".", column.path) + " is declared as text but holds numbers");
    }
    page = new ColumnPage(descriptor, kind);
    missing = new long[column.groups.length];
    missingExact = new BigDecimal[missing.length];
    for (int g = 0; g < missing.length; g++) {
      missingExact[g] = column.groups[g].missing();
      BigInteger unscaled = missingExact[g].setScale(Limits.DECIMAL_SCALE).unscaledValue();
      missing[g] = unscaled.bitLength() > 63 ? Wide.OVERFLOW : unscaled.longValue();
    }
  }

  void fold(PageReader pages) throws IOException {
    DictionaryPage dictionaryPage = pages.readDictionaryPage();
    Dictionary entries = dictionaryPage == null ? null : dictionaryPage.getEncoding().initDictionary(descriptor, dictionaryPage);
    if (entries != null) {
      page.readDictionary(entries);
      dictionary = make(page.rows + 1);
      dictionary.missing(page.rows);
    }
    int from = 0;
    for (DataPage next = pages.readPage(); next != null; next = pages.readPage()) {
      page.read(next, entries);
      if (page.ids != null) apply(dictionary, page.ids, from);
      else apply(make(page.rows), null, from);
      from += page.rows;
    }
    if (from != rows.rows) throw FunctionException.of("PRLX_BATCH_COLUMN", String.join(".", column.path) + " has " + from + " rows of " + rows.rows);
  }

  private Made make(int n) {
    Made made = new Made(n);
    made.numbers = kind.isText() && column.text ? null : new double[n];
    if (page.longs != null) {
      for (int i = 0; i < page.rows; i++) {
        if (page.isNull(i)) made.missing(i);
        else makeLong(made, i, page.longs[i]);
      }
      return made;
    }
    for (int i = 0; i < page.rows; i++) {
      Object value = page.objects[i];
      if (value == null) made.missing(i);
      else if (column.text) makeText(made, i, (byte[]) value);
      else makeNumber(made, i, value);
    }
    return made;
  }

  private void makeLong(Made made, int i, long value) {
    int places = kind.scale();
    long unscaled = value;
    if (column.places >= 0 && column.places != places) {
      int up = column.places - places;
      unscaled = up >= 0 ? Wide.multiply(value, Numbers.POWERS_OF_TEN[up]) : -up < Numbers.POWERS_OF_TEN.length ? Numbers.divideHalfAway(value, Numbers.POWERS_OF_TEN[-up]) : Wide.OVERFLOW;
      places = column.places;
    }
    if (unscaled == Wide.OVERFLOW || places > Limits.DECIMAL_SCALE) {
      makeNumber(made, i, BigDecimal.valueOf(value, kind.scale()));
      return;
    }
    made.numbers[i] = places == 0 ? unscaled : unscaled / (double) Numbers.POWERS_OF_TEN[places];
    if (column.rule != 0 && column.breaks(BigDecimal.valueOf(unscaled, places))) made.breaks(i);
    if (made.kept != null) made.kept[i] = BatchRow.cell(unscaled);
    for (int g = 0; g < column.groups.length; g++) {
      long fast = column.groups[g].fast(unscaled, places, x);
      made.set(g, i, fast, fast == Wide.OVERFLOW ? column.groups[g].exact(BigDecimal.valueOf(unscaled, places)) : null);
    }
  }

  private void makeText(Made made, int i, byte[] text) {
    if (made.kept != null) made.kept[i] = text;
  }

  private void makeNumber(Made made, int i, Object value) {
    BigDecimal number = value instanceof BigDecimal decimal ? decimal : Numbers.parse(new String((byte[]) value, StandardCharsets.UTF_8));
    BigDecimal rounded = number == null ? null : column.rounded(number);
    if (rounded == null) {
      made.bad(i);
      return;
    }
    made.numbers[i] = rounded.doubleValue();
    if (column.rule != 0 && column.breaks(rounded)) made.breaks(i);
    if (made.kept != null) {
      BigInteger unscaled = rounded.setScale(column.places, RoundingMode.UNNECESSARY).unscaledValue();
      made.kept[i] = unscaled.signum() == 0 ? new byte[0] : unscaled.toByteArray();
    }
    boolean fits = x.set(rounded);
    long unscaled = x.unscaled;
    int places = x.places;
    for (int g = 0; g < column.groups.length; g++) {
      long fast = fits ? column.groups[g].fast(unscaled, places, x) : Wide.OVERFLOW;
      made.set(g, i, fast, fast == Wide.OVERFLOW ? column.groups[g].exact(rounded) : null);
    }
  }

  private void apply(Made made, int[] ids, int from) {
    int n = page.rows;
    for (int g = 0; g < column.groups.length; g++) {
      rows.add(column.groups[g], from, made.contributions[g], ids, n, made.largest[g]);
      if (made.exact[g] == null) continue;
      for (int i = 0; i < n; i++) {
        BigDecimal exact = made.exact[g][ids == null ? i : ids[i]];
        if (exact != null) rows.addExact(column.groups[g], from + i, exact);
      }
    }
    if (made.bad != null) keepAside(made.bad, ids, from, BatchTable.TYPE);
    if (made.broken != null) keepAside(made.broken, ids, from, column.rule);
    if (cells != null) {
      for (int i = 0; i < n; i++) cells[from + i] = made.kept[ids == null ? i : ids[i]];
    }
    if (ids == null) profile.add(made.numbers, page.isNull, made.bad, n, page.nulls);
    else profile.add(made.numbers, ids, made.n - 1, made.bad, n, page.nulls);
  }

  private void keepAside(boolean[] which, int[] ids, int from, int why) {
    for (int i = 0; i < page.rows; i++) if (which[ids == null ? i : ids[i]]) rows.keepAside(from + i, why);
  }
}
