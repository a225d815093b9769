package dev.parallax.functions;

import java.util.Arrays;

/**
 * One pass over a JSON text (RFC 8259, strict; valid UTF-8 is the caller's duty) that checks its syntax whole and captures
 * the declared fields where they stand. Nothing is allocated for what is not declared. Methods take a position and return
 * the one after what they read, or {@link #BAD}.
 *
 * <p>Of a duplicate name the last wins at every level: a name met again first clears its whole subtree.
 */
final class JsonReader {
  static final int BAD = -1;

  static final byte ABSENT = 0;
  static final byte NULL = 1;
  static final byte TRUE = 2;
  static final byte FALSE = 3;
  static final byte STRING = 4;
  static final byte ESCAPED_STRING = 5;
  static final byte OBJECT = 6;
  static final byte ARRAY = 7;

  /** A number that only its text holds: more than 18 digits, or an exponent. */
  static final byte NUMBER = 8;

  /** DECIMAL + f: a number of at most 18 digits without exponent, f of them after the point; its value is the digits. */
  static final byte DECIMAL = 16;

  private static final int SIMPLE_DIGITS_MAX = 18;
  private static final int NO_SLOT = -1;
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;

  final byte[] b;
  private final int end;
  private final FieldTrie root;

  /** By slot: what was captured. */
  final byte[] kind;

  /** By slot: DECIMAL its digits as an integer; else the first position and the one after the last, see {@link #start}. */
  final long[] value;

  /** Undeclared names, if wanted; null as long as there are none. */
  private Drift drift;

  private final boolean wantDrift;

  /** Whether the string just read has an escape. */
  private boolean escaped;

  JsonReader(byte[] text, FieldTrie root, boolean wantDrift) {
    this.b = text;
    this.end = text.length;
    this.root = root;
    this.kind = new byte[root.slots()];
    this.value = new long[root.slots()];
    this.wantDrift = wantDrift;
  }

  /** Reads the text as one object with optional white space around; false if it is anything else. */
  boolean document() {
    int p = space(0);
    if (p == end || b[p] != '{') return false;
    p = value(p, root, 0);
    return p != BAD && space(p) == end;
  }

  /** Reads the value at p, which {@link #document} of another reader has found sound, with fresh captures. */
  int element(int p) {
    Arrays.fill(kind, ABSENT);
    return value(p, root, 0);
  }

  /** The position of the first element of the array captured at slot, or of the bracket that ends it. */
  int firstElement(int slot) {
    return space(start(slot) + 1);
  }

  /** The position of the next element, or of the bracket that ends the array, after an element that ended at p. */
  int nextElement(int p) {
    int q = space(p);
    return b[q] == ',' ? space(q + 1) : q;
  }

  /** First position of a captured token; of a string, after its quote. */
  int start(int slot) {
    return (int) (value[slot] >>> 32);
  }

  /** Position after the token; of a string, of its closing quote. */
  int end(int slot) {
    return (int) value[slot];
  }

  /** The text of a captured string; null if it is no string or has a lone surrogate. */
  String text(int slot) {
    byte k = kind[slot];
    return k == STRING || k == ESCAPED_STRING ? JsonText.decode(b, start(slot), end(slot), k == ESCAPED_STRING) : null;
  }

  /** The same as UTF-8 bytes. */
  byte[] textBytes(int slot) {
    byte k = kind[slot];
    return k == STRING || k == ESCAPED_STRING ? JsonText.decodeUtf8(b, start(slot), end(slot), k == ESCAPED_STRING) : null;
  }

  /** The integer token captured at slot (no fraction, no exponent); null if it is none, or beyond int64. */
  Long int64(int slot) {
    byte k = kind[slot];
    if (k == DECIMAL) return value[slot];
    return k == NUMBER ? Numbers.int64(b, start(slot), end(slot)) : null;
  }

  /** Whether a JSON number was captured. */
  boolean isNumber(int slot) {
    return kind[slot] >= NUMBER;
  }

  /** The distinct undeclared names as dotted paths, or null. */
  String[] driftNames() {
    return drift == null ? null : drift.names();
  }

  private void capture(int slot, byte what, int from, int to) {
    kind[slot] = what;
    value[slot] = ((long) from << 32) | to;
  }

  private int value(int p, FieldTrie node, int depth) {
    if (p >= end) return BAD;
    int slot = node.slot;
    byte c = b[p];
    if (node.end > slot + 1) forget(node);
    if (c == '-' || (c >= '0' && c <= '9')) return number(p, slot);
    int q;
    switch (c) {
      case '"':
        q = string(p + 1);
        if (q != BAD) capture(slot, escaped ? ESCAPED_STRING : STRING, p + 1, q - 1);
        return q;
      case '{':
        q = node.children.length == 0 ? skipObject(p + 1, depth + 1) : object(p + 1, node, depth + 1);
        if (q != BAD) capture(slot, OBJECT, p, q);
        return q;
      case '[':
        q = skipArray(p + 1, depth + 1);
        if (q != BAD) capture(slot, ARRAY, p, q);
        return q;
      default:
        q = literal(p, c);
        if (q != BAD) kind[slot] = c == 'n' ? NULL : c == 't' ? TRUE : FALSE;
        return q;
    }
  }

