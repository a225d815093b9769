package dev.parallax.functions;

import java.util.Arrays;

/** Walks a run, customer by customer, without copying. */
final class RunCursor {
  private final ByteReader in;
  private int left;

  final byte[] bytes;
  /** The customer at hand: all of it, its key, and by stream where its state lies; an empty range is no state. */
  int start;

  int end;
  int keyStart;
  int keyEnd;
  final int[] stateStart;
  final int[] stateEnd;

  RunCursor(byte[] run, Layout layout) {
    in = new ByteReader(run);
    bytes = run;
    if (in.u8() != RunWriter.VERSION) throw FunctionException.of("PRLX_STATE", "the bytes are no run of version " + RunWriter.VERSION);
    if (in.int32() != layout.fingerprint) {
      throw FunctionException.of("PRLX_STATE", "a run of other variables or aggregates; was the project changed under its state?");
    }
    left = in.int32();
    stateStart = new int[layout.streams.length];
    stateEnd = new int[layout.streams.length];
  }

  /** Steps to the next customer; false after the last. */
  boolean next() {
    if (left == 0) {
      if (in.hasMore()) throw FunctionException.of("PRLX_STATE", "a run is longer than it says");
      return false;
    }
    left--;
    start = in.at;
    int length = in.length();
    keyStart = in.at;
    keyEnd = keyStart + length;
    in.skip(length);
    for (int s = 0; s < stateStart.length; s++) {
      length = in.length();
      stateStart[s] = in.at;
      stateEnd[s] = in.at + length;
      in.skip(length);
    }
    end = in.at;
    return true;
  }

  int compareKey(byte[] key, int from, int to) {
    return Arrays.compareUnsigned(bytes, keyStart, keyEnd, key, from, to);
  }

  int compareKey(RunCursor other) {
    return Arrays.compareUnsigned(bytes, keyStart, keyEnd, other.bytes, other.keyStart, other.keyEnd);
  }
}
