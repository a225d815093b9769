package dev.parallax.functions;

import java.util.Arrays;

/** Walks a run that {@link Reduce} made. */
final class TableRun {
  final int table;
  private final ByteReader in;
  private final Placement placement;

  /** Of the row at hand. */
  int page;

  int keyStart;
  int keyEnd;
  int reason;
  int bodyStart;
  int bodyEnd;

  TableRun(int table, byte[] run, Placement placement) {
    this.table = table;
    this.in = new ByteReader(run);
    this.placement = placement;
  }

  byte[] bytes() {
    return in.b;
  }

  boolean next() {
    if (!in.hasMore()) return false;
    int length = in.length();
    keyStart = in.at;
    keyEnd = in.at + length;
    in.skip(length);
    page = placement.page(Hash.of(in.b, keyStart, keyEnd));
    reason = (int) in.uvarint();
    bodyStart = in.at;
    bodyEnd = in.at;
    if (reason != BatchTable.SOUND) return true;
    int body = in.length();
    bodyStart = in.at;
    bodyEnd = in.at + body;
    in.skip(body);
    return true;
  }

  /** By page, then by the key's bytes, then by table. */
  int compareTo(TableRun other) {
    int order = compareKey(other);
    return order != 0 ? order : Integer.compare(table, other.table);
  }

  int compareKey(TableRun other) {
    if (page != other.page) return Integer.compare(page, other.page);
    return Arrays.compareUnsigned(bytes(), keyStart, keyEnd, other.bytes(), other.keyStart, other.keyEnd);
  }
}