  /** Of a duplicate name the last wins: what the former held is as if it had never been there. */
  private void forget(FieldTrie node) {
    Arrays.fill(kind, node.slot, node.end, ABSENT);
    if (drift != null) drift.forget(node);
  }

  /** The members of a declared object, from after its brace. */
  private int object(int p, FieldTrie node, int depth) {
    if (depth > Limits.JSON_DEPTH_MAX) return BAD;
    byte[] b = this.b;
    int end = this.end;
    FieldTrie[] children = node.children;
    int expected = 0;
    p = space(p);
    if (p < end && b[p] == '}') return p + 1;
    while (true) {
      if (p >= end || b[p] != '"') return BAD;
      p++;
      FieldTrie child = children[expected];
      if (child.plain && startsWith(p, child.quoted)) {
        p += child.quoted.length;
      } else {
        int q = string(p);
        if (q == BAD) return BAD;
        child = member(node, p, q - 1);
        p = q;
      }
      if (child != null) expected = child.position + 1 == children.length ? 0 : child.position + 1;
      p = colon(p);
      if (p == BAD) return BAD;
      p = child == null ? skip(p, depth) : value(p, child, depth);
      if (p == BAD) return BAD;
      if (p < end && b[p] == ',' && p + 1 < end && b[p + 1] == '"') {
        p++;
        continue;
      }
      p = space(p);
      if (p >= end) return BAD;
      if (b[p] == '}') return p + 1;
      if (b[p] != ',') return BAD;
      p = space(p + 1);
    }
  }

  /** The declared child of this name, or null: then the name is drift. */
  private FieldTrie member(FieldTrie node, int from, int to) {
    byte[] name = b;
    if (escaped) {
      name = JsonText.decodeUtf8(b, from, to, true);
      // A name with a lone surrogate is no text, so it equals no declared one.
      if (name == null) return noteDrift(node, b, from, to);
      from = 0;
      to = name.length;
    }
    FieldTrie child = node.find(name, from, to);
    return child != null ? child : noteDrift(node, name, from, to);
  }

  private FieldTrie noteDrift(FieldTrie node, byte[] name, int from, int to) {
    if (wantDrift) {
      if (drift == null) drift = new Drift();
      drift.add(node, name, from, to);
    }
    return null;
  }

  private boolean startsWith(int p, byte[] expected) {
    int to = p + expected.length;
    return to <= end && b[to - 1] == '"' && Arrays.equals(b, p, to, expected, 0, expected.length);
  }

  private int skip(int p, int depth) {
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
        return number(p, NO_SLOT);
      default:
        return literal(p, c);
    }
  }

  private int skipObject(int p, int depth) {
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

  private int skipArray(int p, int depth) {
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

  private int colon(int p) {
    p = space(p);
    return p < end && b[p] == ':' ? space(p + 1) : BAD;
  }

  private int space(int p) {
    while (p < end) {
      byte c = b[p];
      if (c > ' ' || (c != ' ' && c != '\n' && c != '\t' && c != '\r')) return p;
      p++;
    }
    return p;
  }

  private int literal(int p, byte c) {
    if (c == 't') return follows(p, 'r', 'u', 'e') ? p + 4 : BAD;
    if (c == 'n') return follows(p, 'u', 'l', 'l') ? p + 4 : BAD;
    return c == 'f' && follows(p, 'a', 'l', 's') && p + 4 < end && b[p + 4] == 'e' ? p + 5 : BAD;
  }

  private boolean follows(int p, char second, char third, char fourth) {
    return p + 3 < end && b[p + 1] == second && b[p + 2] == third && b[p + 3] == fourth;
  }

  /** A string from after its quote; eight bytes at a time up to the next quote, backslash or control character. */
  private int string(int p) {
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

  /** A number from its first character; captured unless slot is {@link #NO_SLOT}. */
  private int number(int p, int slot) {
    byte[] b = this.b;
    int end = this.end;
    int from = p;
    if (b[p] == '-') p++;
    int first = p;
    long digits = 0;
    int c = -1;
    while (p < end && (c = b[p] - '0') >= 0 && c <= 9) {
      digits = digits * 10 + c;
      p++;
    }
    int count = p - first;
    if (count == 0 || (count > 1 && b[first] == '0')) return BAD;
    int places = 0;
    if (p < end && b[p] == '.') {
      int point = p++;
      while (p < end && (c = b[p] - '0') >= 0 && c <= 9) {
        digits = digits * 10 + c;
        p++;
      }
      places = p - point - 1;
      if (places == 0) return BAD;
      count += places;
    }
    boolean simple = count <= SIMPLE_DIGITS_MAX;
    if (p < end && (b[p] | 0x20) == 'e') {
      simple = false;
      p++;
      if (p < end && (b[p] == '+' || b[p] == '-')) p++;
      int exponent = p;
      while (p < end && b[p] >= '0' && b[p] <= '9') p++;
      if (p == exponent) return BAD;
    }
    if (slot == NO_SLOT) return p;
    if (simple) {
      kind[slot] = (byte) (DECIMAL + places);
      value[slot] = first == from ? digits : -digits;
    } else {
      capture(slot, NUMBER, from, p);
    }
    return p;
  }
}
