package dev.parallax.functions;

import java.util.Arrays;

/** When a value was said: event time, then event id as unsigned UTF-8 bytes. */
final class LastKey implements Comparable<LastKey> {
  final long time;
  final byte[] bytes;
  final int start;
  final int end;

  /** Place in the table that is being written; not part of the key. */
  int rank = -1;

  LastKey(long time, byte[] bytes, int start, int end) {
    this.time = time;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  @Override
  public int compareTo(LastKey other) {
    int byTime = Long.compare(time, other.time);
    return byTime != 0 ? byTime : Arrays.compareUnsigned(bytes, start, end, other.bytes, other.start, other.end);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LastKey key && compareTo(key) == 0;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(time);
  }
}
