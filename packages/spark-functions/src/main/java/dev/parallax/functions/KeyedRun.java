package dev.parallax.functions;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import scala.collection.Iterator;
import scala.collection.Seq;

/** Walks a run of keys and batch rows, each a length and its bytes. */
final class KeyedRun {
  private final ByteReader in;

  /** Of the customer at hand: all of it, its key, its row. */
  int start;

  int end;
  int keyStart;
  int keyEnd;
  int bodyStart;

  KeyedRun(byte[] run) {
    in = new ByteReader(run);
  }

  /** Runs as one, by key, nulls left out: of a customer that stands in several the row of one, since it is the same in all. */
  static KeyedRun of(Seq<byte[]> runs) {
    List<KeyedRun> open = new ArrayList<>();
    int length = 0;
    byte[] only = new byte[0];
    if (runs != null) {
      for (Iterator<byte[]> all = runs.iterator(); all.hasNext(); ) {
        byte[] run = all.next();
        KeyedRun cursor = run == null ? null : new KeyedRun(run);
        if (cursor == null || !cursor.next()) continue;
        open.add(cursor);
        length += run.length;
        only = run;
      }
    }
    return new KeyedRun(open.size() <= 1 ? only : merge(open, length));
  }

  private static byte[] merge(List<KeyedRun> open, int length) {
    ByteWriter out = new ByteWriter(length);
    while (!open.isEmpty()) {
      KeyedRun least = open.get(0);
      for (KeyedRun each : open) if (each.compareKey(least.bytes(), least.keyStart, least.keyEnd) < 0) least = each;
      out.bytes(least.bytes(), least.start, least.end);
      int start = least.keyStart;
      int end = least.keyEnd;
      byte[] key = least.bytes();
      open.removeIf(each -> each.compareKey(key, start, end) == 0 && !each.next());
    }
    return out.toBytes();
  }

  byte[] bytes() {
    return in.b;
  }

  boolean next() {
    if (!in.hasMore()) return false;
    start = in.at;
    int key = in.length();
    keyStart = in.at;
    keyEnd = in.at + key;
    in.skip(key);
    int body = in.length();
    bodyStart = in.at;
    end = in.at + body;
    in.skip(body);
    return true;
  }

  int compareKey(byte[] key, int from, int to) {
    return Arrays.compareUnsigned(in.b, keyStart, keyEnd, key, from, to);
  }
}
