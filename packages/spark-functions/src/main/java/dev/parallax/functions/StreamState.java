package dev.parallax.functions;

import java.util.Arrays;

/**
 * Partial aggregates of one stream's events of one customer, and their compact canonical bytes: the same events give the same bytes, in
 * whatever groups and order they came (the package's README has the format). Reused from customer to customer; for one thread.
 */
final class StreamState {
  final AggregateSpec spec;
  private final int bitmapBytes;
  private final ByteReader in = new ByteReader();
  private long events;
  private final byte[] present;
  private final long[] sum;
  private final long[] count;
  private final long[] min;
  private final long[] max;
  private final long[] last;
  private final LastKey[] lastKey;
  private LastKey[] table = new LastKey[8];
  private LastKey[] ranked = new LastKey[8];

  StreamState(AggregateSpec spec) {
    int n = spec.variables();
    this.spec = spec;
    this.bitmapBytes = PackedValues.bitmapBytes(n);
    this.present = new byte[bitmapBytes];
    this.sum = new long[n];
    this.count = new long[n];
    this.min = new long[n];
    this.max = new long[n];
    this.last = new long[n];
    this.lastKey = new LastKey[n];
  }

  void clear() {
    events = 0;
    Arrays.fill(present, (byte) 0);
    if (spec.keepsLast) Arrays.fill(lastKey, null);
  }

  boolean isEmpty() {
    return events == 0;
  }

  /** Adds the accepted event that a record is at. */
  void addEvent(EventRecord event) {
    in.reset(event.bytes, event.valsStart, event.end);
    int bitmap = in.at;
    in.skip(bitmapBytes);
    LastKey key = spec.keepsLast ? new LastKey(event.time, event.bytes, event.idStart, event.idEnd) : null;
    events = Math.addExact(events, 1);
    int n = spec.variables();
    for (int i = 0; i < n; i++) {
      if (!PackedValues.isPresent(event.bytes, bitmap, i)) continue;
      long value = in.zigzag();
      int keeps = spec.keeps[i];
      boolean had = PackedValues.isPresent(present, 0, i);
      if ((keeps & AggregateSpec.KEEP_SUM) != 0) sum[i] = had ? Math.addExact(sum[i], value) : value;
      if ((keeps & AggregateSpec.KEEP_COUNT) != 0) count[i] = had ? count[i] + 1 : 1;
      if ((keeps & AggregateSpec.KEEP_MIN) != 0) min[i] = had ? Math.min(min[i], value) : value;
      if ((keeps & AggregateSpec.KEEP_MAX) != 0) max[i] = had ? Math.max(max[i], value) : value;
      if ((keeps & AggregateSpec.KEEP_LAST) != 0) offerLast(i, key, value);
      PackedValues.markPresent(present, i);
    }
    if (in.hasMore()) throw FunctionException.of("PRLX_STATE", "packed values do not fit the spec of " + n + " variables");
  }

  /** Adds the state that lies in bytes[from, to). */
  void addState(byte[] bytes, int from, int to) {
    in.reset(bytes, from, to);
    events = Math.addExact(events, in.uvarint());
    int bitmap = in.at;
    in.skip(bitmapBytes);
    if (spec.keepsLast) readTable();
    int n = spec.variables();
    for (int i = 0; i < n; i++) {
      if (!PackedValues.isPresent(bytes, bitmap, i)) continue;
      int keeps = spec.keeps[i];
      boolean had = PackedValues.isPresent(present, 0, i);
      if ((keeps & AggregateSpec.KEEP_SUM) != 0) {
        long value = in.zigzag();
        sum[i] = had ? Math.addExact(sum[i], value) : value;
      }
      if ((keeps & AggregateSpec.KEEP_COUNT) != 0) {
        long value = in.uvarint();
        count[i] = had ? Math.addExact(count[i], value) : value;
      }
      if ((keeps & AggregateSpec.KEEP_MIN) != 0) {
        long value = in.zigzag();
        min[i] = had ? Math.min(min[i], value) : value;
      }
      if ((keeps & AggregateSpec.KEEP_MAX) != 0) {
        long value = in.zigzag();
        max[i] = had ? Math.max(max[i], value) : value;
      }
      if ((keeps & AggregateSpec.KEEP_LAST) != 0) {
        long value = in.zigzag();
        offerLast(i, table[(int) in.uvarint()], value);
      }
      PackedValues.markPresent(present, i);
    }
    if (in.hasMore()) throw FunctionException.of("PRLX_STATE", "a state is longer than its spec says; was the project changed under its state?");
  }

  private void readTable() {
    int n = (int) in.uvarint();
    if (n > table.length) table = Arrays.copyOf(table, Math.max(n, 2 * table.length));
    for (int i = 0; i < n; i++) {
      long time = in.int64();
      int length = in.length();
      table[i] = new LastKey(time, in.b, in.at, in.at + length);
      in.skip(length);
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

  void encode(ByteWriter out) {
    out.uvarint(events);
    out.bytes(present, 0, bitmapBytes);
    if (spec.keepsLast) encodeTable(out);
    int n = spec.variables();
    for (int i = 0; i < n; i++) {
      if (!PackedValues.isPresent(present, 0, i)) continue;
      int keeps = spec.keeps[i];
      if ((keeps & AggregateSpec.KEEP_SUM) != 0) out.zigzag(sum[i]);
      if ((keeps & AggregateSpec.KEEP_COUNT) != 0) out.uvarint(count[i]);
      if ((keeps & AggregateSpec.KEEP_MIN) != 0) out.zigzag(min[i]);
      if ((keeps & AggregateSpec.KEEP_MAX) != 0) out.zigzag(max[i]);
      if ((keeps & AggregateSpec.KEEP_LAST) != 0) {
        out.zigzag(last[i]);
        out.uvarint(lastKey[i].rank);
      }
    }
  }

  /** The distinct keys still referenced, in order; their ranks are set. */
  private void encodeTable(ByteWriter out) {
    int n = 0;
    LastKey newest = null;
    for (LastKey key : lastKey) {
      if (key == null || key == newest) continue;
      newest = key;
      key.rank = -1;
    }
    for (LastKey key : lastKey) {
      if (key == null || key.rank >= 0) continue;
      key.rank = 0;
      if (n == ranked.length) ranked = Arrays.copyOf(ranked, 2 * n);
      ranked[n++] = key;
    }
    if (n > 1) Arrays.sort(ranked, 0, n);
    int distinct = 0;
    for (int i = 0; i < n; i++) {
      if (i == 0 || ranked[distinct - 1].compareTo(ranked[i]) != 0) ranked[distinct++] = ranked[i];
      ranked[i].rank = distinct - 1;
    }
    out.uvarint(distinct);
    // A key that lost its place to an equal one keeps its rank, so `ranked` may be overwritten from the front.
    for (int i = 0; i < distinct; i++) {
      out.int64(ranked[i].time);
      out.sized(ranked[i].bytes, ranked[i].start, ranked[i].end);
    }
  }

  boolean has(int variable) {
    return PackedValues.isPresent(present, 0, variable);
  }

  /** A declared aggregate of a variable that has values, scaled by its places. */
  long value(int variable, AggregateSpec.Aggregate aggregate) {
    return switch (aggregate) {
      case SUM -> sum[variable];
      case COUNT -> count[variable];
      case AVG -> Numbers.divideHalfAway(sum[variable], count[variable]);
      case MIN -> min[variable];
      case MAX -> max[variable];
      case LAST -> last[variable];
    };
  }
}
