package dev.parallax.functions;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF3;

/**
 * {@code prlx_reduce(file STRING, row_group INT, spec STRING)}: one row group of a batch table, read a column at a time and reduced to
 * {@code STRUCT<rows: BIGINT, runs: ARRAY<STRUCT<bucket: INT, lane: INT, run: BINARY>>, aside: ARRAY<STRUCT<key: STRING,
 * reason: INT, col: INT, value: STRING>>, profile: ARRAY<STRUCT<col: INT, n: BIGINT, nulls: BIGINT, bad: BIGINT, broken: BIGINT, low: DOUBLE, high: DOUBLE, total: DOUBLE, squares: DOUBLE>>>}.
 *
 * <p>A run holds, by page and then by the key's bytes, each row that has a key: the key, why it is kept aside (0: it is not), and if it is
 * not, its batch row. {@code aside} are the rows without a key, whose key is null, and some of the others that are kept aside: with the
 * column and the value that are the reason, where that is known.
 */
public final class Reduce implements UDF3<String, Integer, String, Row> {
  private static final long serialVersionUID = 1L;

  /** A reason that is not the row's but its key's. */
  private static final int NO_KEY = -1;

  /** What stands for a column of the table where the key is meant. */
  private static final int KEY_COLUMN = -1;

  @Override
  public Row call(String file, Integer group, String specText) throws IOException {
    BatchTable table = BatchTable.ALL.get(specText);
    try (ParquetFileReader reader = HadoopFiles.parquet(file)) {
      int rows = Math.toIntExact(reader.getRowGroups().get(group).getRowCount());
      PageBuffers buffers = PageBuffers.of(rows);
      RowSums sums = new RowSums(rows, table.modules);
      byte[][] keys = readKeys(reader, group, table, sums.aside, rows, buffers);
      byte[][][] cells = new byte[table.columns.length][][];
      ColumnProfile[] profiles = new ColumnProfile[table.columns.length];
      int atOnce = Math.max(1, Math.min(Limits.COLUMNS_AT_ONCE, Limits.VALUES_AT_ONCE / Math.max(1, rows)));
      ColumnBuffers[] waiting = new ColumnBuffers[atOnce];
      for (int i = 0; i < atOnce; i++) waiting[i] = new ColumnBuffers(rows);
      for (int from = 0; from < table.columns.length; from += atOnce) {
        int to = Math.min(table.columns.length, from + atOnce);
        ColumnDescriptor[] descriptors = new ColumnDescriptor[to - from];
        for (int i = from; i < to; i++) descriptors[i - from] = descriptor(reader, table.columns[i].path);
        reader.setRequestedSchema(List.of(descriptors));
        PageReadStore pages = reader.readRowGroup(group);
        for (int i = from; i < to; i++) {
          BatchColumn column = table.columns[i];
          if (column.kept) cells[i] = new byte[rows][];
          profiles[i] = new ColumnProfile();
          new ColumnFold(column, i, descriptors[i - from], sums, cells[i], profiles[i], buffers, waiting[i - from]).fold(pages.getPageReader(descriptors[i - from]));
        }
        sums.flush();
      }
      return result(table, keys, sums, cells, profiles);
    }
  }

  private static ColumnDescriptor descriptor(ParquetFileReader reader, List<String> path) {
    String[] names = path.toArray(new String[0]);
    for (ColumnDescriptor column : reader.getFileMetaData().getSchema().getColumns()) if (Arrays.equals(column.getPath(), names)) return column;
    throw FunctionException.of("PRLX_BATCH_COLUMN", reader.getFile() + " has no column " + String.join(".", path));
  }

  /** Each row's key in its canonical text; null where it has none, or one that is none: its text is put in {@code aside}. */
  private static byte[][] readKeys(ParquetFileReader reader, int group, BatchTable table, AsideValues aside, int rows, PageBuffers buffers) throws IOException {
    ColumnDescriptor descriptor = descriptor(reader, table.keyPath);
    ColumnKind kind = ColumnKind.of(descriptor);
    ColumnPage page = new ColumnPage(descriptor, kind, buffers);
    reader.setRequestedSchema(List.of(descriptor));
    PageReader pages = reader.readRowGroup(group).getPageReader(descriptor);
    DictionaryPage dictionaryPage = pages.readDictionaryPage();
    var dictionary = dictionaryPage == null ? null : dictionaryPage.getEncoding().initDictionary(descriptor, dictionaryPage);
    byte[][] entries = null;
    AsideValues wrong = new AsideValues();
    if (dictionary != null) {
      page.readDictionary(dictionary);
      entries = Arrays.copyOf(keysOf(page, kind, table, wrong, 0), page.rows + 1);
    }
    byte[][] keys = new byte[rows][];
    int from = 0;
    for (DataPage next = pages.readPage(); next != null; next = pages.readPage()) {
      page.read(next, dictionary);
      if (page.ids == null) System.arraycopy(keysOf(page, kind, table, aside, from), 0, keys, from, page.rows);
      else
        for (int i = 0; i < page.rows; i++) {
          keys[from + i] = entries[page.ids[i]];
          AsideValues.Found found = keys[from + i] == null ? wrong.get(page.ids[i]) : null;
          if (found != null) aside.put(from + i, KEY_COLUMN, found.value());
        }
      from += page.rows;
    }
    return keys;
  }

