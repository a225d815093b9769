package dev.parallax.functions;

import java.util.Arrays;

/** Bytes that grow, with the few encodings of packed state: unsigned and zigzag varints (LEB128), little-endian int64. */
final class ByteWriter {
  byte[] b;
  int length;

  ByteWriter(int capacity) {
    b = new byte[capacity];
  }

  void clear() {
    length = 0;
  }

  void u8(int value) {
    room(1);
    b[length++] = (byte) value;
  }

  void uvarint(long value) {
    room(10);
    byte[] to = b;
    int at = length;
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      to[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    to[at++] = (byte) rest;
    length = at;
  }

  void zigzag(long value) {
    uvarint((value << 1) ^ (value >> 63));
  }

  void int64(long value) {
    room(8);
    Utf8.LONG.set(b, length, value);
    length += 8;
  }

  /** The lowest bytes of a number, the highest of them first. */
  void bigEndian(long value, int bytes) {
    if (bytes == 0) return;
    room(8);
    Utf8.LONG.set(b, length, Long.reverseBytes(value << (Long.SIZE - 8 * bytes)));
    length += bytes;
  }

  void int32(int value) {
    room(4);
    for (int i = 0; i < 4; i++) b[length++] = (byte) (value >>> (8 * i));
  }

  void bytes(byte[] from, int start, int end) {
    int n = end - start;
    room(n);
    System.arraycopy(from, start, b, length, n);
    length += n;
  }

  /** A length, then the bytes. */
  void sized(byte[] from, int start, int end) {
    uvarint(end - start);
    bytes(from, start, end);
  }

  /** Leaves n zero bytes and says where. */
  int skip(int n) {
    room(n);
    int at = length;
    Arrays.fill(b, at, at + n, (byte) 0);
    length += n;
    return at;
  }

  byte[] toBytes() {
    return Arrays.copyOf(b, length);
  }

  private void room(int n) {
    if (n > b.length - length) b = Arrays.copyOf(b, Math.max(length + n, length + (length >> 1) + 64));
  }
}
