package dev.parallax.functions;

/** Walks an encoded {@link PaneState}, variable by variable. */
final class StateReader {
  private final byte[] state;
  private final AggregateSpec spec;
  private final LastKey[] table;
  private int at;
  private int variable;

  final long events;

  /** Of the variable at which {@link #next} stopped: whether it has any value, and what is kept of it. */
  boolean present;

  long sum;
  long count;
  long min;
  long max;
  long last;
  private int lastRank;

  StateReader(byte[] state, AggregateSpec spec) {
    this.state = state;
    this.spec = spec;
    this.at = PaneState.BITMAP_AT + PackedValues.bitmapBytes(spec.variables());
    if (state.length < at || state[0] != PaneState.VERSION) throw wrong("not a state of version " + PaneState.VERSION);
    if ((unsignedShort(1) | unsignedShort(3) << 16) != spec.fingerprint) throw wrong("a state of other variables or aggregates");
    this.events = (long) Utf8.LONG.get(state, PaneState.EVENTS_AT);
    if (!spec.keepsLast) {
      this.table = null;
      return;
    }
    need(2);
    this.table = new LastKey[unsignedShort(at)];
    at += 2;
    for (int i = 0; i < table.length; i++) {
      need(10);
      long time = (long) Utf8.LONG.get(state, at);
      int length = unsignedShort(at + 8);
      need(10 + length);
      table[i] = new LastKey(time, state, at + 10, at + 10 + length);
      at += 10 + length;
    }
  }

  /** Bytes that a variable with values takes. */
  static int variableBytes(int keeps) {
    return 8 * Integer.bitCount(keeps) + ((keeps & AggregateSpec.KEEP_LAST) != 0 ? 2 : 0);
  }

  /** Steps to the next variable; false after the last. */
  boolean next() {
    if (variable == spec.variables()) {
      if (at != state.length) throw wrong("bytes after the end");
      return false;
    }
    int i = variable++;
    present = PackedValues.isPresent(state, PaneState.BITMAP_AT, i);
    if (!present) return true;
    int keeps = spec.keeps[i];
    need(variableBytes(keeps));
    if ((keeps & AggregateSpec.KEEP_SUM) != 0) sum = takeLong();
    if ((keeps & AggregateSpec.KEEP_COUNT) != 0) count = takeLong();
    if ((keeps & AggregateSpec.KEEP_MIN) != 0) min = takeLong();
    if ((keeps & AggregateSpec.KEEP_MAX) != 0) max = takeLong();
    if ((keeps & AggregateSpec.KEEP_LAST) != 0) {
      last = takeLong();
      lastRank = unsignedShort(at);
      at += 2;
      if (lastRank >= table.length) throw wrong("a reference beyond its table");
    }
    return true;
  }

  /** When the last value of the present variable was said. */
  LastKey lastKey() {
    return table[lastRank];
  }

  private long takeLong() {
    long value = (long) Utf8.LONG.get(state, at);
    at += 8;
    return value;
  }

  private int unsignedShort(int p) {
    return (state[p] & 0xFF) | (state[p + 1] & 0xFF) << 8;
  }

  private void need(int bytes) {
    if (bytes > state.length - at) throw wrong("cut short");
  }

  private static IllegalArgumentException wrong(String what) {
    return FunctionException.of("PRLX_STATE", "the bytes are " + what + " for this spec; was the project changed under its state?");
  }
}
