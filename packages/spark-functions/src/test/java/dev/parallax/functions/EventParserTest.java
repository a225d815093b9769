package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** Goal: every rule of the contract's section 3.1 by a hand-checked case; its examples (section 11) first. */
class EventParserTest {
  private static final String X2 = Calls.eventSpec("x:2");

  @Test
  void contractExamples() {
    assertEquals(List.of(101L), Calls.values(Calls.message("\"x\":1.005"), X2, 1));
    assertEquals(List.of(-101L), Calls.values(Calls.message("\"x\":-1.005"), X2, 1));
    assertEquals(List.of(1L), Calls.values(Calls.message("\"x\":5e-3"), X2, 1));
  }

  @Test
  void aSoundMessageGivesAllFields() {
    Row row = Calls.parse("{\"k\":-7,\"t\":12,\"i\":\"é\",\"x\":2.5,\"new\":{\"deep\":1}}", X2);
    assertEquals(Arrays.asList(null, "-7", 12L, "é"), Arrays.asList(row.get(0), row.get(1), row.get(2), row.get(3)));
    assertEquals(List.of(250L), Calls.unpack(row.getAs(4), 1));
    assertEquals(List.of("new"), Calls.drift(row));
  }

  @Test
  void reasonsComeInTheirOrder() {
    String spec = Calls.eventSpec("x:2 y:0");
    String rest = "\"x\":\"text\",\"y\":1e12}";
    assertEquals("utf8", new EventParser().call(new byte[] {'{', (byte) 0xFF}, null, spec).getString(0));
    assertEquals("json", Calls.reason("{\"k\":null,\"t\":null,\"i\":null," + rest + "x", spec));
    assertEquals("key", Calls.reason("{\"k\":null,\"t\":null,\"i\":null," + rest, spec));
    assertEquals("time", Calls.reason("{\"k\":1,\"t\":null,\"i\":null," + rest, spec));
    assertEquals("id", Calls.reason("{\"k\":1,\"t\":0,\"i\":null," + rest, spec));
    assertEquals("type", Calls.reason("{\"k\":1,\"t\":0,\"i\":\"e\"," + rest, spec));
    assertEquals("type", Calls.reason("{\"k\":1,\"t\":0,\"i\":\"e\",\"x\":1e12,\"y\":\"text\"}", spec));
    assertEquals("range", Calls.reason("{\"k\":1,\"t\":0,\"i\":\"e\",\"x\":1,\"y\":1e12}", spec));
  }

  @Test
  void anInvalidMessageHasNothingButItsReason() {
    Row row = Calls.parse(Calls.message("\"x\":true,\"drift\":1"), X2);
    assertEquals("type", row.getString(0));
    for (int i = 1; i < 6; i++) assertNull(row.get(i));
  }

  @Test
  void tombstoneIsJson() {
    assertEquals("json", Calls.reason(null, X2));
    assertEquals("json", Calls.reason("", X2));
  }

  @Test
  void oneMebibyteIsTheLimit() {
    String start = "{\"k\":1,\"t\":0,\"i\":\"e\",\"pad\":\"";
    int pad = (1 << 20) - start.length() - 2;
    assertNull(Calls.reason(start + "p".repeat(pad) + "\"}", X2));
    assertEquals("too_large", Calls.reason(start + "p".repeat(pad + 1) + "\"}", X2));
    byte[] torn = new byte[(1 << 20) + 1];
    Arrays.fill(torn, (byte) 0xFF);
    assertEquals("too_large", new EventParser().call(torn, null, X2).getString(0));
    assertEquals("utf8", new EventParser().call(Arrays.copyOf(torn, 1 << 20), null, X2).getString(0));
  }

  @Test
  void depthCountsObjectsAndArraysFromTheOuterObject() {
    assertNull(Calls.reason(Calls.message("\"n\":" + "[".repeat(31) + "]".repeat(31)), X2));
    assertEquals("json", Calls.reason(Calls.message("\"n\":" + "[".repeat(32) + "]".repeat(32)), X2));
    assertNull(Calls.reason(Calls.message("\"n\":" + "{\"a\":".repeat(31) + "1" + "}".repeat(31)), X2));
    assertEquals("json", Calls.reason(Calls.message("\"n\":" + "{\"a\":".repeat(32) + "1" + "}".repeat(32)), X2));
    // A megabyte of brackets must end in an answer, not in a stack overflow.
    assertEquals("json", Calls.reason("{\"a\":" + "[".repeat(1_000_000), X2));
    assertEquals("json", Calls.reason("{\"a\":".repeat(200_000), X2));
  }

