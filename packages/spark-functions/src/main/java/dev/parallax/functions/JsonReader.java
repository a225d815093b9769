package dev.parallax.functions;

import java.util.Arrays;

/**
 * One pass over a JSON text (RFC 8259, strict; valid UTF-8 is the caller's duty) that checks its syntax whole and captures
 * the declared fields where they stand. Nothing is allocated for what is not declared.
 *
 * <p>Of a duplicate name the last wins at every level: a name met again first clears its whole subtree.
 */
final class JsonReader extends JsonScanner {
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

  private final FieldTrie root;

  /** By slot: what was captured. */
  final byte[] kind;

  /** By slot: DECIMAL its digits as an integer; else the first position and the one after the last, see {@link #start}. */
  final long[] value;

  /** Undeclared names, if wanted; null as long as there are none. */
  private Drift drift;

  private final boolean wantDrift;

  JsonReader(byte[] text, FieldTrie root, boolean wantDrift) {
    super(text);
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
    if (c == '-' || (c >= '0' && c <= '9')) return declaredNumber(p, slot);
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

  private int declaredNumber(int p, int slot) {
    int q = number(p);
    if (q == BAD) return BAD;
    if (places < 0) {
      capture(slot, NUMBER, p, q);
    } else {
      kind[slot] = (byte) (DECIMAL + places);
      value[slot] = digits;
    }
    return q;
  }
}
