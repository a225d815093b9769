package dev.parallax.functions;

import org.apache.spark.sql.api.java.UDF1;

/**
 * {@code prlx_collect(heap BIGINT)}: has this JVM collect its garbage, all of it, unless its heap may grow beyond so many bytes: then that would take long. Whether it did.
 *
 * <p>For a moment in which nobody waits: what tasks hold is moved to the old generation before it dies, so a full collection is due after some seconds' work anyway, whenever that is.
 */
public final class Collect implements UDF1<Long, Boolean> {
  private static final long serialVersionUID = 1L;

  @Override
  public Boolean call(Long heap) {
    if (Runtime.getRuntime().maxMemory() > heap) return false;
    System.gc();
    return true;
  }
}
