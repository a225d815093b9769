package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import scala.jdk.javaapi.CollectionConverters;

/** Goal: the same answers as the third implementation. Method: every vector through the function that Spark calls. */
class GoldenTest {
  @Test
  void numbers() {
    for (JsonNode vector : Golden.read("numbers", 3000)) {
      Row row = Calls.parse(Calls.message("\"x\":" + vector.get(0).asText()), Calls.eventSpec("x:" + vector.get(1).asInt()));
      String expected = Golden.textOrNull(vector.get(2));
      assertEquals(expected == null ? "range" : null, row.getString(0), vector::toString);
      if (expected != null) assertEquals(expected, Calls.unpack(row.getAs(4), 1).get(0).toString(), vector::toString);
    }
  }

  @Test
  void times() {
    for (JsonNode vector : Golden.read("times", 1000)) {
      Row row = Calls.parse("{\"k\":1,\"i\":\"e\",\"t\":" + vector.get(0).asText() + "}", Calls.eventSpec("bigint", vector.get(1).asText(), "{\"path\":[\"i\"]}", ""));
      String expected = Golden.textOrNull(vector.get(2));
      assertEquals(expected == null ? "time" : null, row.getString(0), vector::toString);
      if (expected != null) assertEquals(expected, Long.toString(row.getLong(2)), vector::toString);
    }
  }

  @Test
  void messages() {
    List<JsonNode> vectors = Golden.read("messages", 3000);
    JsonNode specs = vectors.get(0).get("specs");
    EventParser parser = new EventParser();
    for (JsonNode vector : vectors.subList(1, vectors.size())) {
      JsonNode spec = specs.get(vector.get("spec").asInt());
      Row row = parser.call(payload(vector), Golden.textOrNull(vector.get("message_id")), spec.toString());
      JsonNode expected = vector.get("expect");
      assertEquals(Golden.textOrNull(expected.get("reason")), row.getString(0), vector::toString);
      if (row.getString(0) == null) {
        assertEquals(expected.get("key").asText(), row.getString(1), vector::toString);
        assertEquals(expected.get("time").asLong(), row.getLong(2), vector::toString);
        assertEquals(expected.get("id").asText(), row.getString(3), vector::toString);
        assertEquals(longs(expected.get("vals")), Calls.unpack(row.getAs(4), expected.get("vals").size()), vector::toString);
        assertDrift(expected.get("drift"), Calls.drift(row), vector);
      } else {
        for (int i = 1; i < 6; i++) assertEquals(true, row.isNullAt(i), vector::toString);
      }
    }
  }

  private static void assertDrift(JsonNode expected, List<String> actual, JsonNode vector) {
    if (expected.isTextual()) return; // the reference does not judge names that are no text, nor over 64
    List<String> names = actual == null ? new ArrayList<>() : new ArrayList<>(actual);
    Collections.sort(names);
    List<String> expectedNames = new ArrayList<>();
    expected.forEach(name -> expectedNames.add(name.asText()));
    Collections.sort(expectedNames);
    assertEquals(expectedNames, names, vector::toString);
    assertEquals(expected.isNull(), actual == null, vector::toString);
  }

  private static byte[] payload(JsonNode vector) {
    if (vector.has("payload_base64")) return Base64.getDecoder().decode(vector.get("payload_base64").asText());
    return vector.get("payload").isNull() ? null : Calls.utf8(vector.get("payload").asText());
  }

  @Test
  void divisions() {
    Div div = new Div();
    for (JsonNode vector : Golden.read("divisions", 3000)) {
      Object num = number(vector.get(0).asText());
      Object den = number(vector.get(1).asText());
      int places = vector.get(2).asInt();
      String expected = Golden.textOrNull(vector.get(3));
      if ("overflow".equals(expected)) {
        assertThrows(IllegalArgumentException.class, () -> div.call(num, den, places), vector::toString);
      } else {
        assertEquals(unscaled(expected, places), div.call(num, den, places), vector::toString);
      }
    }
  }

  /** Integers as Spark hands over a BIGINT, where they fit. */
  private static Object number(String text) {
    BigDecimal value = new BigDecimal(text);
    return value.scale() == 0 && value.precision() < 19 ? (Object) value.longValueExact() : value;
  }

