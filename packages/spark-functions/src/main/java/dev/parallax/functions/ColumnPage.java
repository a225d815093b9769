package dev.parallax.functions;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.parquet.bytes.ByteBufferInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Dictionary;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.ValuesType;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.DataPageV2;
import org.apache.parquet.column.values.ValuesReader;

/**
 * One page of a Parquet column, decoded to an array a row: places in the dictionary, integers, or objects. Spark's own reader leaves its
 * vectorised way past 100 columns, and gives a number at a time; here a column is read as it lies, so that what is computed of a value is
 * computed once for each entry of the dictionary.
 *
 * <p>For one thread; an instance is used for page after page of one column chunk. Its arrays may be longer than the page, and are another
 * page's after the next is read, also of another column with the same buffers.
 */
final class ColumnPage {
  private final ColumnDescriptor column;
  private final ColumnKind kind;
  private final int present;
  private final int width;
  private final PageBuffers buffers;

  /** Rows of the page. */
  int rows;

  int nulls;

  /** A row's place in the dictionary, of a null the dictionary's length; null when the page has no dictionary. */
  int[] ids;

  /** Integers at the column's scale, where {@link #isNull} does not say otherwise; null when the page holds something else. */
  long[] longs;

  /** BigDecimal or, of a text, byte[]; null of a null. The array is null when the page holds something else. */
  Object[] objects;

  /** Null when no row is. */
  boolean[] isNull;

  ColumnPage(ColumnDescriptor column, ColumnKind kind, PageBuffers buffers) {
    if (column.getMaxRepetitionLevel() > 0) {
      throw FunctionException.of("PRLX_BATCH_COLUMN", String.join(".", column.getPath()) + " is a list: a row of a table needs one value");
    }
    this.column = column;
    this.kind = kind;
    this.buffers = buffers;
    present = column.getMaxDefinitionLevel();
    width = 32 - Integer.numberOfLeadingZeros(present);
  }

  void read(DataPage page, Dictionary dictionary) throws IOException {
    rows = page.getValueCount();
    ids = null;
    longs = null;
    objects = null;
    if (page instanceof DataPageV2 v2) {
      byte[] b = bytes(v2.getDefinitionLevels());
      readLevels(b, 0, b.length);
      readValues(v2.getDataEncoding(), bytes(v2.getData()), 0, dictionary);
    } else {
      DataPageV1 v1 = (DataPageV1) page;
      if (v1.getValueEncoding() == null || present > 0 && v1.getDlEncoding() != Encoding.RLE) {
        throw FunctionException.of("PRLX_BATCH_COLUMN", String.join(".", column.getPath()) + " has definition levels in " + v1.getDlEncoding());
      }
      byte[] b = bytes(v1.getBytes());
      int at = 0;
      if (present > 0) {
        at = 4 + (b[0] & 0xFF | (b[1] & 0xFF) << 8 | (b[2] & 0xFF) << 16 | b[3] << 24);
        readLevels(b, 4, at);
      } else {
        readLevels(b, 0, 0);
      }
      readValues(v1.getValueEncoding(), b, at, dictionary);
    }
  }

  private void readLevels(byte[] b, int from, int to) {
    nulls = 0;
    isNull = null;
    if (present == 0) return;
    int[] levels = buffers.levels();
    HybridDecoder.decode(b, from, to, width, levels, rows);
    for (int i = 0; i < rows; i++) if (levels[i] != present) nulls++;
    if (nulls == 0) return;
    isNull = buffers.nulls();
    for (int i = 0; i < rows; i++) isNull[i] = levels[i] != present;
  }