  @Test
  void depthCountsOnDeclaredPathsToo() {
    String path = String.join(".", java.util.Collections.nCopies(32, "p"));
    String spec = Calls.eventSpec(path + ":0");
    assertEquals(List.of(5L), Calls.values(Calls.message("\"p\":" + "{\"p\":".repeat(31) + "5" + "}".repeat(31)), spec, 1));
    assertEquals("json", Calls.reason(Calls.message("\"p\":" + "{\"p\":".repeat(32) + "5" + "}".repeat(32)), spec));
  }

  @Test
  void ofDuplicateNamesTheLastWinsWithItsWholeSubtree() {
    String spec = Calls.eventSpec("radio.latency_ms:0 x:0");
    assertEquals(Arrays.asList(null, null), Calls.values(Calls.message("\"radio\":{\"latency_ms\":1},\"radio\":{\"x\":2}"), spec, 2));
    assertEquals(Arrays.asList(null, null), Calls.values(Calls.message("\"radio\":{\"latency_ms\":1},\"radio\":5"), spec, 2));
    assertEquals(Arrays.asList(3L, null), Calls.values(Calls.message("\"radio\":{\"latency_ms\":\"bad\"},\"radio\":{\"latency_ms\":3}"), spec, 2));
    assertEquals(Arrays.asList(null, 2L), Calls.values(Calls.message("\"x\":1,\"\\u0078\":2"), spec, 2));
    assertEquals("key", Calls.reason("{\"k\":1,\"t\":0,\"i\":\"e\",\"k\":\"1\"}", spec));
    assertEquals("time", Calls.reason("{\"k\":1,\"t\":0,\"i\":\"e\",\"t\":null}", spec));
    assertEquals("id", Calls.reason("{\"k\":1,\"t\":0,\"i\":\"e\",\"i\":\"\"}", spec));
  }

  @Test
  void namesCompareUnescaped() {
    assertEquals("7", Calls.parse("{\"\\u006b\":7,\"t\":0,\"i\":\"e\"}", X2).getString(1));
    String spec = Calls.eventSpec("a\\\"b:0");
    assertEquals(List.of(1L), Calls.values(Calls.message("\"a\\\"b\":1"), spec, 1));
    assertEquals(List.of(1L), Calls.values(Calls.message("\"a\\u0022b\":1"), spec, 1));
    // The raw bytes of a declared name with a backslash are another name's escape.
    assertEquals(Arrays.asList((Long) null), Calls.values(Calls.message("\"c\\nd\":1"), Calls.eventSpec("c\\\\nd:0"), 1));
  }

  @Test
  void aPathMayBeLeafAndPrefix() {
    String spec = Calls.eventSpec("a:0 a.b:0");
    assertEquals(Arrays.asList(1L, null), Calls.values(Calls.message("\"a\":1"), spec, 2));
    assertEquals("type", Calls.reason(Calls.message("\"a\":{\"b\":1}"), spec));
    assertEquals(Arrays.asList(2L, null), Calls.values(Calls.message("\"a\":{\"b\":\"bad\"},\"a\":2"), spec, 2));
  }

  @Test
  void valuesThatWouldWrapInto64BitsAreOutOfRange() {
    // m × 10^6 = 64 modulo 2^64.
    java.math.BigInteger m = java.math.BigInteger.valueOf(15625).modInverse(java.math.BigInteger.TWO.pow(58));
    assertEquals(64, m.longValueExact() * 1_000_000);
    for (String sign : List.of("", "-")) assertEquals("range", Calls.reason(Calls.message("\"x\":" + sign + m), Calls.eventSpec("x:6")));
  }

