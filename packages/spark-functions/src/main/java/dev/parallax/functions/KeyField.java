package dev.parallax.functions;

import java.util.List;

/** The declared customer key: where it stands and of which type it is (contract, section 10). */
record KeyField(boolean isText, List<String> path) {
  static KeyField of(Spec spec) {
    String type = spec.text("type");
    if (!type.equals("bigint") && !type.equals("text")) throw spec.wrong("type", "bigint or text");
    return new KeyField(type.equals("text"), spec.path("path"));
  }

  /** The key captured at slot in its canonical text; null if it is missing, null or of another type. */
  String read(JsonReader reader, int slot) {
    if (isText) return reader.text(slot);
    Long key = reader.int64(slot);
    return key == null ? null : key.toString();
  }
}
