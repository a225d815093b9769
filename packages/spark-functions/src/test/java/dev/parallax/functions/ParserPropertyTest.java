package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** Goal: nothing in a message can raise, and numbers agree with BigDecimal. Method: seeded random inputs, many. */
class ParserPropertyTest {
  private static final String SPEC = Calls.eventSpec("radio.latency_ms:2 x:0 a.b.c:6 radio:0 y:3");
  private static final String SAMPLE =
      Calls.message("\"radio\":{\"latency_ms\":12.345,\"foo\":[1,{\"a\":\"\\u00e9\\ud83d\\ude00\"}]},\"x\":-1e3,\"a\":{\"b\":{\"c\":0.1234565}},\"n\":[true,false,null,\"é😀\"],\"y\":null");
  private static final String[] PIECES = {"{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "d83d", "1", "-", ".", "e", "0", " ", "\n", "true", "null", "fals", "\"x\":", "\"radio\":{", "\ufeff", "é", "😀", "\u0000", "1e99999999999"};

  @Test
  void tornBytesNeverRaise() {
    Random random = Calls.random("torn bytes");
    EventParser parser = new EventParser();
    Map<String, Integer> seen = new HashMap<>();
    for (int i = 0; i < 60_000; i++) {
      byte[] payload = i % 3 == 0 ? noise(random) : i % 3 == 1 ? pieces(random) : wounded(random);
      Row row = parser.call(payload, null, SPEC);
      seen.merge(String.valueOf(row.getString(0)), 1, Integer::sum);
      boolean utf8 = isUtf8(payload);
      assertEquals(!utf8, "utf8".equals(row.getString(0)), () -> Arrays.toString(payload));
      assertEquals(row.getString(0) == null, row.get(1) != null, () -> Arrays.toString(payload));
    }
    // The generator must reach more than the first gates.
    for (String reason : List.of("null", "utf8", "json", "type")) assertTrue(seen.getOrDefault(reason, 0) > 10, seen::toString);
  }

