package dev.parallax.functions;

import java.util.ArrayList;
import java.util.List;

/**
 * Makes runs: customers in the order of their keys' unsigned bytes, each with one packed state a stream (the package's README has the
 * format). For one thread.
 */
final class RunWriter {
  static final byte VERSION = 2;
  private static final int COUNT_AT = 5;

  private final Layout layout;
  private final StreamState[] states;
  private final ByteWriter out;
  private final ByteWriter state = new ByteWriter(1024);
  private int customers;

  RunWriter(Layout layout, int capacity) {
    this.layout = layout;
    this.states = new StreamState[layout.streams.length];
    for (int s = 0; s < states.length; s++) states[s] = new StreamState(layout.streams[s]);
    this.out = new ByteWriter(capacity);
    open();
  }

  private void open() {
    out.clear();
    out.u8(VERSION);
    out.int32(layout.fingerprint);
    out.int32(0);
    customers = 0;
  }

  /** The accumulator of one stream, for the customer that is being written. */
  StreamState state(int stream) {
    return states[stream];
  }

  void clearStates() {
    for (StreamState s : states) s.clear();
  }

  /** Writes a customer with what its accumulators hold. Keys must ascend. */
  void customer(byte[] b, int keyStart, int keyEnd) {
    customers++;
    out.sized(b, keyStart, keyEnd);
    for (StreamState s : states) {
      if (s.isEmpty()) {
        out.uvarint(0);
        continue;
      }
      state.clear();
      s.encode(state);
      out.sized(state.b, 0, state.length);
    }
  }

  /** Copies a customer as it is. */
  private void copy(RunCursor from) {
    customers++;
    out.bytes(from.bytes, from.start, from.end);
  }

  /** Writes the merge of the cursors {@code at[from, to)}, which are at one customer, in any order; one is copied. */
  private void merge(RunCursor[] at, int from, int to) {
    if (to - from == 1) {
      copy(at[from]);
      return;
    }
    customers++;
    out.sized(at[from].bytes, at[from].keyStart, at[from].keyEnd);
    for (int s = 0; s < states.length; s++) {
      int holders = 0;
      RunCursor only = null;
      for (int i = from; i < to; i++) {
        if (at[i].stateEnd[s] == at[i].stateStart[s]) continue;
        holders++;
        only = at[i];
      }
      if (holders == 0) {
        out.uvarint(0);
      } else if (holders == 1) {
        out.sized(only.bytes, only.stateStart[s], only.stateEnd[s]);
      } else {
        states[s].clear();
        for (int i = from; i < to; i++) {
          if (at[i].stateEnd[s] > at[i].stateStart[s]) states[s].addState(at[i].bytes, at[i].stateStart[s], at[i].stateEnd[s]);
        }
        state.clear();
        states[s].encode(state);
        out.sized(state.b, 0, state.length);
      }
    }
  }

  /** The run that was written; null when it has no customer. The writer begins anew. */
  byte[] toRun() {
    byte[] run = null;
    if (customers > 0) {
      for (int i = 0; i < 4; i++) out.b[COUNT_AT + i] = (byte) (customers >>> (8 * i));
      run = out.toBytes();
    }
    open();
    return run;
  }

  /** The merge of runs, nulls left out, whatever their order; null of nothing. One run is given back as it is. */
  byte[] merge(List<byte[]> runs) {
    return merge(null, null, runs);
  }

  /** The same with {@code before}, of which the customers do not count that {@code instead} has. */
  byte[] merge(byte[] before, byte[] instead, List<byte[]> runs) {
    List<RunCursor> open = new ArrayList<>();
    RunCursor replaced = add(before, open);
    RunCursor replacing = add(instead, open);
    for (byte[] run : runs) add(run, open);
    if (open.size() <= 1) return open.isEmpty() ? null : open.get(0).bytes;
    RunCursor[] cursors = open.toArray(new RunCursor[0]);
    RunCursor[] least = new RunCursor[cursors.length];
    int n = cursors.length;
    while (n > 0) {
      int ties = 1;
      least[0] = cursors[0];
      for (int i = 1; i < n; i++) {
        int order = cursors[i].compareKey(least[0]);
        if (order > 0) continue;
        if (order < 0) ties = 0;
        least[ties++] = cursors[i];
      }
      // Cursors stay in the order in which they were opened.
      boolean isReplaced = ties > 1 && least[0] == replaced && least[1] == replacing;
      merge(least, isReplaced ? 1 : 0, ties);
      int kept = 0;
      for (int i = 0; i < n; i++) {
        boolean stays = true;
        for (int t = 0; t < ties; t++) if (cursors[i] == least[t]) stays = cursors[i].next();
        if (stays) cursors[kept++] = cursors[i];
      }
      n = kept;
    }
    return toRun();
  }

  /** The merge of runs, nulls left out, for the customers of {@code keys} alone (each with its length, ascending). */
  byte[] mergeOnly(List<byte[]> runs, byte[] keys) {
    List<RunCursor> open = new ArrayList<>();
    for (byte[] run : runs) add(run, open);
    RunCursor[] cursors = open.toArray(new RunCursor[0]);
    RunCursor[] at = new RunCursor[cursors.length];
    int n = cursors.length;
    ByteReader in = new ByteReader(keys);
    while (n > 0 && in.hasMore()) {
      int length = in.length();
      int start = in.at;
      in.skip(length);
      int found = 0;
      int kept = 0;
      for (int i = 0; i < n; i++) {
        RunCursor cursor = cursors[i];
        int order = -1;
        boolean stays = true;
        while (stays && (order = cursor.compareKey(keys, start, start + length)) < 0) stays = cursor.next();
        if (!stays) continue;
        if (order == 0) at[found++] = cursor;
        cursors[kept++] = cursor;
      }
      n = kept;
      if (found > 0) merge(at, 0, found);
    }
    return toRun();
  }

  /** A cursor at the run's first customer, put to the others; null when there is none. */
  private RunCursor add(byte[] run, List<RunCursor> open) {
    if (run == null) return null;
    RunCursor cursor = new RunCursor(run, layout);
    if (!cursor.next()) return null;
    open.add(cursor);
    return cursor;
  }
}
