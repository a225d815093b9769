package dev.parallax.functions;

import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.Util;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.internal.column.columnindex.OffsetIndex;
import org.apache.parquet.io.SeekableInputStream;

/**
 * Reads single pages of batch rows out of a file of the batch view. Each row of the file is a Parquet page of its own, so that the file's
 * own page index (Parquet's PageIndex.md) says where it stands: what a lookup reads follows the customers that are looked up.
 */
final class PageFile implements Closeable {
  private static final int CACHED = 256;

  /** A view's files never change. */
  private static final Map<String, Index> INDEXES =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Index> eldest) {
          return size() > CACHED;
        }
      };

  /** Where each page of rows stands, by its number. */
  private record Index(int[] pages, long[] offsets, int[] sizes) {}

  private final Index index;
  private final SeekableInputStream in;

  /** What has been read so far. */
  int pagesRead;

  long bytesRead;

  PageFile(String file) throws IOException {
    index = indexOf(file);
    in = HadoopFiles.input(file).newStream();
  }

  /** The run of a page; null when it has no customer. */
  byte[] read(int page) throws IOException {
    int at = Arrays.binarySearch(index.pages, page);
    if (at < 0) return null;
    byte[] b = new byte[index.sizes[at]];
    in.seek(index.offsets[at]);
    in.readFully(b);
    pagesRead++;
    bytesRead += b.length;
    ByteArrayInputStream header = new ByteArrayInputStream(b);
    PageHeader parsed = Util.readPageHeader(header);
    int from = b.length - header.available();
    if (parsed.data_page_header == null) throw FunctionException.of("PRLX_BATCH_VIEW", "a page of the batch view is of another version");
    // One value that is there: its definition level, its length, its bytes.
    ByteBuffer body = ByteBuffer.wrap(b, from, b.length - from).order(ByteOrder.LITTLE_ENDIAN);
    body.position(body.position() + Integer.BYTES + body.getInt(body.position()));
    int length = body.getInt();
    return Arrays.copyOfRange(b, body.position(), body.position() + length);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private static Index indexOf(String file) throws IOException {
    synchronized (INDEXES) {
      Index known = INDEXES.get(file);
      if (known != null) return known;
    }
    Index read = readIndex(file);
    synchronized (INDEXES) {
      INDEXES.put(file, read);
    }
    return read;
  }

  private static Index readIndex(String file) throws IOException {
    try (ParquetFileReader reader = HadoopFiles.parquet(file)) {
      int n = Math.toIntExact(reader.getRecordCount());
      Index index = new Index(new int[n], new long[n], new int[n]);
      int at = 0;
      for (BlockMetaData block : reader.getRowGroups()) {
        ColumnChunkMetaData runs = column(block, "run");
        if (runs.getCodec() != CompressionCodecName.UNCOMPRESSED) throw FunctionException.of("PRLX_BATCH_VIEW", file + " is compressed");
        OffsetIndex places = reader.readOffsetIndex(runs);
        List<ByteBuffer> numbers = reader.readColumnIndex(column(block, "page")).getMinValues();
        if (places.getPageCount() != block.getRowCount() || numbers.size() != block.getRowCount()) {
          throw FunctionException.of("PRLX_BATCH_VIEW", file + " has pages of more than one row");
        }
        for (int i = 0; i < numbers.size(); i++, at++) {
          index.pages[at] = numbers.get(i).duplicate().order(ByteOrder.LITTLE_ENDIAN).getInt();
          index.offsets[at] = places.getOffset(i);
          index.sizes[at] = places.getCompressedPageSize(i);
          if (at > 0 && index.pages[at] <= index.pages[at - 1]) throw FunctionException.of("PRLX_BATCH_VIEW", file + " is not in the order of its pages");
        }
      }
      return index;
    }
  }

  private static ColumnChunkMetaData column(BlockMetaData block, String name) {
    for (ColumnChunkMetaData column : block.getColumns()) if (column.getPath().toDotString().equals(name)) return column;
    throw FunctionException.of("PRLX_BATCH_VIEW", "a file of the batch view has no column " + name);
  }
}
