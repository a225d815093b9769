package dev.parallax.functions;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF1;

/**
 * {@code prlx_files(glob STRING)}: the files that a path with wildcards names, wherever the engine reads them from, hidden ones too:
 * {@code ARRAY<STRUCT<path: STRING, bytes: BIGINT, modified: BIGINT>>}, by path; {@code modified} in microseconds since 1970.
 */
public final class ListFiles implements UDF1<String, Row[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public Row[] call(String glob) throws IOException {
    Path path = new Path(glob);
    FileStatus[] found = path.getFileSystem(HadoopFiles.configuration()).globStatus(path);
    List<Row> files = new ArrayList<>();
    for (FileStatus file : found == null ? new FileStatus[0] : found) {
      if (file.isFile()) files.add(RowFactory.create(file.getPath().toString(), file.getLen(), file.getModificationTime() * 1000));
    }
    files.sort(Comparator.comparing(row -> row.getString(0)));
    return files.toArray(new Row[0]);
  }
}
