package dev.parallax.functions;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads packed bytes by their documented format, without the library. */
final class PackedBytes {
  private static final BigInteger WORD = BigInteger.ONE.shiftLeft(64);

  private final ByteBuffer in;

  PackedBytes(byte[] bytes) {
    in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  boolean hasMore() {
    return in.hasRemaining();
  }

  int u8() {
    return in.get() & 0xFF;
  }

  long int64() {
    return in.getLong();
  }

  /** LEB128: seven bits a byte, the least first. */
  long uvarint() {
    BigInteger value = BigInteger.ZERO;
    for (int shift = 0; ; shift += 7) {
      int next = u8();
      value = value.or(BigInteger.valueOf(next & 0x7F).shiftLeft(shift));
      if (next < 0x80) break;
    }
    if (value.compareTo(WORD) >= 0) throw new AssertionError("a varint of more than 64 bits");
    return value.longValue();
  }

  /** 0, -1, 1, -2, … as 0, 1, 2, 3, … */
  long zigzag() {
    long value = uvarint();
    return (value & 1) == 0 ? value >>> 1 : -(value >>> 1) - 1;
  }

  byte[] bytes(int n) {
    byte[] out = new byte[n];
    in.get(out);
    return out;
  }

  byte[] sized() {
    return bytes((int) uvarint());
  }

  String sizedText() {
    return new String(sized(), StandardCharsets.UTF_8);
  }

  byte[] rest() {
    return bytes(in.remaining());
  }

  /** The parts of a list: a length and then the bytes, over and over. */
  static List<byte[]> list(byte[] bytes) {
    List<byte[]> parts = new ArrayList<>();
    PackedBytes in = new PackedBytes(bytes);
    while (in.hasMore()) parts.add(in.sized());
    return parts;
  }

  /** A bitmap, then zigzag varints; nothing may follow. */
  List<Long> values(int variables) {
    byte[] bitmap = bytes((variables + 7) / 8);
    List<Long> values = new ArrayList<>();
    for (int i = 0; i < 8 * bitmap.length; i++) {
      boolean present = (bitmap[i / 8] >> i % 8 & 1) != 0;
      if (i >= variables && present) throw new AssertionError("a bit beyond the last variable");
      if (i < variables) values.add(present ? zigzag() : null);
    }
    if (hasMore()) throw new AssertionError("bytes after the values");
    return values;
  }

  /** The hash by its definition, over integers without bounds. */
  static long hash(byte[] bytes) {
    long h = 0x9E3779B97F4A7C15L ^ BigInteger.valueOf(bytes.length).multiply(BigInteger.valueOf(0xD6E8FEB86659FD93L)).longValue();
    int words = bytes.length / 8;
    ByteBuffer in = ByteBuffer.wrap(Arrays.copyOf(bytes, 8 * words + 8)).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i <= words; i++) h = mix(h ^ in.getLong());
    return mix(h ^ 0x9E3779B97F4A7C15L);
  }

  private static long mix(long x) {
    BigInteger product = BigInteger.valueOf(x ^ 0x9E3779B97F4A7C15L).multiply(BigInteger.valueOf(0xD6E8FEB86659FD93L));
    return product.shiftRight(64).longValue() ^ product.longValue() ^ (x >>> 29);
  }

  static int bucket(byte[] bytes, int buckets) {
    return new BigInteger(Long.toUnsignedString(hash(bytes))).mod(BigInteger.valueOf(buckets)).intValue();
  }
}
