package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The text of a JSON string whose syntax {@link JsonReader} has checked. */
final class JsonText {
  private JsonText() {}

  /** The text between the quotes at [start, end), or null if it has a lone surrogate escape. */
  static String decode(byte[] b, int start, int end, boolean escaped) {
    if (!escaped) return new String(b, start, end - start, StandardCharsets.UTF_8);
    byte[] text = decodeUtf8(b, start, end, true);
    return text == null ? null : new String(text, StandardCharsets.UTF_8);
  }

  /** The same as UTF-8 bytes. */
  static byte[] decodeUtf8(byte[] b, int start, int end, boolean escaped) {
    if (!escaped) return Arrays.copyOfRange(b, start, end);
    byte[] out = new byte[end - start];
    int n = 0;
    int p = start;
    while (p < end) {
      byte c = b[p++];
      if (c != '\\') {
        out[n++] = c;
        continue;
      }
      byte e = b[p++];
      if (e != 'u') {
        out[n++] = simpleEscape(e);
        continue;
      }
      int point = hex4(b, p);
      p += 4;
      if (point >= 0xD800 && point <= 0xDFFF) {
        if (point >= 0xDC00 || p + 6 > end || b[p] != '\\' || b[p + 1] != 'u') return null;
        int low = hex4(b, p + 2);
        if (low < 0xDC00 || low > 0xDFFF) return null;
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
        p += 6;
      }
      n = encode(point, out, n);
    }
    return Arrays.copyOf(out, n);
  }

  private static byte simpleEscape(byte e) {
    return switch (e) {
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      default -> e;
    };
  }

  private static int hex4(byte[] b, int p) {
    return (hex(b[p]) << 12) | (hex(b[p + 1]) << 8) | (hex(b[p + 2]) << 4) | hex(b[p + 3]);
  }

  /** The value of a hexadecimal digit, or -1. */
  static int hex(byte c) {
    if (c >= '0' && c <= '9') return c - '0';
    int lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }

  /** Six bytes of an escape always hold the three of its text, twelve the four. */
  private static int encode(int point, byte[] out, int n) {
    if (point < 0x80) {
      out[n++] = (byte) point;
    } else if (point < 0x800) {
      out[n++] = (byte) (0xC0 | point >> 6);
      out[n++] = (byte) (0x80 | point & 0x3F);
    } else if (point < 0x10000) {
      out[n++] = (byte) (0xE0 | point >> 12);
      out[n++] = (byte) (0x80 | point >> 6 & 0x3F);
      out[n++] = (byte) (0x80 | point & 0x3F);
    } else {
      out[n++] = (byte) (0xF0 | point >> 18);
      out[n++] = (byte) (0x80 | point >> 12 & 0x3F);
      out[n++] = (byte) (0x80 | point >> 6 & 0x3F);
      out[n++] = (byte) (0x80 | point & 0x3F);
    }
    return n;
  }
}
