package dev.parallax.functions;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.TreeMap;
import org.apache.spark.sql.api.java.UDF4;
import scala.collection.Seq;

/**
 * {@code prlx_answers(answers ARRAY<BINARY>, oldest BIGINT, order BIGINT, spec STRING)}: of packed answers of one bucket of customers the newest of each customer, by
 * iteration, then time of the call, then line, if its iteration is not before {@code oldest}: packed again, by key. Null of nothing. What is packed stands at {@code order}
 * among others of its iteration: 0; greater where it is of calls that were made when those had been packed.
 *
 * <p>Most of them lie in one list that was merged before, by key: the others are put into it, and nothing of it is sorted again.
 */
public final class Answers implements UDF4<Seq<byte[]>, Long, Long, String, byte[]> {
  private static final long serialVersionUID = 1L;
  static final SpecCache<Integer> FIELDS = new SpecCache<>(text -> Spec.parse(text).objects("fields").size());

  @Override
  public byte[] call(Seq<byte[]> answers, Long oldest, Long order, String specText) {
    int fields = FIELDS.get(specText);
    List<byte[]> lists = new ArrayList<>();
    byte[] most = new byte[0];
    for (scala.collection.Iterator<byte[]> all = answers.iterator(); all.hasNext(); ) {
      byte[] packed = all.next();
      if (packed == null) continue;
      lists.add(packed);
      if (packed.length > most.length) most = packed;
    }
    boolean isSorted = isByKey(most, fields);
    TreeMap<byte[], AnswerRecord> newest = new TreeMap<>(Arrays::compareUnsigned);
    for (byte[] packed : lists) if (packed != most || !isSorted) add(newest, packed, oldest, fields);
    ByteWriter out = new ByteWriter(most.length + 64 * newest.size());
    write(out, new AnswerRecord(isSorted ? most : new byte[0], fields), oldest, newest.values().iterator(), order);
    return out.length == 0 ? null : out.toBytes();
  }

  private static boolean isByKey(byte[] packed, int fields) {
    AnswerRecord at = new AnswerRecord(packed, fields);
    int start = 0;
    int end = 0;
    for (boolean isFirst = true; at.next(); isFirst = false) {
      if (!isFirst && Arrays.compareUnsigned(packed, start, end, packed, at.keyStart, at.keyEnd) >= 0) return false;
      start = at.keyStart;
      end = at.keyEnd;
    }
    return true;
  }

  private static void add(TreeMap<byte[], AnswerRecord> newest, byte[] packed, long oldest, int fields) {
    AnswerRecord at = new AnswerRecord(packed, fields);
    while (at.next()) {
      if (at.iteration < oldest) continue;
      byte[] key = Arrays.copyOfRange(packed, at.keyStart, at.keyEnd);
      AnswerRecord held = newest.get(key);
      if (held == null || at.isNewerThan(held)) newest.put(key, at.here());
    }
  }

  /** Writes the newest of the answers of {@code at} and of {@code others}, none of which is too old; both by key. */
  private static void write(ByteWriter out, AnswerRecord at, long oldest, Iterator<AnswerRecord> others, long order) {
    AnswerRecord other = next(others);
    while (at.next()) {
      for (; other != null && compareKeys(other, at) < 0; other = next(others)) other.writeTo(out, order);
      boolean isReplaced = other != null && compareKeys(other, at) == 0;
      if (isReplaced && other.isNewerThan(at)) other.writeTo(out, order);
      else if (at.iteration >= oldest) at.writeTo(out, order);
      if (isReplaced) other = next(others);
    }
    for (; other != null; other = next(others)) other.writeTo(out, order);
  }

  private static AnswerRecord next(Iterator<AnswerRecord> records) {
    return records.hasNext() ? records.next() : null;
  }

  private static int compareKeys(AnswerRecord a, AnswerRecord b) {
    return Arrays.compareUnsigned(a.bytes, a.keyStart, a.keyEnd, b.bytes, b.keyStart, b.keyEnd);
  }
}