  private void readValues(Encoding encoding, byte[] b, int at, Dictionary dictionary) throws IOException {
    int n = rows - nulls;
    if (encoding.usesDictionary()) {
      if (dictionary == null) throw FunctionException.of("PRLX_BATCH_COLUMN", String.join(".", column.getPath()) + " has no dictionary");
      readIds(b, at, n, dictionary.getMaxId() + 1);
    } else if (encoding == Encoding.PLAIN && kind.isLong()) {
      readPlain(b, at, n);
    } else {
      ValuesReader reader = encoding.getValuesReader(column, ValuesType.VALUES);
      ByteBufferInputStream in = ByteBufferInputStream.wrap(ByteBuffer.wrap(b));
      in.skipFully(at);
      reader.initFromPage(n, in);
      readAny(reader);
    }
  }

  private void readIds(byte[] b, int at, int n, int nullId) {
    int[] out = buffers.ids();
    if (n > 0) HybridDecoder.decode(b, at + 1, b.length, b[at] & 0xFF, out, n);
    ids = out;
    if (nulls == 0) return;
    // From the end on, so that nothing is overwritten before it has moved.
    int from = n;
    for (int i = rows - 1; i >= 0; i--) out[i] = isNull[i] ? nullId : out[--from];
  }

  private void readPlain(byte[] b, int at, int n) {
    ByteBuffer in = ByteBuffer.wrap(b, at, b.length - at).order(ByteOrder.LITTLE_ENDIAN);
    boolean four = kind.isInt();
    long[] out = buffers.longs();
    longs = out;
    if (nulls == 0) {
      if (four) for (int i = 0; i < n; i++) out[i] = in.getInt();
      else in.asLongBuffer().get(out, 0, n);
      return;
    }
    for (int i = 0; i < rows; i++) out[i] = isNull[i] ? 0 : four ? in.getInt() : in.getLong();
  }

  private void readAny(ValuesReader reader) {
    if (kind.isLong()) {
      longs = buffers.longs();
      for (int i = 0; i < rows; i++) longs[i] = isNull(i) ? 0 : kind.isInt() ? reader.readInteger() : reader.readLong();
      return;
    }
    objects = new Object[rows];
    for (int i = 0; i < rows; i++) {
      if (isNull(i)) continue;
      byte[] bytes = reader.readBytes().getBytes();
      objects[i] = kind.isText() ? bytes : new BigDecimal(new BigInteger(bytes), kind.scale());
    }
    shorten();
  }

  /** Decimals that all fit 64 bits are integers. */
  private void shorten() {
    if (kind.isText()) return;
    long[] fit = new long[rows];
    for (int i = 0; i < rows; i++) {
      if (objects[i] == null) continue;
      BigInteger unscaled = ((BigDecimal) objects[i]).unscaledValue();
      if (unscaled.bitLength() > 63) return;
      fit[i] = unscaled.longValue();
    }
    longs = fit;
    objects = null;
  }

  /** Entries of a dictionary as a page holds values: {@link #longs} or {@link #objects}, none of them null. */
  void readDictionary(Dictionary dictionary) {
    rows = dictionary.getMaxId() + 1;
    nulls = 0;
    isNull = null;
    ids = null;
    longs = null;
    objects = null;
    if (kind.isLong()) {
      longs = new long[rows];
      for (int i = 0; i < rows; i++) longs[i] = kind.isInt() ? dictionary.decodeToInt(i) : dictionary.decodeToLong(i);
      return;
    }
    objects = new Object[rows];
    for (int i = 0; i < rows; i++) {
      byte[] bytes = dictionary.decodeToBinary(i).getBytes();
      objects[i] = kind.isText() ? bytes : new BigDecimal(new BigInteger(bytes), kind.scale());
    }
    shorten();
  }

  boolean isNull(int row) {
    return isNull != null && isNull[row];
  }

  private static byte[] bytes(BytesInput input) throws IOException {
    byte[] bytes = new byte[Math.toIntExact(input.size())];
    ByteBuffer to = ByteBuffer.wrap(bytes);
    try (ByteBufferInputStream in = input.toInputStream()) {
      for (ByteBuffer part : in.sliceBuffers(input.size())) to.put(part);
    }
    return bytes;
  }
}
