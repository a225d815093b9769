package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Goal: states are exact, canonical and combine in any way. Method: hand-checked bytes, and a naive recount of random events. */
class PaneStateTest {
  private static final List<String> NAMES = List.of("sum", "count", "avg", "min", "max", "last");
  private static final String ALL = "{\"variables\":[{\"places\":2,\"aggregates\":[\"last\",\"sum\",\"count\",\"avg\",\"min\",\"max\"]}]}";

  private static Calls.Event event(long time, String id, Long... values) {
    return new Calls.Event(time, id, Arrays.asList(values));
  }

  @Test
  void theFormatIsAsDocumented() {
    String spec = "{\"variables\":[{\"places\":0,\"aggregates\":[\"avg\",\"last\"]},{\"places\":0,\"aggregates\":[\"max\"]}]}";
    byte[] state = Calls.pane(List.of(event(5, "b", 7L, null), event(5, "a", 3L, null)), spec);
    String hex = HexFormat.of().formatHex(state);
    assertEquals("01", hex.substring(0, 2));
    assertEquals("0200000000000000" + "01" + "0100" + "0500000000000000" + "0100" + "62" + "0a00000000000000" + "0200000000000000" + "0700000000000000" + "0000", hex.substring(10));
  }

  @Test
  void nullsAreSkippedAndNothingIsNull() {
    byte[] state = Calls.pane(List.of(event(1, "a", (Long) null)), ALL);
    assertEquals(Arrays.asList(null, null, 0L, null, null, null), Calls.stateValues(state, ALL));
    assertEquals(Arrays.asList(null, null, 0L, null, null, null), Calls.stateValues(null, ALL));
    state = Calls.pane(List.of(event(1, "a", 5L), event(9, "b", (Long) null)), ALL);
    assertEquals(List.of(5L, 5L, 1L, 5L, 5L, 5L), Calls.stateValues(state, ALL));
  }

  @Test
  void averagesRoundHalfAwayFromZero() {
    assertEquals(List.of(3L), Calls.stateValues(Calls.pane(List.of(event(0, "a", 2L), event(0, "b", 3L)), avg()), avg()));
    assertEquals(List.of(-3L), Calls.stateValues(Calls.pane(List.of(event(0, "a", -2L), event(0, "b", -3L)), avg()), avg()));
    assertEquals(List.of(0L), Calls.stateValues(Calls.pane(List.of(event(0, "a", 1L), event(0, "b", 0L), event(0, "c", 0L)), avg()), avg()));
  }

  private static String avg() {
    return "{\"variables\":[{\"places\":0,\"aggregates\":[\"avg\"]}]}";
  }

  @Test
  void lastIsByTimeThenIdAsUnsignedUtf8() {
    String spec = "{\"variables\":[{\"places\":0,\"aggregates\":[\"last\"]}]}";
    // UTF-16 order would put the emoji (a surrogate pair) before U+FFFF.
    List<String> ascending = List.of("A", "a", "aa", "b", "z", "é", "\ue000", "\uffff", "😀");
    for (int i = 0; i < ascending.size(); i++) {
      for (int j = 0; j < ascending.size(); j++) {
        List<Calls.Event> events = List.of(event(7, ascending.get(i), (long) i), event(7, ascending.get(j), (long) j));
        assertEquals(List.of((long) Math.max(i, j)), Calls.stateValues(Calls.pane(events, spec), spec));
        List<byte[]> states = List.of(Calls.pane(events.subList(0, 1), spec), Calls.pane(events.subList(1, 2), spec));
        assertEquals(List.of((long) Math.max(i, j)), Calls.stateValues(Calls.merge(states, spec), spec));
      }
    }
    assertEquals(List.of(1L), Calls.stateValues(Calls.pane(List.of(event(-1, "z", 2L), event(0, "a", 1L)), spec), spec));
  }

  @Test
  void nothingMergesToNull() {
    assertNull(Calls.merge(List.of(), ALL));
    assertNull(Calls.merge(Arrays.asList(null, null), ALL));
    assertNull(new Merge().call(null, ALL));
    assertNull(Calls.pane(List.of(), ALL));
    assertNull(new Pane().call(null, ALL));
  }

  @Test
  void anySplitGivesTheSameBytes() {
    Random random = Calls.random("pane states");
    for (int round = 0; round < 1500; round++) {
      int variables = 1 + random.nextInt(round % 10 == 0 ? 40 : 4);
      List<List<String>> aggregates = new ArrayList<>();
      for (int i = 0; i < variables; i++) {
        List<String> names = new ArrayList<>(NAMES);
        Collections.shuffle(names, random);
        aggregates.add(names.subList(0, 1 + random.nextInt(6)));
      }
      String spec = spec(aggregates);
      List<Calls.Event> events = randomEvents(random, variables);
      byte[] whole = Calls.pane(events, spec);
      assertEquals(naive(events, aggregates), Calls.stateValues(whole, spec));
      Collections.shuffle(events, random);
      assertArrayEquals(whole, mergeTree(random, events, spec));
    }
  }

  /** Merges random groups of random groups. */
  private static byte[] mergeTree(Random random, List<Calls.Event> events, String spec) {
    if (events.size() < 2 || random.nextInt(4) == 0) return Calls.pane(events, spec);
    List<byte[]> parts = new ArrayList<>();
    int from = 0;
    while (from < events.size()) {
      int to = Math.min(events.size(), from + 1 + random.nextInt(events.size()));
      if (to - from == events.size()) to--;
      parts.add(mergeTree(random, events.subList(from, to), spec));
      if (random.nextInt(5) == 0) parts.add(null);
      from = to;
    }
    Collections.shuffle(parts, random);
    return Calls.merge(parts, spec);
  }

