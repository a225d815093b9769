package dev.parallax.functions;

import org.apache.spark.sql.api.java.UDF3;
import scala.collection.Seq;

/**
 * {@code prlx_answers_more(answers ARRAY<BINARY>, oldest BIGINT, spec STRING)}: as {@link Answers}, of calls that were made when others of their iteration had been packed. What it
 * packs is newer than any of those.
 */
public final class MoreAnswers implements UDF3<Seq<byte[]>, Long, String, byte[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public byte[] call(Seq<byte[]> answers, Long oldest, String specText) {
    return Answers.newest(answers, oldest, specText, 1);
  }
}