  private static byte[] noise(Random random) {
    byte[] bytes = new byte[random.nextInt(40)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] pieces(Random random) {
    StringBuilder text = new StringBuilder("{");
    for (int n = random.nextInt(20); n > 0; n--) text.append(PIECES[random.nextInt(PIECES.length)]);
    return Calls.utf8(text.toString());
  }

  private static byte[] wounded(Random random) {
    byte[] bytes = Calls.utf8(SAMPLE);
    for (int n = random.nextInt(3); n > 0; n--) {
      int i = random.nextInt(bytes.length);
      switch (random.nextInt(4)) {
        case 0 -> bytes[i] = (byte) random.nextInt(256);
        case 1 -> bytes = Arrays.copyOf(bytes, i + 1);
        case 2 -> bytes[i] = (byte) "{}[],:\"\\0e.-".charAt(random.nextInt(12));
        default -> System.arraycopy(bytes.clone(), 0, bytes, bytes.length - i, i);
      }
    }
    return bytes;
  }

  private static boolean isUtf8(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  @Test
  void utf8AgreesWithTheJdk() {
    Random random = Calls.random("utf8");
    byte[] edges = {0x00, 0x7F, (byte) 0x80, (byte) 0x8F, (byte) 0x90, (byte) 0x9F, (byte) 0xA0, (byte) 0xBF, (byte) 0xC0, (byte) 0xC1, (byte) 0xC2, (byte) 0xDF, (byte) 0xE0, (byte) 0xED, (byte) 0xEF, (byte) 0xF0, (byte) 0xF4, (byte) 0xF5, (byte) 0xFF};
    int valid = 0;
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = new byte[random.nextInt(14)];
      for (int j = 0; j < bytes.length; j++) bytes[j] = random.nextInt(3) == 0 ? (byte) 'a' : edges[random.nextInt(edges.length)];
      boolean expected = isUtf8(bytes);
      valid += expected ? 1 : 0;
      assertEquals(expected, Utf8.isValid(bytes), () -> Arrays.toString(bytes));
    }
    assertTrue(valid > 3_000, "valid: " + valid);
  }

  @Test
  void numbersAgreeWithBigDecimal() {
    Random random = Calls.random("numbers");
    int inRange = 0;
    for (int i = 0; i < 40_000; i++) {
      String text = randomNumber(random);
      int places = random.nextInt(7);
      Row row = Calls.parse(Calls.message("\"x\":" + text), Calls.eventSpec("x:" + places));
      BigDecimal expected = new BigDecimal(text).movePointRight(places).setScale(0, RoundingMode.HALF_UP);
      boolean fits = expected.abs().compareTo(BigDecimal.valueOf(100_000_000_000L)) <= 0 && digits(text) <= 64 && exponentFits(text);
      assertEquals(fits ? null : "range", row.getString(0), text + " at " + places);
      if (fits) assertEquals(expected.longValueExact(), Calls.unpack(row.getAs(4), 1).get(0), text + " at " + places);
      inRange += fits ? 1 : 0;
    }
    assertTrue(inRange > 12_000 && inRange < 38_000, "in range: " + inRange);
  }

  private static String randomNumber(Random random) {
    StringBuilder text = new StringBuilder(random.nextBoolean() ? "-" : "");
    int whole = random.nextInt(4) == 0 ? random.nextInt(66) : random.nextInt(12);
    if (whole == 0) text.append('0');
    for (int i = 0; i < whole; i++) text.append((char) ((i == 0 ? '1' + random.nextInt(9) : '0' + random.nextInt(10))));
    if (random.nextBoolean()) {
      text.append('.');
      for (int n = 1 + random.nextInt(random.nextInt(8) == 0 ? 66 : 9); n > 0; n--) text.append("0000455999".charAt(random.nextInt(10)));
    }
    if (random.nextInt(3) == 0) text.append(random.nextBoolean() ? "e" : "E").append(List.of("", "-", "+").get(random.nextInt(3))).append("0".repeat(random.nextInt(3))).append(random.nextInt(34));
    return text.toString();
  }

  private static int digits(String text) {
    return (int) text.toLowerCase().split("e")[0].chars().filter(Character::isDigit).count();
  }

  private static boolean exponentFits(String text) {
    String[] parts = text.toLowerCase().split("e");
    return parts.length == 1 || Math.abs(Integer.parseInt(parts[1])) <= 30;
  }

  @Test
  void oneInstanceServesManyThreads() throws InterruptedException {
    List<JsonNode> vectors = Golden.read("messages", 3000);
    EventParser parser = new EventParser();
    List<String> failures = java.util.Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      int start = t;
      Thread thread = new Thread(() -> {
        for (int i = 1 + start; i < vectors.size(); i += 2) {
          JsonNode vector = vectors.get(i);
          if (!vector.has("payload") || vector.get("payload").isNull()) continue;
          String spec = vectors.get(0).get("specs").get(vector.get("spec").asInt()).toString();
          String reason = parser.call(Calls.utf8(vector.get("payload").asText()), Golden.textOrNull(vector.get("message_id")), spec).getString(0);
          if (!java.util.Objects.equals(reason, Golden.textOrNull(vector.get("expect").get("reason")))) failures.add(vector.toString());
        }
      });
      thread.setUncaughtExceptionHandler((x, error) -> failures.add(error.toString()));
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) thread.join();
    assertEquals(List.of(), failures);
  }

  @Test
  void aHundredSpecsAreServedFromABoundedCache() {
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 100; i++) {
        String spec = Calls.eventSpec("v" + i + ":0");
        assertEquals(List.of((long) i), Calls.values(Calls.message("\"v" + i + "\":" + i), spec, 1));
      }
    }
    SpecCache<Object> cache = new SpecCache<>(text -> new Object());
    Object first = cache.get("first");
    assertTrue(first == cache.get(new String("first")));
    for (int i = 0; i < 100; i++) assertNotNull(cache.get("other" + i));
    assertTrue(first != cache.get("first"));
  }
}