  private static List<Calls.Event> randomEvents(Random random, int variables) {
    List<Calls.Event> events = new ArrayList<>();
    List<String> ids = List.of("a", "b", "aa", "é", "\uffff", "😀", "", "10", "9");
    TreeSet<String> used = new TreeSet<>();
    for (int n = 1 + random.nextInt(12); n > 0; n--) {
      long time = random.nextInt(3) - 1;
      String id = ids.get(random.nextInt(ids.size()));
      List<Long> values = new ArrayList<>();
      for (int i = 0; i < variables; i++) values.add(random.nextInt(3) == 0 ? null : random.nextBoolean() ? random.nextInt(7) - 3L : random.nextLong(-100_000_000_000L, 100_000_000_001L));
      if (used.add(time + "/" + id)) events.add(new Calls.Event(time, id, values));
    }
    return events;
  }

  private static List<Long> naive(List<Calls.Event> events, List<List<String>> aggregates) {
    List<Long> out = new ArrayList<>();
    for (int i = 0; i < aggregates.size(); i++) {
      int variable = i;
      List<Calls.Event> held = events.stream().filter(e -> e.values().get(variable) != null).sorted((a, b) -> a.time() != b.time() ? Long.compare(a.time(), b.time()) : codePoints(a.id(), b.id())).toList();
      List<Long> values = held.stream().map(e -> e.values().get(variable)).toList();
      BigDecimal sum = values.stream().map(BigDecimal::valueOf).reduce(BigDecimal.ZERO, BigDecimal::add);
      for (String name : aggregates.get(i)) {
        if (values.isEmpty()) {
          out.add(name.equals("count") ? 0L : null);
          continue;
        }
        out.add(
            switch (name) {
              case "sum" -> sum.longValueExact();
              case "count" -> (long) values.size();
              case "avg" -> sum.divide(BigDecimal.valueOf(values.size()), 0, RoundingMode.HALF_UP).longValueExact();
              case "min" -> Collections.min(values);
              case "max" -> Collections.max(values);
              default -> values.get(values.size() - 1);
            });
      }
    }
    return out;
  }

  /** Order of code points is order of UTF-8 bytes. */
  private static int codePoints(String a, String b) {
    return Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());
  }

  private static String spec(List<List<String>> aggregates) {
    return aggregates.stream().map(names -> "{\"places\":0,\"aggregates\":[\"" + String.join("\",\"", names) + "\"]}").collect(Collectors.joining(",", "{\"variables\":[", "]}"));
  }

  @Test
  void sameKeyTwiceStillCommutes() {
    byte[] one = Calls.pane(List.of(event(1, "a", 5L)), ALL);
    byte[] two = Calls.pane(List.of(event(1, "a", 6L)), ALL);
    assertArrayEquals(Calls.merge(List.of(one, two), ALL), Calls.merge(List.of(two, one), ALL));
  }

  @Test
  void onlyWhatIsDeclaredIsKept() {
    List<Calls.Event> events = List.of(event(1, "some-id", 5L));
    String count = "{\"variables\":[{\"places\":0,\"aggregates\":[\"count\"]}]}";
    assertEquals(14 + 8, Calls.pane(events, count).length);
    assertEquals(14 + 16, Calls.pane(events, avg()).length);
    assertTrue(new String(Calls.pane(events, ALL), StandardCharsets.ISO_8859_1).contains("some-id"));
  }

  @Test
  void theTableHoldsOnlyKeysStillReferenced() {
    String spec = "{\"variables\":[{\"places\":0,\"aggregates\":[\"last\"]},{\"places\":0,\"aggregates\":[\"last\"]}]}";
    byte[] state = Calls.pane(List.of(event(1, "old", 1L, null), event(2, "mid", 2L, 1L), event(3, "new", 3L, null)), spec);
    String text = new String(state, StandardCharsets.ISO_8859_1);
    assertTrue(!text.contains("old") && text.contains("mid") && text.contains("new"));
  }

  @Test
  void overflowRaisesInsteadOfWrapping() {
    String spec = "{\"variables\":[{\"places\":0,\"aggregates\":[\"sum\"]}]}";
    byte[] state = Calls.pane(List.of(event(1, "a", Long.MAX_VALUE)), spec);
    assertThrows(ArithmeticException.class, () -> Calls.merge(List.of(state, state), spec));
  }

  @Test
  void aForeignOrTornStateIsRefused() {
    byte[] state = Calls.pane(List.of(event(1, "a", 5L)), ALL);
    String other = ALL.replace("\"places\":2", "\"places\":3");
    assertThrows(IllegalArgumentException.class, () -> Calls.stateValues(state, other));
    assertThrows(IllegalArgumentException.class, () -> Calls.merge(List.of(state, state), avg()));
    for (int length = 0; length < state.length; length++) {
      byte[] torn = Arrays.copyOf(state, length);
      assertThrows(IllegalArgumentException.class, () -> Calls.stateValues(torn, ALL), "cut at " + length);
    }
    assertThrows(IllegalArgumentException.class, () -> Calls.stateValues(Arrays.copyOf(state, state.length + 1), ALL));
    byte[] version = state.clone();
    version[0] = 2;
    assertThrows(IllegalArgumentException.class, () -> Calls.stateValues(version, ALL));
  }

  @Test
  void packedValuesOfAnotherSpecAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Calls.pane(List.of(event(1, "a", 5L, 6L)), "{\"variables\":[{\"places\":2,\"aggregates\":[\"sum\"]}]}"));
    assertThrows(IllegalArgumentException.class, () -> Calls.pane(List.of(new Calls.Event(1, null, List.of(1L))), ALL));
  }
}
