package dev.parallax.functions;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** UTF-8 by the letter of RFC 3629. */
final class Utf8 {
  /** Eight bytes as one little-endian long. */
  static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long HIGH_BITS = 0x8080808080808080L;

  private Utf8() {}

  /** Whether all bytes are UTF-8: nothing overlong, no surrogates, nothing above U+10FFFF. */
  static boolean isValid(byte[] b) {
    int end = b.length;
    int p = 0;
    while (p < end) {
      if (p + 8 <= end && ((long) LONG.get(b, p) & HIGH_BITS) == 0) {
        p += 8;
        continue;
      }
      int c = b[p];
      int length = c >= 0 ? 1 : sequenceLength(b, p, end, c & 0xFF);
      if (length == 0) return false;
      p += length;
    }
    return true;
  }

  /** Length of the well-formed sequence of two to four bytes at p, or 0. */
  private static int sequenceLength(byte[] b, int p, int end, int lead) {
    if (lead < 0xC2 || lead > 0xF4) return 0;
    int length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (p + length > end) return 0;
    int second = b[p + 1] & 0xFF;
    int least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    int most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (second < least || second > most) return 0;
    for (int i = 2; i < length; i++) {
      if ((b[p + i] & 0xC0) != 0x80) return 0;
    }
    return length;
  }

  /** Bytes that a text without lone surrogates takes; -1 if it has one. */
  static int length(String text) {
    int bytes = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x80) {
        bytes += 1;
      } else if (c < 0x800) {
        bytes += 2;
      } else if (!Character.isSurrogate(c)) {
        bytes += 3;
      } else if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
        bytes += 4;
        i++;
      } else {
        return -1;
      }
    }
    return bytes;
  }
}
