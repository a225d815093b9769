package dev.parallax.functions;

import org.apache.spark.sql.api.java.UDF1;
import scala.collection.Seq;

/** {@code prlx_batch_union(runs ARRAY<BINARY>)}: runs of batch rows as one; of a customer that stands in several, the row is the same in all. */
public final class BatchUnion implements UDF1<Seq<byte[]>, byte[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public byte[] call(Seq<byte[]> runs) {
    return KeyedRun.of(runs).bytes();
  }
}
