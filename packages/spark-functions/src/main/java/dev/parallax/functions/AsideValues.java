package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** By row, or by place in a page, the text of what a row is kept aside for: of the first ones only, and the beginning of each. */
final class AsideValues {
  private final Map<Integer, Found> found = new HashMap<>();

  /** @param column its place in the table's columns; −1: the key */
  record Found(int column, String value) {}

  /** What was found before is replaced, but for a key that is none. */
  void put(int at, int column, String value) {
    Found before = found.get(at);
    if (before != null && before.column < 0) return;
    if (before == null && found.size() >= Limits.ASIDE_EXPLAINED) return;
    String begun = value == null || value.length() <= Limits.ASIDE_VALUE_CHARACTERS ? value : value.substring(0, Limits.ASIDE_VALUE_CHARACTERS) + "…";
    found.put(at, new Found(column, begun));
  }

  /** Null where nothing is known. */
  Found get(int at) {
    return found.get(at);
  }

  /** Of a value in a page: bytes of text, or a number. */
  static String text(Object value) {
    return value == null ? null : value instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : value.toString();
  }
}
