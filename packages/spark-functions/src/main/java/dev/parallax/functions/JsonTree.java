package dev.parallax.functions;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A small JSON text (a spec) as Map, List, String, BigDecimal, Boolean and null. The reader has checked its syntax. */
final class JsonTree {
  private static final FieldTrie NOTHING = FieldTrie.of(List.of());

  private final JsonReader reader;
  private int p;

  private JsonTree(JsonReader reader) {
    this.reader = reader;
  }

  /** The object that the text is, or null if it is not one strict JSON object. */
  static Map<String, Object> parse(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (!new JsonReader(bytes, NOTHING, false).document()) return null;
    JsonTree tree = new JsonTree(new JsonReader(bytes, NOTHING, false));
    tree.skipSpace();
    return tree.object();
  }

  private Object value() {
    if (reader.b[p] == '{') return object();
    if (reader.b[p] == '[') return array();
    int from = p;
    p = reader.element(p);
    return switch (reader.kind[0]) {
      case JsonReader.NULL -> null;
      case JsonReader.TRUE -> true;
      case JsonReader.FALSE -> false;
      case JsonReader.STRING, JsonReader.ESCAPED_STRING -> reader.text(0);
      default -> new BigDecimal(new String(reader.b, from, p - from, StandardCharsets.ISO_8859_1));
    };
  }

  private Map<String, Object> object() {
    Map<String, Object> members = new LinkedHashMap<>();
    step();
    while (reader.b[p] != '}') {
      p = reader.element(p);
      String name = reader.text(0);
      skipSpace();
      step();
      members.put(name, value());
      skipSpace();
      if (reader.b[p] == ',') step();
    }
    p++;
    return members;
  }

  private List<Object> array() {
    List<Object> elements = new ArrayList<>();
    step();
    while (reader.b[p] != ']') {
      elements.add(value());
      skipSpace();
      if (reader.b[p] == ',') step();
    }
    p++;
    return elements;
  }

  /** Steps over a bracket, a colon or a comma and the space after it. */
  private void step() {
    p++;
    skipSpace();
  }

  private void skipSpace() {
    while (p < reader.b.length && reader.b[p] <= ' ' && reader.b[p] >= 0) p++;
  }
}
