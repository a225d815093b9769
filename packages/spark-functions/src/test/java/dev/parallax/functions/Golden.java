package dev.parallax.functions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The vectors that golden/make_golden.py wrote. */
final class Golden {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Golden() {}

  static List<JsonNode> read(String name, int atLeast) {
    try {
      List<JsonNode> vectors = new ArrayList<>();
      MAPPER.readTree(Files.readString(Path.of("golden", name + ".golden.json"))).forEach(vectors::add);
      if (vectors.size() < atLeast) throw new AssertionError(name + " has only " + vectors.size() + " vectors");
      return vectors;
    } catch (IOException e) {
      throw new AssertionError("cannot read golden vectors " + name, e);
    }
  }

  static String textOrNull(JsonNode node) {
    return node == null || node.isNull() ? null : node.asText();
  }
}
