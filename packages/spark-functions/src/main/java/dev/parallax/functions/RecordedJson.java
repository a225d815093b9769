package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One line of a recording's NDJSON file (contract, section 9), read by name; whatever is wrong raises, naming the field. */
final class RecordedJson {
  /** The names that a kind of line may have; others are ignored. */
  static final class Shape {
    final FieldTrie trie;

    Shape(String... names) {
      trie = FieldTrie.of(Arrays.stream(names).map(List::of).toList());
    }

    int slot(String name) {
      return trie.slotOf(List.of(name));
    }
  }

  private static final FieldTrie SCALAR = FieldTrie.of(List.of());

  private final Shape shape;
  private final byte[] line;
  private final JsonReader reader;

  RecordedJson(Shape shape, byte[] line) {
    this.shape = shape;
    this.line = line;
    this.reader = line == null ? null : new JsonReader(line, shape.trie, false);
    if (line == null || !Utf8.isValid(line) || !reader.document()) throw malformed("not one JSON object in UTF-8");
  }

  boolean has(String name) {
    return kind(name) != JsonReader.ABSENT;
  }

  boolean isNull(String name) {
    return kind(name) == JsonReader.NULL;
  }

  long integer(String name, long least, long most) {
    Long value = reader.int64(shape.slot(name));
    if (value == null || value < least || value > most) throw malformed("\"" + name + "\" must be an integer from " + least + " to " + most);
    return value;
  }

  /** A required text, as UTF-8. */
  byte[] textBytes(String name) {
    byte[] text = reader.textBytes(shape.slot(name));
    if (text == null) throw malformed("\"" + name + "\" must be a string without lone surrogates");
    return text;
  }

  String text(String name) {
    return new String(textBytes(name), StandardCharsets.UTF_8);
  }

  /** A text that may be null or absent. */
  String optionalText(String name) {
    return has(name) && !isNull(name) ? text(name) : null;
  }

  /** A list of keys: strings, or integers in their own text. */
  List<String> keys(String name) {
    int slot = shape.slot(name);
    if (reader.kind[slot] != JsonReader.ARRAY) throw malformed("\"" + name + "\" must be an array");
    JsonReader element = new JsonReader(line, SCALAR, false);
    List<String> keys = new ArrayList<>();
    int p = reader.firstElement(slot);
    while (line[p] != ']') {
      p = element.element(p);
      String key = element.text(0);
      Long number = key == null ? element.int64(0) : null;
      if (key == null && number == null) throw malformed("\"" + name + "\" must hold strings or integers");
      keys.add(key != null ? key : number.toString());
      p = element.nextElement(p);
    }
    return keys;
  }

  IllegalArgumentException malformed(String what) {
    String text = line == null ? "null" : new String(line, 0, Math.min(line.length, 1000), StandardCharsets.UTF_8);
    return FunctionException.of("PRLX_RECORDING", what + ", in the line " + FunctionException.excerpt(text));
  }

  private byte kind(String name) {
    return reader.kind[shape.slot(name)];
  }
}
