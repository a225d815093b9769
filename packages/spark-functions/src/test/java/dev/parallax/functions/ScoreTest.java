package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import scala.jdk.javaapi.CollectionConverters;

/** Goal: contract, section 7, by hand; and the fast way never differs from the exact one. */
class ScoreTest {
  private static final String LINEAR = "{\"kind\":\"linear\",\"center\":\"10\",\"scale\":\"2.5\"}";

  private static String entry(String transforms, String weight, String missing) {
    return "{\"module\":0,\"transforms\":[" + transforms + "],\"weight\":\"" + weight + "\",\"missing_as\":" + (missing == null ? "null" : "\"" + missing + "\"") + "}";
  }

  private static String score(Object value, String entry) {
    BigDecimal[] sums = new Score().call(CollectionConverters.asScala(Arrays.asList(value)), "{\"modules\":[\"m\"],\"entries\":[" + entry + "]}");
    return sums[0].toPlainString();
  }

  @Test
  void transforms() {
    assertEquals("-1.400000000000", score(3L, entry(LINEAR, "0.5", null)));
    assertEquals("0.333333333333", score(1L, entry("{\"kind\":\"linear\",\"center\":\"0\",\"scale\":\"3\"}", "1", null)));
    assertEquals("-0.666666666667", score(-2L, entry("{\"kind\":\"linear\",\"center\":\"0\",\"scale\":\"3\"}", "1", null)));
    assertEquals("-0.333333333333", score(1L, entry("{\"kind\":\"linear\",\"center\":\"0\",\"scale\":\"-3\"}", "1", null)));
    String cap = "{\"kind\":\"cap\",\"low\":\"-1\",\"high\":\"1.5\"}";
    assertEquals("-1.000000000000", score(-9L, entry(cap, "1", null)));
    assertEquals("1.500000000000", score(9L, entry(cap, "1", null)));
    assertEquals("1.000000000000", score(1L, entry(cap, "1", null)));
    String bin = "{\"kind\":\"bin\",\"edges\":[{\"below\":\"5\",\"value\":\"1\"},{\"below\":\"10\",\"value\":\"2\"},{\"below\":null,\"value\":\"3\"}]}";
    assertEquals("1.000000000000", score(new BigDecimal("4.999"), entry(bin, "1", null)));
    assertEquals("2.000000000000", score(5L, entry(bin, "1", null)));
    assertEquals("3.000000000000", score(10L, entry(bin, "1", null)));
    assertEquals("0.000000000000", score(5L, entry("{\"kind\":\"bin\",\"edges\":[{\"below\":\"5\",\"value\":\"1\"}]}", "1", null)));
    String flag = "{\"kind\":\"flag\",\"value\":\"1\"}";
    assertEquals("-0.250000000000", score(new BigDecimal("1.000"), entry(flag, "-0.25", null)));
    assertEquals("0.000000000000", score(2L, entry(flag, "1", null)));
  }

  @Test
  void transformsApplyLeftToRight() {
    assertEquals("1.000000000000", score(3L, entry(LINEAR + ",{\"kind\":\"cap\",\"low\":\"1\",\"high\":\"2\"}", "1", null)));
    assertEquals("-3.200000000000", score(3L, entry("{\"kind\":\"cap\",\"low\":\"1\",\"high\":\"2\"}," + LINEAR, "1", null)));
  }

  @Test
  void aMissingValueContributesNothingOrItsStandIn() {
    assertEquals("0.000000000000", score(null, entry(LINEAR, "1", null)));
    assertEquals("-4.000000000000", score(null, entry(LINEAR, "1", "0")));
  }

  @Test
  void textsAreNumbersOrThereIsNoScore() {
    assertEquals("-1.400000000000", score("3.0", entry(LINEAR, "0.5", null)));
    assertNull(new Score().call(CollectionConverters.asScala(List.of("three")), "{\"modules\":[\"m\"],\"entries\":[" + entry("", "1", null) + "]}"));
    assertThrows(IllegalArgumentException.class, () -> score(1.5d, entry("", "1", null)));
  }

