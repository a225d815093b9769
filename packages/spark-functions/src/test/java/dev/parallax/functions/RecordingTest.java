package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** Goal: the lines of contract, section 9, read exactly; everything else raises with the line in the message. */
class RecordingTest {
  private static Row line(String text) {
    return new RecordingLine().call(Calls.utf8(text));
  }

  private static Row call(String text) {
    return new RecordingCall().call(Calls.utf8(text));
  }

  @Test
  void messages() {
    Row row = line("{\"partition\":3,\"offset\":9223372036854775807,\"payload\":\"{\\\"a\\\":\\\"\\u00e9\\ud83d\\ude00\\\\ud800\\n\\\"}\",\"future\":[1]} ");
    assertEquals(3, row.getInt(0));
    assertEquals(Long.MAX_VALUE, row.getLong(1));
    assertNull(row.get(2));
    assertArrayEquals(Calls.utf8("{\"a\":\"é😀\\ud800\n\"}"), row.getAs(3));
  }

  @Test
  void tombstonesBytesAndIds() {
    assertNull(line("{\"partition\":0,\"offset\":1,\"payload\":null}").get(3));
    assertArrayEquals(new byte[] {(byte) 0xFF, 0}, line("{\"partition\":0,\"offset\":1,\"payload_base64\":\"/wA=\"}").getAs(3));
    assertArrayEquals(new byte[0], line("{\"partition\":0,\"offset\":1,\"payload_base64\":\"\"}").getAs(3));
    assertArrayEquals(new byte[0], line("{\"partition\":0,\"offset\":1,\"payload\":\"\"}").getAs(3));
    assertEquals("é", line("{\"partition\":0,\"offset\":1,\"payload\":\"\",\"id\":\"\\u00e9\"}").getString(2));
    assertNull(line("{\"partition\":0,\"offset\":1,\"payload\":\"\",\"id\":null}").get(2));
  }

  @Test
  void aPayloadOverTheMessageLimitIsStillRead() {
    byte[] payload = line("{\"partition\":0,\"offset\":1,\"payload\":\"" + "p".repeat(3 << 20) + "\"}").getAs(3);
    assertEquals(3 << 20, payload.length);
  }

  @Test
  void malformedMessagesRaise() {
    for (String text : List.of("", "x", "[]", "{}", "{\"partition\":0,\"offset\":1}", "{\"partition\":0,\"offset\":1,\"payload\":1}", "{\"partition\":0,\"offset\":1,\"payload\":\"a\",\"payload_base64\":\"\"}", "{\"partition\":0,\"offset\":1,\"payload_base64\":\"*\"}",
        "{\"partition\":0,\"offset\":1,\"payload_base64\":null}", "{\"partition\":\"0\",\"offset\":1,\"payload\":null}", "{\"partition\":2147483648,\"offset\":1,\"payload\":null}", "{\"partition\":-1,\"offset\":1,\"payload\":null}", "{\"partition\":0,\"offset\":1.0,\"payload\":null}",
        "{\"partition\":0,\"offset\":-1,\"payload\":null}", "{\"partition\":0,\"offset\":1,\"payload\":\"\\ud800\"}", "{\"partition\":0,\"offset\":1,\"payload\":null,\"id\":5}", "{\"partition\":0,\"offset\":1,\"payload\":null}{}")) {
      IllegalArgumentException error = assertThrows(IllegalArgumentException.class, () -> line(text), text);
      assertTrue(error.getMessage().startsWith("PRLX_RECORDING: ") && error.getMessage().contains(text.substring(0, Math.min(20, text.length()))), error.getMessage());
    }
    assertThrows(IllegalArgumentException.class, () -> new RecordingLine().call(null));
    assertEquals("a", new String(line("{\"partition\":0,\"offset\":1,\"payload\":null,\"payload_base64\":\"YQ==\"}").<byte[]>getAs(3)));
    assertEquals("a", new String(line("{\"partition\":0,\"offset\":1,\"payload\":\"a\",\"payload_base64\":null}").<byte[]>getAs(3)));
    assertThrows(IllegalArgumentException.class, () -> new RecordingLine().call(new byte[] {'{', '"', (byte) 0xFF, '"', '}'}));
  }

  @Test
  void calls() {
    Row row = call("{\"at\":\"2026-01-05T10:00:59.5+00:00\",\"ids\":[\"1\",2, -0 ,\"é\\n\"],\"attempt\":2,\"status\":200,\"body\":\"{\\\"a\\\":1}\"}");
    assertEquals(1_767_607_259_500_000L, row.getLong(0));
    assertArrayEquals(new String[] {"1", "2", "0", "é\n"}, row.getAs(1));
    assertEquals(2, row.getInt(2));
    assertEquals(200, row.getInt(3));
    assertEquals("{\"a\":1}", row.getString(4));
    assertNull(call("{\"at\":\"2026-01-05T10:00:00Z\",\"ids\":[],\"attempt\":1,\"status\":0,\"body\":null}").get(4));
    assertNull(call("{\"at\":\"2026-01-05T10:00:00Z\",\"ids\":[ ],\"attempt\":1,\"status\":0}").get(4));
  }

  @Test
  void malformedCallsRaise() {
    String sound = "{\"at\":\"2026-01-05T10:00:00Z\",\"ids\":[\"1\"],\"attempt\":1,\"status\":200,\"body\":\"\"}";
    assertEquals("", call(sound).getString(4));
    assertEquals(1, call(sound.replace("\"attempt\":1,", "")).getInt(2));
    for (String text : List.of(sound.replace("Z\"", "\""), sound.replace("[\"1\"]", "\"1\""), sound.replace("[\"1\"]", "[1.5]"), sound.replace("[\"1\"]", "[null]"), sound.replace("[\"1\"]", "[[1]]"), sound.replace("200", "\"200\""), sound.replace("200", "1000"), sound.replace("\"body\":\"\"", "\"body\":{}"), sound.replace("\"attempt\":1,", "\"attempt\":\"1\","), sound.replace("\"at\":\"2026-01-05T10:00:00Z\",", ""))) {
      assertThrows(IllegalArgumentException.class, () -> call(text), text);
    }
  }
}
