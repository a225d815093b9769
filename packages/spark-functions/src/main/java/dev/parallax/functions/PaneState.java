package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Partial aggregates of a set of events, and their canonical bytes: the same events give the same bytes, in whatever groups
 * and order they came. The format is in the package's README. For one thread, one use.
 */
final class PaneState {
  static final byte VERSION = 1;
  static final int EVENTS_AT = 5;
  static final int BITMAP_AT = 13;

  private final AggregateSpec spec;
  private long events;
  private final boolean[] present;
  private final long[] sum;
  private final long[] count;
  private final long[] min;
  private final long[] max;
  private final long[] last;
  private final LastKey[] lastKey;

  PaneState(AggregateSpec spec) {
    int n = spec.variables();
    this.spec = spec;
    this.present = new boolean[n];
    this.sum = new long[n];
    this.count = new long[n];
    this.min = new long[n];
    this.max = new long[n];
    this.last = new long[n];
    this.lastKey = new LastKey[n];
  }

  boolean isEmpty() {
    return events == 0;
  }

  /** Adds one accepted event. */
  void addEvent(long time, String id, byte[] vals) {
    int n = spec.variables();
    int at = PackedValues.bitmapBytes(n);
    if (!PackedValues.isSound(vals, n)) throw FunctionException.of("PRLX_STATE", "packed values do not fit the spec of " + n + " variables");
    LastKey key = null;
    if (spec.keepsLast) {
      byte[] bytes = id.getBytes(StandardCharsets.UTF_8);
      key = new LastKey(time, bytes, 0, bytes.length);
    }
    events = Math.addExact(events, 1);
    for (int i = 0; i < n; i++) {
      if (!PackedValues.isPresent(vals, 0, i)) continue;
      long value = (long) Utf8.LONG.get(vals, at);
      at += 8;
      int keeps = spec.keeps[i];
      if ((keeps & AggregateSpec.KEEP_SUM) != 0) sum[i] = Math.addExact(sum[i], value);
      if ((keeps & AggregateSpec.KEEP_COUNT) != 0) count[i]++;
      if ((keeps & AggregateSpec.KEEP_MIN) != 0) min[i] = present[i] ? Math.min(min[i], value) : value;
      if ((keeps & AggregateSpec.KEEP_MAX) != 0) max[i] = present[i] ? Math.max(max[i], value) : value;
      if ((keeps & AggregateSpec.KEEP_LAST) != 0) offerLast(i, key, value);
      present[i] = true;
    }
  }

  /** Adds what an encoded state holds. */
  void addState(byte[] state) {
    StateReader reader = new StateReader(state, spec);
    events = Math.addExact(events, reader.events);
    for (int i = 0; reader.next(); i++) {
      if (!reader.present) continue;
      int keeps = spec.keeps[i];
      if ((keeps & AggregateSpec.KEEP_SUM) != 0) sum[i] = Math.addExact(sum[i], reader.sum);
      if ((keeps & AggregateSpec.KEEP_COUNT) != 0) count[i] = Math.addExact(count[i], reader.count);
      if ((keeps & AggregateSpec.KEEP_MIN) != 0) min[i] = present[i] ? Math.min(min[i], reader.min) : reader.min;
      if ((keeps & AggregateSpec.KEEP_MAX) != 0) max[i] = present[i] ? Math.max(max[i], reader.max) : reader.max;
      if ((keeps & AggregateSpec.KEEP_LAST) != 0) offerLast(i, reader.lastKey(), reader.last);
      present[i] = true;
    }
  }

  /** Keeps the greater of (key, value); equal keys cannot be accepted twice, but if they are, order must not matter. */
  private void offerLast(int i, LastKey key, long value) {
    LastKey held = lastKey[i];
    int order = held == null ? 1 : held == key ? 0 : key.compareTo(held);
    if (order > 0 || (order == 0 && value > last[i])) {
      lastKey[i] = key;
      last[i] = value;
    }
  }

  byte[] encode() {
    int n = spec.variables();
    LastKey[] table = spec.keepsLast ? rankedTable() : new LastKey[0];
    byte[] out = new byte[encodedBytes(table)];
    out[0] = VERSION;
    putInt(out, 1, spec.fingerprint);
    Utf8.LONG.set(out, EVENTS_AT, events);
    int at = BITMAP_AT + PackedValues.bitmapBytes(n);
    if (spec.keepsLast) at = encodeTable(table, out, at);
    for (int i = 0; i < n; i++) {
      if (!present[i]) continue;
      PackedValues.markPresent(out, BITMAP_AT, i);
      int keeps = spec.keeps[i];
      if ((keeps & AggregateSpec.KEEP_SUM) != 0) at = putLong(out, at, sum[i]);
      if ((keeps & AggregateSpec.KEEP_COUNT) != 0) at = putLong(out, at, count[i]);
      if ((keeps & AggregateSpec.KEEP_MIN) != 0) at = putLong(out, at, min[i]);
      if ((keeps & AggregateSpec.KEEP_MAX) != 0) at = putLong(out, at, max[i]);
      if ((keeps & AggregateSpec.KEEP_LAST) != 0) at = putShort(out, putLong(out, at, last[i]), lastKey[i].rank);
    }
    return out;
  }

  /** The distinct keys still referenced, in order, each with its rank set. */
  private LastKey[] rankedTable() {
    LastKey[] found = new LastKey[lastKey.length];
    int n = 0;
    for (LastKey key : lastKey) {
      if (key == null || key.rank >= 0) continue;
      key.rank = 0;
      found[n++] = key;
    }
    Arrays.sort(found, 0, n);
    int distinct = 0;
    for (int i = 0; i < n; i++) {
      if (distinct == 0 || found[distinct - 1].compareTo(found[i]) != 0) found[distinct++] = found[i];
      found[i].rank = distinct - 1;
    }
    return Arrays.copyOf(found, distinct);
  }

  private int encodedBytes(LastKey[] table) {
    int bytes = BITMAP_AT + PackedValues.bitmapBytes(present.length);
    if (spec.keepsLast) bytes += 2;
    for (LastKey key : table) bytes += 10 + key.end - key.start;
    for (int i = 0; i < present.length; i++) {
      if (present[i]) bytes += StateReader.variableBytes(spec.keeps[i]);
    }
    return bytes;
  }

  private static int encodeTable(LastKey[] table, byte[] out, int at) {
    at = putShort(out, at, table.length);
    for (LastKey key : table) {
      int length = key.end - key.start;
      at = putShort(out, putLong(out, at, key.time), length);
      System.arraycopy(key.bytes, key.start, out, at, length);
      at += length;
    }
    return at;
  }

  private static int putLong(byte[] out, int at, long value) {
    Utf8.LONG.set(out, at, value);
    return at + 8;
  }

  private static int putShort(byte[] out, int at, int value) {
    out[at] = (byte) value;
    out[at + 1] = (byte) (value >>> 8);
    return at + 2;
  }

  private static void putInt(byte[] out, int at, int value) {
    putShort(out, putShort(out, at, value), value >>> 16);
  }
}
