package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The declared fields as a tree of names. Nodes are numbered in depth-first order, so what lies below a node is the range
 * (slot, end): to forget an object is to clear that range.
 */
final class FieldTrie {
  /** This node's place in the reader's captures. */
  final int slot;

  /** First slot after this subtree. */
  final int end;

  /** "a.b." for the members of a.b; empty for the outer object's. */
  final String prefix;

  /** In order of declaration. Producers mostly keep an order, so the reader tries the one after the last hit first. */
  final FieldTrie[] children;

  /** Position among the parent's children. */
  final int position;

  /** The name and its closing quote as they stand in a message that escapes nothing. */
  final byte[] quoted;

  /** False if JSON must escape the name: then only the unescaped comparison can find it. */
  final boolean plain;

  /** Open addressing, a power of two, at least twice the children. */
  private final FieldTrie[] table;

  private FieldTrie(Draft draft, int slot, int position, String prefix) {
    this.slot = slot;
    this.position = position;
    this.prefix = prefix;
    byte[] name = draft.name.getBytes(StandardCharsets.UTF_8);
    this.quoted = Arrays.copyOf(name, name.length + 1);
    this.quoted[name.length] = '"';
    boolean needsEscape = false;
    for (byte c : name) needsEscape |= c == '"' || c == '\\' || (c >= 0 && c < 0x20);
    this.plain = !needsEscape;
    this.children = new FieldTrie[draft.children.size()];
    this.table = new FieldTrie[Math.max(2, Integer.highestOneBit(Math.max(1, children.length)) * 4)];
    int next = slot + 1;
    for (int i = 0; i < children.length; i++) {
      Draft child = draft.children.get(i);
      children[i] = new FieldTrie(child, next, i, prefix + child.name + ".");
      next = children[i].end;
      insert(children[i]);
    }
    this.end = next;
  }

  /** A tree of these paths; a path may be declared twice, and may lead through another. */
  static FieldTrie of(List<List<String>> paths) {
    Draft root = new Draft("");
    for (List<String> path : paths) {
      Draft at = root;
      for (String name : path) at = at.child(name);
    }
    return new FieldTrie(root, 0, 0, "");
  }

  /** Slots that a reader of this tree needs. */
  int slots() {
    return end;
  }

  /** The slot of a declared path. */
  int slotOf(List<String> path) {
    FieldTrie at = this;
    for (String name : path) {
      byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
      at = at.find(bytes, 0, bytes.length);
      if (at == null) throw new IllegalArgumentException("undeclared path " + path);
    }
    return at.slot;
  }

  /** The child whose unescaped name is b[start, to), or null. */
  FieldTrie find(byte[] b, int start, int to) {
    int mask = table.length - 1;
    int i = hash(b, start, to) & mask;
    for (FieldTrie at = table[i]; at != null; at = table[i]) {
      if (Arrays.equals(at.quoted, 0, at.quoted.length - 1, b, start, to)) return at;
      i = (i + 1) & mask;
    }
    return null;
  }

  private void insert(FieldTrie child) {
    int mask = table.length - 1;
    int i = hash(child.quoted, 0, child.quoted.length - 1) & mask;
    while (table[i] != null) i = (i + 1) & mask;
    table[i] = child;
  }

  private static int hash(byte[] b, int start, int to) {
    int h = to - start;
    for (int i = start; i < to; i++) h = 31 * h + b[i];
    return h ^ (h >>> 15);
  }

  private static final class Draft {
    final String name;
    final List<Draft> children = new ArrayList<>();

    Draft(String name) {
      this.name = name;
    }

    Draft child(String name) {
      for (Draft child : children) {
        if (child.name.equals(name)) return child;
      }
      Draft child = new Draft(name);
      children.add(child);
      return child;
    }
  }
}