  /** @param wrong takes what is no key, by its place from {@code from} on */
  private static byte[][] keysOf(ColumnPage page, ColumnKind kind, BatchTable table, AsideValues wrong, int from) {
    byte[][] keys = new byte[page.rows][];
    for (int i = 0; i < page.rows; i++) {
      if (page.isNull(i)) continue;
      if (page.longs == null) keys[i] = key(page.objects[i], table);
      else if (kind.scale() == 0 && table.keyPrefix.isEmpty()) keys[i] = Long.toString(page.longs[i]).getBytes(StandardCharsets.ISO_8859_1);
      else keys[i] = key(java.math.BigDecimal.valueOf(page.longs[i], kind.scale()).toPlainString().getBytes(StandardCharsets.UTF_8), table);
      if (keys[i] != null) continue;
      String text = page.longs == null ? AsideValues.text(page.objects[i]) : java.math.BigDecimal.valueOf(page.longs[i], kind.scale()).toPlainString();
      if (text != null) wrong.put(from + i, KEY_COLUMN, text);
    }
    return keys;
  }

  private static byte[] key(Object value, BatchTable table) {
    if (value == null) return null;
    byte[] bytes = value instanceof byte[] text ? text : ((java.math.BigDecimal) value).toPlainString().getBytes(StandardCharsets.UTF_8);
    byte[] prefix = table.keyPrefix.getBytes(StandardCharsets.UTF_8);
    if (prefix.length > 0) {
      if (bytes.length < prefix.length || !Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length)) return null;
      bytes = Arrays.copyOfRange(bytes, prefix.length, bytes.length);
    }
    if (!table.bigint) return bytes;
    Long number = Numbers.int64(bytes, 0, bytes.length);
    return number == null ? null : number.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static Row result(BatchTable table, byte[][] keys, RowSums sums, byte[][][] cells, ColumnProfile[] profiles) {
    List<Row> aside = new ArrayList<>();
    long[] order = new long[keys.length];
    int n = 0;
    for (int row = 0; row < keys.length; row++) {
      AsideValues.Found found = sums.aside.get(row);
      if (keys[row] == null) {
        aside.add(RowFactory.create(null, NO_KEY, null, found != null && found.column() == KEY_COLUMN ? found.value() : null));
        continue;
      }
      if (found != null) aside.add(RowFactory.create(new String(keys[row], StandardCharsets.UTF_8), sums.reason[row], found.column(), found.value()));
      order[n++] = (long) table.placement.page(Hash.of(keys[row], 0, keys[row].length)) << 32 | row;
    }
    sort(order, n, keys);
    // Rows are made as they lie, and only copied in the order of their pages.
    ByteWriter bodies = new ByteWriter(64 * keys.length);
    int[] ends = new int[keys.length];
    for (int row = 0; row < keys.length; row++) {
      if (keys[row] != null && sums.reason[row] == BatchTable.SOUND) {
        for (byte[][] column : cells) if (column != null) BatchRow.writeCell(bodies, column[row]);
        sums.write(row, bodies);
      }
      ends[row] = bodies.length;
    }
    List<Row> runs = new ArrayList<>();
    ByteWriter run = new ByteWriter(1 << 16);
    for (int i = 0; i < n; i++) {
      int row = (int) order[i];
      run.sized(keys[row], 0, keys[row].length);
      run.uvarint(sums.reason[row]);
      if (sums.reason[row] == BatchTable.SOUND) run.sized(bodies.b, row == 0 ? 0 : ends[row - 1], ends[row]);
      int page = (int) (order[i] >> 32);
      int lane = table.placement.lane(page);
      if (i + 1 < n && table.placement.lane((int) (order[i + 1] >> 32)) == lane) continue;
      runs.add(RowFactory.create(table.placement.bucket(page), lane, run.toBytes()));
      run.clear();
    }
    Row[] profile = new Row[profiles.length];
    for (int i = 0; i < profile.length; i++) profile[i] = profiles[i].row(i);
    return RowFactory.create((long) keys.length, runs.toArray(new Row[0]), aside.toArray(new Row[0]), profile);
  }

  /** By page, then by the key's bytes; a page of one row group holds few rows. */
  private static void sort(long[] order, int n, byte[][] keys) {
    Arrays.sort(order, 0, n);
    for (int i = 1; i < n; i++) {
      long at = order[i];
      int j = i - 1;
      while (j >= 0 && order[j] >> 32 == at >> 32 && Arrays.compareUnsigned(keys[(int) order[j]], keys[(int) at]) > 0) {
        order[j + 1] = order[j];
        j--;
      }
      order[j + 1] = at;
    }
  }
}
