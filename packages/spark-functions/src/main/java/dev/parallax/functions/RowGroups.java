package dev.parallax.functions;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF2;

/**
 * {@code prlx_row_groups(file STRING, columns STRING)}: what a Parquet file's footer says of a table's columns,
 * {@code STRUCT<missing: STRING, groups: ARRAY<STRUCT<grp: INT, n: BIGINT, bytes: BIGINT>>>}: {@code missing} is the first column that is not there;
 * {@code groups} are the row groups that hold rows, null where {@link Reduce} cannot read each column as it lies.
 */
public final class RowGroups implements UDF2<String, String, Row> {
  private static final long serialVersionUID = 1L;

  @Override
  public Row call(String file, String columnsText) throws IOException {
    StoredColumns columns = StoredColumns.ALL.get(columnsText);
    try (ParquetFileReader reader = HadoopFiles.parquet(file)) {
      StoredColumns.Found found = columns.in(reader.getFileMetaData().getSchema());
      if (found.missing() != null || !found.readable()) return RowFactory.create(found.missing(), null);
      List<Row> groups = new ArrayList<>();
      List<BlockMetaData> blocks = reader.getRowGroups();
      for (int i = 0; i < blocks.size(); i++) {
        BlockMetaData block = blocks.get(i);
        if (block.getRowCount() > 0) groups.add(RowFactory.create(i, block.getRowCount(), block.getCompressedSize()));
      }
      return RowFactory.create(null, groups.toArray(new Row[0]));
    }
  }
}
