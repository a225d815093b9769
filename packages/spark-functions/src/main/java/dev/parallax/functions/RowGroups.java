package dev.parallax.functions;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF1;

/** {@code prlx_row_groups(file STRING)}: the row groups of a Parquet file that hold rows, {@code ARRAY<STRUCT<grp: INT, n: BIGINT, bytes: BIGINT>>}. */
public final class RowGroups implements UDF1<String, Row[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public Row[] call(String file) throws IOException {
    List<Row> groups = new ArrayList<>();
    try (ParquetFileReader reader = HadoopFiles.parquet(file)) {
      List<BlockMetaData> blocks = reader.getRowGroups();
      for (int i = 0; i < blocks.size(); i++) {
        BlockMetaData block = blocks.get(i);
        if (block.getRowCount() > 0) groups.add(RowFactory.create(i, block.getRowCount(), block.getCompressedSize()));
      }
    }
    return groups.toArray(new Row[0]);
  }
}
