package dev.parallax.functions;

import java.util.Arrays;
import java.util.TreeMap;
import org.apache.spark.sql.api.java.UDF3;
import scala.collection.Iterator;
import scala.collection.Seq;

/**
 * {@code prlx_answers(answers ARRAY<BINARY>, oldest BIGINT, spec STRING)}: of packed answers of one bucket of customers the newest of each customer, by
 * iteration, then time of the call, then line, if its iteration is not before {@code oldest}: packed again, by key. Null of nothing.
 */
public final class Answers implements UDF3<Seq<byte[]>, Long, String, byte[]> {
  private static final long serialVersionUID = 1L;
  static final SpecCache<Integer> FIELDS = new SpecCache<>(text -> Spec.parse(text).objects("fields").size());

  @Override
  public byte[] call(Seq<byte[]> answers, Long oldest, String specText) {
    int fields = FIELDS.get(specText);
    TreeMap<byte[], AnswerRecord> newest = new TreeMap<>(Arrays::compareUnsigned);
    Iterator<byte[]> all = answers.iterator();
    while (all.hasNext()) {
      byte[] packed = all.next();
      if (packed == null) continue;
      AnswerRecord at = new AnswerRecord(packed, fields);
      while (at.next()) {
        if (at.iteration < oldest) continue;
        byte[] key = Arrays.copyOfRange(packed, at.keyStart, at.keyEnd);
        AnswerRecord held = newest.get(key);
        if (held == null || at.isNewerThan(held)) newest.put(key, at.here());
      }
    }
    if (newest.isEmpty()) return null;
    ByteWriter out = new ByteWriter(64 * newest.size());
    for (AnswerRecord record : newest.values()) record.writeTo(out);
    return out.toBytes();
  }
}
