package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** Goal: {@code prlx_event} answers as the third implementation does. Method: every vector of the parser, its record read back. */
class EventGoldenTest {
  private static final int BUCKETS = 16;

  private static PackedEvent read(Row row, int variables) {
    return PackedEvent.read(row.getAs(1), variables);
  }

  @Test
  void numbers() {
    for (JsonNode vector : Golden.read("numbers", 3000)) {
      String spec = Ingest.target(Calls.eventSpec("x:" + vector.get(1).asInt()), 0, BUCKETS);
      PackedEvent event = read(Ingest.event(Calls.message("\"x\":" + vector.get(0).asText()), 0, 0, spec), 1);
      String expected = Golden.textOrNull(vector.get(2));
      assertEquals(expected == null ? "range" : null, event.reason(), vector::toString);
      if (expected != null) assertEquals(expected, event.vals().get(0).toString(), vector::toString);
    }
  }

  @Test
  void times() {
    for (JsonNode vector : Golden.read("times", 1000)) {
      String spec = Ingest.target(Calls.eventSpec("bigint", vector.get(1).asText(), "{\"path\":[\"i\"]}", ""), 0, BUCKETS);
      PackedEvent event = read(Ingest.event("{\"k\":1,\"i\":\"e\",\"t\":" + vector.get(0).asText() + "}", 0, 0, spec), 0);
      String expected = Golden.textOrNull(vector.get(2));
      assertEquals(expected == null ? "time" : null, event.reason(), vector::toString);
      if (expected != null) assertEquals(expected, event.time().toString(), vector::toString);
    }
  }

  @Test
  void messages() {
    List<JsonNode> vectors = Golden.read("messages", 3000);
    JsonNode specs = vectors.get(0).get("specs");
    int candidates = 0;
    for (int i = 1; i < vectors.size(); i++) {
      JsonNode vector = vectors.get(i);
      JsonNode expected = vector.get("expect");
      JsonNode spec = specs.get(vector.get("spec").asInt());
      String target = Ingest.target(spec.toString(), i % 5, BUCKETS);
      byte[] payload = payload(vector);
      String messageId = Golden.textOrNull(vector.get("message_id"));
      Row row = Ingest.event(payload, messageId, i % 7, i, Long.MIN_VALUE, Long.MAX_VALUE, target);
      PackedEvent event = read(row, spec.get("variables").size());
      assertEquals(List.of(i % 5, i % 7, (long) i), List.of(event.stream(), event.partition(), event.offset()));
      assertEquals(Golden.textOrNull(expected.get("reason")), event.reason(), vector::toString);
      if (event.reason() != null) {
        assertEquals("invalid", event.kindName());
        assertArrayEquals(payload, event.payload(), vector::toString);
        continue;
      }
      candidates++;
      if (event.time() == Long.MAX_VALUE) {
        // No bound that a message must be below lies beyond it.
        assertEquals("ahead", event.kindName(), vector::toString);
        continue;
      }
      assertEquals("candidate", event.kindName(), vector::toString);
      assertEquals(expected.get("key").asText(), event.key(), vector::toString);
      assertEquals(expected.get("time").asLong(), event.time(), vector::toString);
      assertEquals(expected.get("id").asText(), event.id(), vector::toString);
      assertEquals(longs(expected.get("vals")), event.vals(), vector::toString);
      assertDrift(expected.get("drift"), event.drift(), vector);
      assertEquals(PackedBytes.hash(Calls.utf8(event.id())), event.idHash());
      assertEquals(PackedBytes.hash(payload), event.payloadHash());
      assertEquals(PackedBytes.bucket(Calls.utf8(event.id()), BUCKETS), row.getInt(0));
      outOfTime(event, payload, messageId, target);
    }
    assertTrue(candidates > 800, "candidates: " + candidates);
  }

  /** The same message a microsecond too late, and a microsecond too early. */
  private static void outOfTime(PackedEvent event, byte[] payload, String messageId, String target) {
    long time = event.time();
    assertKept("late", event, payload, read(Ingest.event(payload, messageId, 0, 0, time + 1, Long.MAX_VALUE, target), 0));
    assertKept("ahead", event, payload, read(Ingest.event(payload, messageId, 0, 0, Long.MIN_VALUE, time, target), 0));
  }

  private static void assertKept(String kind, PackedEvent candidate, byte[] payload, PackedEvent event) {
    assertEquals(kind, event.kindName());
    assertEquals(List.of(candidate.time(), candidate.key(), candidate.id()), List.of(event.time(), event.key(), event.id()));
    assertArrayEquals(payload, event.payload());
  }

  private static void assertDrift(JsonNode expected, List<String> actual, JsonNode vector) {
    if (expected.isTextual()) return; // the reference does not judge names that are no text, nor over 64
    List<String> expectedNames = new ArrayList<>();
    expected.forEach(name -> expectedNames.add(name.asText()));
    List<String> names = new ArrayList<>(actual);
    Collections.sort(names);
    Collections.sort(expectedNames);
    assertEquals(expectedNames, names, vector::toString);
  }

  private static byte[] payload(JsonNode vector) {
    if (vector.has("payload_base64")) return Base64.getDecoder().decode(vector.get("payload_base64").asText());
    return vector.get("payload").isNull() ? null : Calls.utf8(vector.get("payload").asText());
  }

  private static List<Long> longs(JsonNode array) {
    List<Long> out = new ArrayList<>();
    for (JsonNode item : array) out.add(item.isNull() ? null : item.asLong());
    return out;
  }
}