  @Test
  void absentNullAndForeignPathsAreNull() {
    String spec = Calls.eventSpec("a.b:0");
    for (String members : List.of("", "\"a\":null", "\"a\":5", "\"a\":[{\"b\":1}]", "\"a\":\"{}\"", "\"a\":{}", "\"a\":{\"b\":null}", "\"a.b\":1")) {
      assertEquals(Arrays.asList((Long) null), Calls.values(Calls.message(members), spec, 1), members);
    }
    for (String value : List.of("{}", "[]", "\"1\"", "true", "false")) {
      assertEquals("type", Calls.reason(Calls.message("\"a\":{\"b\":" + value + "}"), spec), value);
    }
  }

  @Test
  void bigintKeys() {
    String spec = Calls.eventSpec("");
    List<String> sound = List.of("0", "-0", "9223372036854775807", "-9223372036854775808", "12");
    List<String> canonical = List.of("0", "0", "9223372036854775807", "-9223372036854775808", "12");
    for (int i = 0; i < sound.size(); i++) {
      assertEquals(canonical.get(i), Calls.parse("{\"k\":" + sound.get(i) + ",\"t\":0,\"i\":\"e\"}", spec).getString(1));
    }
    for (String bad : List.of("1.0", "1e0", "\"1\"", "null", "true", "[1]", "{}", "9223372036854775808", "-9223372036854775809", "1" + "0".repeat(60))) {
      assertEquals("key", Calls.reason("{\"k\":" + bad + ",\"t\":0,\"i\":\"e\"}", spec), bad);
    }
    assertEquals("key", Calls.reason("{\"t\":0,\"i\":\"e\"}", spec));
  }

  @Test
  void textKeys() {
    String spec = Calls.eventSpec("text", "epoch_us", "{\"path\":[\"i\"]}", "");
    assertEquals("", Calls.parse("{\"k\":\"\",\"t\":0,\"i\":\"e\"}", spec).getString(1));
    assertEquals("01", Calls.parse("{\"k\":\"01\",\"t\":0,\"i\":\"e\"}", spec).getString(1));
    assertEquals("😀\u0000", Calls.parse("{\"k\":\"\\ud83d\\uDE00\\u0000\",\"t\":0,\"i\":\"e\"}", spec).getString(1));
    for (String bad : List.of("1", "null", "\"\\ud800\"", "\"\\ude00\\ud83d\"", "\"\\ude00\\ude00\"", "\"\\ud83dx\"", "\"\\ud83d\\n\"")) {
      assertEquals("key", Calls.reason("{\"k\":" + bad + ",\"t\":0,\"i\":\"e\"}", spec), bad);
    }
  }

  @Test
  void epochTimes() {
    String ms = Calls.eventSpec("bigint", "epoch_ms", "{\"path\":[\"i\"]}", "");
    assertEquals(1_767_607_200_123_000L, Calls.parse("{\"k\":1,\"t\":1767607200123,\"i\":\"e\"}", ms).getLong(2));
    assertEquals(-9223372036854775000L, Calls.parse("{\"k\":1,\"t\":-9223372036854775,\"i\":\"e\"}", ms).getLong(2));
    assertEquals("time", Calls.reason("{\"k\":1,\"t\":9223372036854776,\"i\":\"e\"}", ms));
    assertEquals("time", Calls.reason("{\"k\":1,\"t\":-9223372036854776,\"i\":\"e\"}", ms));
    assertEquals("time", Calls.reason("{\"k\":1,\"t\":1.0,\"i\":\"e\"}", ms));
    assertEquals("time", Calls.reason("{\"k\":1,\"t\":\"1\",\"i\":\"e\"}", ms));
  }

  @Test
  void idsFromThePayload() {
    String spec = Calls.eventSpec("");
    for (String id : List.of("e", "i".repeat(256), "é".repeat(128), "😀".repeat(64))) assertEquals(id, Calls.parse("{\"k\":1,\"t\":0,\"i\":\"" + id + "\"}", spec).getString(3));
    for (String id : List.of("", "i".repeat(257), "é".repeat(128) + "i", "😀".repeat(64) + "i", "\\udfff")) assertEquals("id", Calls.reason("{\"k\":1,\"t\":0,\"i\":\"" + id + "\"}", spec));
    assertEquals("id", Calls.reason("{\"k\":1,\"t\":0,\"i\":5}", spec));
    assertEquals("id", Calls.reason("{\"k\":1,\"t\":0}", spec));
  }

