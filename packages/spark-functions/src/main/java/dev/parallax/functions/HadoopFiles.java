package dev.parallax.functions;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.io.InputFile;
import org.apache.spark.deploy.SparkHadoopUtil;

/** Files wherever Spark finds them: a local folder, HDFS, an object store. */
final class HadoopFiles {
  private HadoopFiles() {}

  /** The engine's own settings, with the addresses and credentials that its operator gave it. */
  static Configuration configuration() {
    return SparkHadoopUtil.get().conf();
  }

  static InputFile input(String path) throws IOException {
    return HadoopInputFile.fromPath(new Path(path), configuration());
  }

  static ParquetFileReader parquet(String path) throws IOException {
    return ParquetFileReader.open(input(path));
  }
}
