package dev.parallax.functions;

import java.util.Arrays;
import scala.collection.Seq;

/** Packed answers of one source, in any number of lists by key: of a customer that stands in several the newest counts. */
final class KeyedAnswers {
  private final AnswerRecord[] lists;

  /** @param packed the lists; null: there are none */
  KeyedAnswers(Seq<byte[]> packed, int fields) {
    lists = new AnswerRecord[packed == null ? 0 : packed.length()];
    for (int i = 0; i < lists.length; i++) {
      lists[i] = new AnswerRecord(packed.apply(i), fields);
      lists[i].next();
    }
  }

  /** The answer of a key, no lesser than the one that was asked for before; null: there is none. */
  AnswerRecord of(byte[] key, int from, int to) {
    AnswerRecord newest = null;
    for (AnswerRecord at : lists) {
      while (at.isAtOne() && compare(at, key, from, to) < 0) at.next();
      if (at.isAtOne() && compare(at, key, from, to) == 0 && (newest == null || at.isNewerThan(newest))) newest = at;
    }
    return newest;
  }

  private static int compare(AnswerRecord at, byte[] key, int from, int to) {
    return Arrays.compareUnsigned(at.bytes, at.keyStart, at.keyEnd, key, from, to);
  }
}