  private static BigDecimal unscaled(String text, int places) {
    return text == null ? null : new BigDecimal(new java.math.BigInteger(text), places);
  }

  @Test
  void cells() {
    DecimalText function = new DecimalText();
    for (JsonNode vector : Golden.read("cells", 2000)) {
      int places = vector.get(1).asInt();
      assertEquals(unscaled(Golden.textOrNull(vector.get(2)), places), function.call(vector.get(0).asText(), places), vector::toString);
    }
  }

  @Test
  void scorecards() {
    for (JsonNode vector : Golden.read("scorecards", 500)) {
      Spec spec = Spec.parse(vector.get("spec").toString());
      BigDecimal[] sums = new BigDecimal[spec.texts("modules").size()];
      Arrays.fill(sums, BigDecimal.ZERO.setScale(12));
      List<Spec> lines = spec.objects("entries");
      for (int i = 0; i < lines.size(); i++) {
        ScoreEntry entry = new ScoreEntry(lines.get(i), sums.length);
        JsonNode value = vector.get("values").get(i);
        BigDecimal x = value.isNull() ? entry.missingAs : new BigDecimal(value.asText());
        if (x != null) sums[entry.module] = sums[entry.module].add(contribution(entry, x));
      }
      for (int module = 0; module < sums.length; module++) {
        String expected = vector.get("expect").get(module).asText();
        if (expected.equals("overflow")) assertTrue(sums[module].precision() > Limits.DECIMAL_DIGITS, vector::toString);
        else assertEquals(unscaled(expected, 12), sums[module], vector::toString);
      }
    }
  }

  /** Exactly, and where values have the size for it by the fast way too. */
  private static BigDecimal contribution(ScoreEntry entry, BigDecimal x) {
    BigDecimal exact = entry.exact(x);
    BigDecimal plain = ScoreTransform.plain(x);
    if (plain.unscaledValue().bitLength() < Long.SIZE) {
      long[] result = new long[1];
      boolean fits = ScoreKernel.of(new ScoreEntry[] {entry}, plain.scale()).run(new long[] {plain.unscaledValue().longValue()}, 1, result, 0);
      if (fits) assertEquals(exact, BigDecimal.valueOf(result[0], 12));
    }
    return exact;
  }

  @Test
  void panes() {
    Random random = Calls.random("golden panes");
    for (JsonNode vector : Golden.read("panes", 400)) {
      String spec = vector.get("spec").toString();
      List<Calls.Event> events = new ArrayList<>();
      for (JsonNode event : vector.get("events")) events.add(new Calls.Event(event.get(0).asLong(), event.get(1).asText(), longs(event.get(2))));
      byte[] whole = Calls.pane(events, spec);
      assertEquals(longs(vector.get("expect")), Calls.stateValues(whole, spec), vector::toString);
      Collections.shuffle(events, random);
      int cut = random.nextInt(events.size() + 1);
      List<byte[]> halves = Arrays.asList(Calls.pane(events.subList(cut, events.size()), spec), null, Calls.pane(events.subList(0, cut), spec));
      assertEquals(longs(vector.get("expect")), Calls.stateValues(Calls.merge(halves, spec), spec), vector::toString);
    }
  }

  @Test
  void answers() {
    List<JsonNode> vectors = Golden.read("answers", 700);
    Answer answer = new Answer();
    for (JsonNode vector : vectors.subList(1, vectors.size())) {
      Row[] rows = answer.call(vector.get("body").asText(), vectors.get(0).get("specs").get(vector.get("spec").asInt()).toString());
      JsonNode expected = vector.get("expect");
      assertEquals(expected.isNull(), rows == null, vector::toString);
      if (rows == null) continue;
      assertEquals(expected.size(), rows.length, vector::toString);
      for (int i = 0; i < rows.length; i++) {
        assertEquals(expected.get(i).get(0).asText(), rows[i].getString(0), vector::toString);
        assertEquals(longs(expected.get(i).get(1)), Arrays.asList((Long[]) rows[i].getAs(1)), vector::toString);
      }
    }
  }

  private static List<Long> longs(JsonNode array) {
    List<Long> out = new ArrayList<>();
    for (JsonNode item : array) out.add(item.isNull() ? null : item.asLong());
    return out;
  }
}