  @Test
  void finerValuesAreRoundedOnlyAtTheEnd() {
    assertEquals("5.000000000000", score("0.999999999999999", entry("{\"kind\":\"bin\",\"edges\":[{\"below\":\"1\",\"value\":\"5\"},{\"below\":null,\"value\":\"7\"}]}", "1", null)));

    assertEquals("0.000000000001", score(new BigDecimal("0.0000000000005"), entry("", "1", null)));
    assertEquals("-0.000000000001", score("-5e-13", entry("", "1", null)));
    assertEquals("0.000000000000", score("4.9e-13", entry("", "1", null)));
  }

  @Test
  void modulesAreSummedApartAndWide() {
    String spec = "{\"modules\":[\"a\",\"b\"],\"entries\":[" + entry("", "1", null) + "," + entry("", "1", null).replace("\"module\":0", "\"module\":1") + "," + entry("", "1", null) + "," + entry("", "1", null) + "]}";
    BigDecimal[] sums = new Score().call(CollectionConverters.asScala(Arrays.asList(9_000_000L, 1L, 9_000_000L, Long.MAX_VALUE)), spec);
    assertArrayEquals(new BigDecimal[] {new BigDecimal("9223372036872775807.000000000000"), new BigDecimal("1.000000000000")}, sums);
  }

  @Test
  void wrongSpecsAndArityRaise() {
    assertThrows(IllegalArgumentException.class, () -> score(1L, entry("", "0.1234567", null)));
    assertThrows(IllegalArgumentException.class, () -> score(1L, entry("{\"kind\":\"linear\",\"center\":\"0\",\"scale\":\"0.0\"}", "1", null)));
    assertThrows(IllegalArgumentException.class, () -> score(1L, entry("{\"kind\":\"log\"}", "1", null)));
    assertThrows(IllegalArgumentException.class, () -> score(1L, entry("", "1", null).replace("\"module\":0", "\"module\":1")));
    assertThrows(IllegalArgumentException.class, () -> new Score().call(CollectionConverters.asScala(List.of(1L, 2L)), "{\"modules\":[\"m\"],\"entries\":[" + entry("", "1", null) + "]}"));
  }

  @Test
  void theFastWayEqualsTheExactWay() {
    Random random = Calls.random("score");
    int fast = 0;
    int slow = 0;
    for (int i = 0; i < 60_000; i++) {
      ScoreEntry entry = new ScoreEntry(Spec.parse(randomEntry(random)), 1);
      BigDecimal x = constant(random, 12);
      Fixed fixed = new Fixed();
      long result = fixed.set(x) ? entry.fast(fixed) : Wide.OVERFLOW;
      if (result == Wide.OVERFLOW) {
        slow++;
        continue;
      }
      fast++;
      assertEquals(entry.exact(x), BigDecimal.valueOf(result, 12), () -> x.toString());
    }
    assertTrue(fast > 15_000 && slow > 300, fast + " fast, " + slow + " slow");
  }

  private static String randomEntry(Random random) {
    List<String> transforms = new ArrayList<>();
    for (int n = random.nextInt(4); n > 0; n--) {
      String a = constant(random, 14).toPlainString();
      String b = constant(random, 6).toPlainString();
      transforms.add(
          switch (random.nextInt(4)) {
            case 0 -> "{\"kind\":\"linear\",\"center\":\"" + a + "\",\"scale\":\"" + (new BigDecimal(b).signum() == 0 ? "7" : b) + "\"}";
            case 1 -> "{\"kind\":\"cap\",\"low\":\"" + a + "\",\"high\":\"" + b + "\"}";
            case 2 -> "{\"kind\":\"bin\",\"edges\":[{\"below\":\"" + a + "\",\"value\":\"" + b + "\"},{\"below\":\"" + b + "\",\"value\":\"" + a + "\"}]}";
            default -> "{\"kind\":\"flag\",\"value\":\"" + constant(random, 0).toPlainString() + "\"}";
          });
    }
    return entry(String.join(",", transforms), constant(random, 6).toPlainString(), null);
  }

  /** Small numbers mostly, now and then huge ones. */
  private static BigDecimal constant(Random random, int places) {
    int bits = random.nextInt(8) == 0 ? 70 : random.nextInt(3) == 0 ? 45 : 10;
    BigInteger unscaled = new BigInteger(bits, random);
    return new BigDecimal(random.nextBoolean() ? unscaled.negate() : unscaled, places == 0 ? 0 : random.nextInt(places + 1));
  }
}
