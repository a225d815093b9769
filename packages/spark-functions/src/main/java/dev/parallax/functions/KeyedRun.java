package dev.parallax.functions;

import java.util.Arrays;

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
