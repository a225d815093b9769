package dev.parallax.functions;

/** Walks bytes that {@link ByteWriter} wrote. Bytes cut short or beyond their end raise PRLX_STATE. */
final class ByteReader {
  byte[] b;
  int at;
  int end;

  ByteReader() {
    this(new byte[0], 0, 0);
  }

  ByteReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  ByteReader(byte[] bytes, int from, int to) {
    reset(bytes, from, to);
  }

  void reset(byte[] bytes, int from, int to) {
    b = bytes;
    at = from;
    end = to;
  }

  boolean hasMore() {
    return at < end;
  }

  int u8() {
    need(1);
    return b[at++] & 0xFF;
  }

  long uvarint() {
    int p = at;
    if (p < end && b[p] >= 0) {
      at = p + 1;
      return b[p];
    }
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (p >= end) throw cutShort();
      byte next = b[p++];
      value |= (next & 0x7FL) << shift;
      if (next >= 0) {
        at = p;
        return value;
      }
    }
    throw FunctionException.of("PRLX_STATE", "a number of more than 64 bits in packed bytes");
  }

  long zigzag() {
    long value = uvarint();
    return (value >>> 1) ^ -(value & 1);
  }

  /** A length that fits what is left. */
  int length() {
    long n = uvarint();
    if (n < 0 || n > end - at) throw cutShort();
    return (int) n;
  }

  long int64() {
    need(8);
    long value = (long) Utf8.LONG.get(b, at);
    at += 8;
    return value;
  }

  int int32() {
    need(4);
    int value = (b[at] & 0xFF) | (b[at + 1] & 0xFF) << 8 | (b[at + 2] & 0xFF) << 16 | b[at + 3] << 24;
    at += 4;
    return value;
  }

  void skip(int n) {
    need(n);
    at += n;
  }

  private void need(int n) {
    if (n > end - at) throw cutShort();
  }

  private static IllegalArgumentException cutShort() {
    return FunctionException.of("PRLX_STATE", "packed bytes are cut short");
  }
}
