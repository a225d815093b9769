package dev.parallax.functions;

/**
 * Walks packed answers: sized key, int64 iteration, zigzag at, block and line, then 0 for a customer that the answer does not hold, or 1 and for each
 * field 0, or 1 and its zigzag value. At, block and line order the answers of one iteration; once the newest is found at says alone which were packed later ({@link Answers}).
 */
final class AnswerRecord {
  private final ByteReader in;
  private final ByteReader values = new ByteReader();
  private final int fields;

  final byte[] bytes;
  int keyStart;
  int keyEnd;
  long iteration;
  private long at;
  private long block;
  private long line;
  /** Where the values begin, with the mark before them; and where the record ends. */
  int valuesStart;

  int end;
  private boolean isAtOne;

  AnswerRecord(byte[] bytes, int fields) {
    this.bytes = bytes;
    this.fields = fields;
    in = new ByteReader(bytes);
  }

  boolean next() {
    isAtOne = in.hasMore();
    if (!isAtOne) return false;
    int length = in.length();
    keyStart = in.at;
    keyEnd = in.at + length;
    in.skip(length);
    iteration = in.int64();
    at = in.zigzag();
    block = in.zigzag();
    line = in.zigzag();
    valuesStart = in.at;
    if (in.u8() != 0) for (int i = 0; i < fields; i++) if (in.u8() != 0) in.zigzag();
    end = in.at;
    return true;
  }

  /** Whether the last `next` found one. */
  boolean isAtOne() {
    return isAtOne;
  }

  boolean isNewerThan(AnswerRecord other) {
    if (iteration != other.iteration) return iteration > other.iteration;
    if (at != other.at) return at > other.at;
    return block != other.block ? block > other.block : line > other.line;
  }

  /** A copy of where it stands: the cursor itself goes on. */
  AnswerRecord here() {
    AnswerRecord copy = new AnswerRecord(bytes, fields);
    copy.keyStart = keyStart;
    copy.keyEnd = keyEnd;
    copy.iteration = iteration;
    copy.at = at;
    copy.block = block;
    copy.line = line;
    copy.valuesStart = valuesStart;
    copy.end = end;
    return copy;
  }

  /** Writes the values of the record at hand from `at` on, each a decimal of its places; none when the answer did not hold the customer. */
  void fill(Object[] cells, int at, int[] places, long bound) {
    values.reset(bytes, valuesStart, end);
    if (values.u8() == 0) return;
    for (int i = 0; i < fields; i++) if (values.u8() != 0) cells[at + i] = WindowCells.decimal(values.zigzag(), places[i], bound);
  }

  static void write(ByteWriter out, byte[] key, long iteration, long at, long block, long line, Long[] values) {
    out.sized(key, 0, key.length);
    head(out, iteration, at, block, line);
    out.u8(values == null ? 0 : 1);
    if (values == null) return;
    for (Long value : values) {
      out.u8(value == null ? 0 : 1);
      if (value != null) out.zigzag(value);
    }
  }

  /** Writes the record at hand, and of what orders it `at` alone. */
  void writeTo(ByteWriter out, long at) {
    out.sized(bytes, keyStart, keyEnd);
    head(out, iteration, at, 0, 0);
    out.bytes(bytes, valuesStart, end);
  }

  private static void head(ByteWriter out, long iteration, long at, long block, long line) {
    out.int64(iteration);
    out.zigzag(at);
    out.zigzag(block);
    out.zigzag(line);
  }
}
