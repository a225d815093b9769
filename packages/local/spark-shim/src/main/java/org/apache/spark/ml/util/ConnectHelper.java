package org.apache.spark.ml.util;

import org.apache.spark.sql.SparkSession;

/**
 * Stands in for the class of this name in spark-mllib, which is not on the registry for Spark 4.2.
 *
 * <p>A Spark Connect server makes one whenever it closes a session ({@code SessionHolder.close} → {@code MLCache.<init>}), machine learning
 * or not. Without the class every ReleaseSession fails with a NoClassDefFoundError and never answers, and the session's resources stay.
 * The server keeps the object and asks it for nothing unless a client sends machine learning commands, which Parallax does not.
 */
public final class ConnectHelper {
  public ConnectHelper(SparkSession session) {}
}