  @Test
  void idsFromTheTransport() {
    String spec = Calls.eventSpec("bigint", "epoch_us", "null", "");
    byte[] payload = Calls.utf8("{\"k\":1,\"t\":0,\"i\":\"not this\"}");
    assertEquals("m", new EventParser().call(payload, "m", spec).getString(3));
    for (String id : Arrays.asList(null, "", "m".repeat(257))) assertEquals("id", new EventParser().call(payload, id, spec).getString(0));
  }

  @Test
  void driftNamesUndeclaredPathsOnce() {
    String spec = Calls.eventSpec("radio.latency_ms:0 a.b.c:0");
    assertEquals(List.of("n", "radio.foo", "a.b.z", "a.y"), Calls.drift(Calls.parse(Calls.message("\"n\":{\"m\":1},\"radio\":{\"foo\":1,\"latency_ms\":1},\"n\":2,\"a\":{\"b\":{\"z\":[]},\"y\":1}"), spec)));
    assertNull(Calls.drift(Calls.parse(Calls.message("\"radio\":{\"latency_ms\":1},\"a\":5"), spec)));
    assertEquals(List.of("radio.new"), Calls.drift(Calls.parse(Calls.message("\"radio\":{\"old\":1},\"radio\":{\"new\":1}"), spec)));
    assertEquals(List.of("é"), Calls.drift(Calls.parse(Calls.message("\"é\":1,\"\\u00e9\":2"), spec)));
  }

  @Test
  void driftIsBounded() {
    StringBuilder members = new StringBuilder("\"n0\":1");
    for (int i = 1; i < 1000; i++) members.append(",\"n").append(i).append("\":1");
    List<String> names = Calls.drift(Calls.parse(Calls.message(members.toString()), X2));
    assertEquals(64, names.size());
    assertEquals("n63", names.get(63));
  }

  @Test
  void anyOrderOfFieldsIsRead() {
    String spec = Calls.eventSpec("a:0 b:0 c:0 d:0");
    assertEquals(List.of(1L, 2L, 3L, 4L), Calls.values("{\"d\":4,\"c\":3,\"i\":\"e\",\"b\":2,\"t\":0,\"a\":1,\"k\":1}", spec, 4));
    assertEquals(List.of(1L, 2L, 3L, 4L), Calls.values(" {\t\"c\" :\n3 , \"d\"\r:4,\"a\":1 ,\"x\":[ ],\"k\":1,\"y\":{ },\"b\":2,\"t\":0,\"i\":\"e\" } ", spec, 4));
  }

  @Test
  void moreThanEightVariablesPackTheirBitmap() {
    String spec = Calls.eventSpec("a0:0 a1:0 a2:0 a3:0 a4:0 a5:0 a6:0 a7:0 a8:0 a9:0");
    List<Long> expected = Arrays.asList(0L, null, null, null, null, null, null, 7L, 8L, null);
    assertEquals(expected, Calls.values(Calls.message("\"a8\":8,\"a7\":7,\"a0\":0"), spec, 10));
    byte[] vals = Calls.parse(Calls.message("\"a8\":8,\"a7\":7,\"a0\":0"), spec).getAs(4);
    assertEquals(2 + 3 * 8, vals.length);
  }

  @Test
  void aWrongSpecRaisesNamingThePlace() {
    for (String spec : List.of("", "[]", "{}", X2.replace("bigint", "int"), X2.replace("epoch_us", "iso"), X2.replace(":2}", ":7}"), X2.replace(":2}", ":1.5}"), X2.replace("[\"x\"]", "[]"), X2.replace("[\"x\"]", "\"x\""))) {
      IllegalArgumentException error = assertThrows(IllegalArgumentException.class, () -> Calls.parse("{}", spec), spec);
      assertTrue(error.getMessage().startsWith("PRLX_SPEC: "), error.getMessage());
    }
    IllegalArgumentException error = assertThrows(IllegalArgumentException.class, () -> Calls.parse("{}", X2.replace(":2}", ":7}")));
    assertEquals("PRLX_SPEC: spec.variables[0].places must be an integer from 0 to 6, but is 7", error.getMessage());
  }
}
