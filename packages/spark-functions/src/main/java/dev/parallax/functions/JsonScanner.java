package dev.parallax.functions;

/**
 * The syntax of JSON (RFC 8259, strict) over bytes that are valid UTF-8. Methods take a position and return the one after
 * what they read, or {@link #BAD}; they allocate nothing.
 */
class JsonScanner {
  static final int BAD = -1;

  private static final int SIMPLE_DIGITS_MAX = 18;
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;

  final byte[] b;
  final int end;

  /** Whether the string just read has an escape. */
  boolean escaped;

  /** Of the number just read: its digits as an integer, with its sign; meaningless if {@link #places} is -1. */
  long digits;

  /** Of the number just read: how many digits follow the point; -1 if it has over 18 digits or an exponent. */
  int places;

  JsonScanner(byte[] text) {
    this.b = text;
    this.end = text.length;
  }

  /** Any value, of which nothing is wanted; depth counts the brackets around it. */
  final int skip(int p, int depth) {
    if (p >= end) return BAD;
    byte c = b[p];
    switch (c) {
      case '"':
        return string(p + 1);
      case '{':
        return skipObject(p + 1, depth + 1);
      case '[':
        return skipArray(p + 1, depth + 1);
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
        return number(p);
      default:
        return literal(p, c);
    }
  }

  final int skipObject(int p, int depth) {
    if (depth > Limits.JSON_DEPTH_MAX) return BAD;
    p = space(p);
    if (p < end && b[p] == '}') return p + 1;
    while (true) {
      if (p >= end || b[p] != '"') return BAD;
      p = string(p + 1);
      if (p == BAD) return BAD;
      p = colon(p);
      if (p == BAD) return BAD;
      p = skip(p, depth);
      if (p == BAD) return BAD;
      p = space(p);
      if (p >= end) return BAD;
      if (b[p] == '}') return p + 1;
      if (b[p] != ',') return BAD;
      p = space(p + 1);
    }
  }

  final int skipArray(int p, int depth) {
    if (depth > Limits.JSON_DEPTH_MAX) return BAD;
    p = space(p);
    if (p < end && b[p] == ']') return p + 1;
    while (true) {
      p = skip(p, depth);
      if (p == BAD) return BAD;
      p = space(p);
      if (p >= end) return BAD;
      if (b[p] == ']') return p + 1;
      if (b[p] != ',') return BAD;
      p = space(p + 1);
    }
  }

  final int colon(int p) {
    p = space(p);
    return p < end && b[p] == ':' ? space(p + 1) : BAD;
  }

  final int space(int p) {
    while (p < end) {
      byte c = b[p];
      if (c > ' ' || (c != ' ' && c != '\n' && c != '\t' && c != '\r')) return p;
      p++;
    }
    return p;
  }

  final int literal(int p, byte c) {
    if (c == 't') return follows(p, 'r', 'u', 'e') ? p + 4 : BAD;
    if (c == 'n') return follows(p, 'u', 'l', 'l') ? p + 4 : BAD;
    return c == 'f' && follows(p, 'a', 'l', 's') && p + 4 < end && b[p + 4] == 'e' ? p + 5 : BAD;
  }

  private boolean follows(int p, char second, char third, char fourth) {
    return p + 3 < end && b[p + 1] == second && b[p + 2] == third && b[p + 3] == fourth;
  }

  /** A string from after its quote; eight bytes at a time up to the next quote, backslash or control character. */
  final int string(int p) {
    byte[] b = this.b;
    int end = this.end;
    escaped = false;
    while (p < end) {
      if (p + 8 <= end) {
        long word = (long) Utf8.LONG.get(b, p);
        long quote = word ^ (ONES * '"');
        long backslash = word ^ (ONES * '\\');
        // The lowest bit set is exact; a borrow can only set bits above it.
        long hits = (((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash) | ((word - ONES * 0x20) & ~word)) & HIGH_BITS;
        if (hits == 0) {
          p += 8;
          continue;
        }
        p += Long.numberOfTrailingZeros(hits) >>> 3;
      }
      byte c = b[p];
      if (c == '"') return p + 1;
      if (c == '\\') {
        p = escape(p + 1);
        if (p == BAD) return BAD;
        escaped = true;
      } else if (c >= 0 && c < 0x20) {
        return BAD;
      } else {
        p++;
      }
    }
    return BAD;
  }

  /** An escape from after its backslash. */
  private int escape(int p) {
    if (p >= end) return BAD;
    switch (b[p]) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
        return p + 1;
      case 'u':
        if (p + 4 >= end) return BAD;
        for (int i = 1; i <= 4; i++) {
          if (JsonText.hex(b[p + i]) < 0) return BAD;
        }
        return p + 5;
      default:
        return BAD;
    }
  }

  /** A number from its first character. */
  final int number(int p) {
    byte[] b = this.b;
    int end = this.end;
    boolean negative = b[p] == '-';
    if (negative) p++;
    int first = p;
    long integer = 0;
    int c;
    while (p < end && (c = b[p] - '0') >= 0 && c <= 9) {
      integer = integer * 10 + c;
      p++;
    }
    int count = p - first;
    if (count == 0 || (count > 1 && b[first] == '0')) return BAD;
    int fraction = 0;
    if (p < end && b[p] == '.') {
      int point = p++;
      while (p < end && (c = b[p] - '0') >= 0 && c <= 9) {
        integer = integer * 10 + c;
        p++;
      }
      fraction = p - point - 1;
      if (fraction == 0) return BAD;
      count += fraction;
    }
    digits = negative ? -integer : integer;
    places = count <= SIMPLE_DIGITS_MAX ? fraction : -1;
    return p < end && (b[p] | 0x20) == 'e' ? exponent(p + 1) : p;
  }

  private int exponent(int p) {
    places = -1;
    if (p < end && (b[p] == '+' || b[p] == '-')) p++;
    int first = p;
    while (p < end && b[p] >= '0' && b[p] <= '9') p++;
    return p == first ? BAD : p;
  }
}
