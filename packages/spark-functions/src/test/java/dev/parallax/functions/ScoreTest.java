package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Goal: contract, section 7, by hand; and the fast way never differs from the exact one. */
class ScoreTest {
  private static final String LINEAR = "{\"kind\":\"linear\",\"center\":\"10\",\"scale\":\"2.5\"}";

  private static String entry(String transforms, String weight, String missing) {
    return "{\"module\":0,\"transforms\":[" + transforms + "],\"weight\":\"" + weight + "\",\"missing_as\":" + (missing == null ? "null" : "\"" + missing + "\"") + "}";
  }

  /** Both ways, where the fast one has an answer. */
  private static String score(String value, String entry) {
    ScoreEntry line = new ScoreEntry(Spec.parse(entry), 1);
    BigDecimal x = ScoreTransform.plain(new BigDecimal(value));
    BigDecimal exact = line.exact(x);
    ScoreKernel kernel = ScoreKernel.of(new ScoreEntry[] {line}, x.scale());
    long[] result = new long[1];
    if (kernel.run(new long[] {x.unscaledValue().longValueExact()}, 1, result, 0)) assertEquals(exact, BigDecimal.valueOf(result[0], 12));
    return exact.toPlainString();
  }

  @Test
  void transforms() {
    assertEquals("-1.400000000000", score("3", entry(LINEAR, "0.5", null)));
    assertEquals("0.333333333333", score("1", entry("{\"kind\":\"linear\",\"center\":\"0\",\"scale\":\"3\"}", "1", null)));
    assertEquals("-0.666666666667", score("-2", entry("{\"kind\":\"linear\",\"center\":\"0\",\"scale\":\"3\"}", "1", null)));
    assertEquals("-0.333333333333", score("1", entry("{\"kind\":\"linear\",\"center\":\"0\",\"scale\":\"-3\"}", "1", null)));
    String cap = "{\"kind\":\"cap\",\"low\":\"-1\",\"high\":\"1.5\"}";
    assertEquals("-1.000000000000", score("-9", entry(cap, "1", null)));
    assertEquals("1.500000000000", score("9", entry(cap, "1", null)));
    assertEquals("1.000000000000", score("1", entry(cap, "1", null)));
    String bin = "{\"kind\":\"bin\",\"edges\":[{\"below\":\"5\",\"value\":\"1\"},{\"below\":\"10\",\"value\":\"2\"},{\"below\":null,\"value\":\"3\"}]}";
    assertEquals("1.000000000000", score("4.999", entry(bin, "1", null)));
    assertEquals("2.000000000000", score("5", entry(bin, "1", null)));
    assertEquals("3.000000000000", score("10", entry(bin, "1", null)));
    assertEquals("0.000000000000", score("5", entry("{\"kind\":\"bin\",\"edges\":[{\"below\":\"5\",\"value\":\"1\"}]}", "1", null)));
    String flag = "{\"kind\":\"flag\",\"value\":\"1\"}";
    assertEquals("-0.250000000000", score("1.000", entry(flag, "-0.25", null)));
    assertEquals("0.000000000000", score("2", entry(flag, "1", null)));
  }

  @Test
  void transformsApplyLeftToRight() {
    assertEquals("1.000000000000", score("3", entry(LINEAR + ",{\"kind\":\"cap\",\"low\":\"1\",\"high\":\"2\"}", "1", null)));
    assertEquals("-3.200000000000", score("3", entry("{\"kind\":\"cap\",\"low\":\"1\",\"high\":\"2\"}," + LINEAR, "1", null)));
  }

  @Test
  void finerValuesAreRoundedOnlyAtTheEnd() {
    assertEquals("5.000000000000", score("0.999999999999999", entry("{\"kind\":\"bin\",\"edges\":[{\"below\":\"1\",\"value\":\"5\"},{\"below\":null,\"value\":\"7\"}]}", "1", null)));

    assertEquals("0.000000000001", score("0.0000000000005", entry("", "1", null)));
    assertEquals("-0.000000000001", score("-5e-13", entry("", "1", null)));
    assertEquals("0.000000000000", score("4.9e-13", entry("", "1", null)));
  }

  @Test
  void wrongSpecsRaise() {
    assertThrows(IllegalArgumentException.class, () -> score("1", entry("", "0.1234567", null)));
    assertThrows(IllegalArgumentException.class, () -> score("1", entry("{\"kind\":\"linear\",\"center\":\"0\",\"scale\":\"0.0\"}", "1", null)));
    assertThrows(IllegalArgumentException.class, () -> score("1", entry("{\"kind\":\"log\"}", "1", null)));
    assertThrows(IllegalArgumentException.class, () -> score("1", entry("", "1", null).replace("\"module\":0", "\"module\":1")));
  }

  @Test
  void theFastWayEqualsTheExactWay() {
    Random random = Calls.random("score");
    int fast = 0;
    int slow = 0;
    for (int i = 0; i < 20_000; i++) {
      ScoreEntry[] entries = new ScoreEntry[1 + random.nextInt(2)];
      for (int e = 0; e < entries.length; e++) entries[e] = new ScoreEntry(Spec.parse(randomEntry(random)), 1);
      int places = random.nextInt(13);
      ScoreKernel kernel = ScoreKernel.of(entries, places);
      long[] values = new long[5];
      for (int v = 0; v < values.length; v++) values[v] = value(random, kernel.most);
      long[] results = new long[values.length];
      boolean all = kernel.run(values, values.length, results, 0);
      for (int v = 0; v < values.length; v++) {
        if (kernel.isTooLarge(values[v])) {
          assertFalse(all);
          assertEquals(0, results[v]);
          slow++;
          continue;
        }
        fast++;
        BigDecimal x = BigDecimal.valueOf(values[v], places);
        BigDecimal sum = Arrays.stream(entries).map(entry -> entry.exact(x)).reduce(BigDecimal.ZERO, BigDecimal::add);
        assertEquals(sum, BigDecimal.valueOf(results[v], 12), x::toString);
      }
    }
    assertTrue(fast > 15_000 && slow > 15_000, fast + " fast, " + slow + " slow");
  }

  /** Small ones, any, and those at the edge of what is fast. */
  private static long value(Random random, long most) {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(200) - 100;
      case 1 -> random.nextLong();
      case 2 -> random.nextBoolean() ? most : -most;
      default -> (long) ((random.nextDouble() * 2 - 1) * Math.max(most, 1));
    };
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
