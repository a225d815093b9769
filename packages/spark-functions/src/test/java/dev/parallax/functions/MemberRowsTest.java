package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Test;
import scala.collection.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** Goal: a customer's row has its own windows, batch row and answers and nobody else's; windows that get more panes are those that had all of them at once. */
class MemberRowsTest {
  private static final long MINUTE = 60_000_000L;
  private static final String STREAMS = "\"streams\":[{\"variables\":[{\"places\":0,\"aggregates\":[\"sum\",\"count\"]}]}]";
  private static final String WINDOWS = "{" + STREAMS + "}";
  private static final String SPEC =
      "{" + STREAMS + ",\"columns\":[" + column("hour", "sum", "0") + "," + column("last", "sum", "0") + "," + column("last", "count", "null") + "],\"digits\":18,"
          + "\"batch\":{\"cells\":[{\"places\":null,\"skip\":true},{\"places\":1}],\"modules\":1,\"sums\":[{\"module\":1}]},\"online\":[{\"fields\":[{\"places\":2}]},{\"fields\":[{\"places\":0},{\"places\":1}]}]";
  private final Random random = Calls.random("members");

  private static String column(String window, String aggregate, String places) {
    return "{\"window\":\"" + window + "\",\"stream\":0,\"variable\":0,\"aggregate\":\"" + aggregate + "\",\"places\":" + places + "}";
  }

  private static byte[] key(String key) {
    return key.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] keys(Iterable<String> sorted) {
    ByteWriter out = new ByteWriter(64);
    for (String key : sorted) out.sized(key(key), 0, key(key).length);
    return out.toBytes();
  }

  private static Seq<byte[]> seq(byte[]... items) {
    return CollectionConverters.asScala(Arrays.asList(items)).toSeq();
  }

  private static Seq<Seq<byte[]>> lists(List<Seq<byte[]>> bySource) {
    return CollectionConverters.asScala(bySource).toSeq();
  }

  /** A run with one value a customer, merged of one state for each. */
  private static byte[] run(Map<String, Long> sums) {
    Layout layout = Layout.ALL.get(WINDOWS);
    RunWriter writer = new RunWriter(layout, 64);
    sums.forEach((key, sum) -> {
      writer.clearStates();
      byte[] state = stateOf(sum);
      writer.state(0).addState(state, 0, state.length);
      writer.customer(key(key), 0, key(key).length);
    });
    return writer.toRun();
  }

  /** One event, a value; as the README has the packed state of a stream without `last`. */
  private static byte[] stateOf(long sum) {
    ByteWriter out = new ByteWriter(16);
    out.uvarint(1);
    out.u8(1);
    out.zigzag(sum);
    out.uvarint(1);
    return out.toBytes();
  }

  private static byte[] batchRun(Map<String, Long> cells) {
    ByteWriter out = new ByteWriter(64);
    cells.forEach((key, cell) -> {
      out.sized(key(key), 0, key(key).length);
      ByteWriter body = new ByteWriter(32);
      if (cell != null) {
        BatchRow.writeCell(body, key("text of " + key));
        BatchRow.writeCell(body, BatchRow.cell(cell));
        BatchRow.write(body, cell * 1_000_000_000_000L);
        body.uvarint(0);
      }
      out.sized(body.b, 0, body.length);
    });
    return out.toBytes();
  }

  private static byte[] answers(Map<String, Long[]> given, long iteration) {
    ByteWriter out = new ByteWriter(64);
    given.forEach((key, values) -> AnswerRecord.write(out, key(key), iteration, 0, 0, 0, values));
    return out.toBytes();
  }

  @Test
  void aRowHasWhatIsKnownOfItsCustomer() {
    byte[] hour = run(new TreeMap<>(Map.of("b", 5L)));
    byte[] last = run(new TreeMap<>(Map.of("a", 1L, "b", 7L)));
    TreeMap<String, Long> cells = new TreeMap<>(Map.of("b", 25L, "z", 3L));
    cells.put("a", null);
    TreeMap<String, Long[]> first = new TreeMap<>(Map.of("b", new Long[] {105L}, "c", new Long[] {null}));
    TreeMap<String, Long[]> second = new TreeMap<>();
    second.put("b", null);
    Seq<Seq<byte[]>> online = lists(List.of(seq(answers(first, 8 * MINUTE)), seq(answers(second, 9 * MINUTE))));
    Row[] rows = new MemberRows().call(hour, last, keys(List.of("b", "c")), seq(batchRun(cells)), online, 10 * MINUTE, SPEC + "}");
    assertEquals(3, rows.length);
    assertArrayEquals(new Object[] {"a", true, false, false, null, new BigDecimal("1"), 1L, null, null, null, null, null, null, null}, cells(rows[0]));
    Object[] b = {"b", true, true, true, new BigDecimal("5"), new BigDecimal("7"), 1L, new BigDecimal("2.5"), new BigDecimal("25.000000"), new BigDecimal("1.05"), 2, null, null, 1};
    assertArrayEquals(b, cells(rows[1]));
    assertArrayEquals(new Object[] {"c", false, true, false, null, null, 0L, null, null, null, 2, null, null, null}, cells(rows[2]));
    Row[] twice = new MemberRows().call(hour, last, keys(List.of("b", "c")), seq(batchRun(cells), null, batchRun(new TreeMap<>(Map.of("b", 25L)))), online, 10 * MINUTE, SPEC + "}");
    for (int i = 0; i < rows.length; i++) assertArrayEquals(cells(rows[i]), cells(twice[i]));
    Row[] base = new MemberRows().call(hour, last, null, seq(batchRun(new TreeMap<>(Map.of("z", 3L))), batchRun(new TreeMap<>(Map.of("b", 25L)))), null, null, SPEC + ",\"base\":true}");
    assertArrayEquals(new Object[] {"a", "b", "z"}, Arrays.stream(base).map(row -> row.getString(0)).toArray());
    assertArrayEquals(new Object[] {"z", false, false, true, null, null, 0L, new BigDecimal("0.3"), new BigDecimal("3.000000"), null, null, null, null, null}, cells(base[2]));
    assertThrows(IllegalArgumentException.class, () -> new MemberRows().call(null, run(new TreeMap<>(Map.of("a", 1_000_000_000_000_000_000L))), null, null, null, null, SPEC + "}"));
  }

  @Test
  void ofSeveralAnswersOfACustomerTheNewestCounts() {
    byte[] drafted = answers(new TreeMap<>(Map.of("a", new Long[] {1L}, "b", new Long[] {2L}, "d", new Long[] {4L})), 9 * MINUTE);
    ByteWriter more = new ByteWriter(64);
    AnswerRecord.write(more, key("b"), 9 * MINUTE, 1, 0, 0, new Long[] {22L});
    AnswerRecord.write(more, key("c"), 9 * MINUTE, 1, 0, 0, null);
    AnswerRecord.write(more, key("d"), 10 * MINUTE, 1, 0, 0, null);
    byte[] last = run(new TreeMap<>(Map.of("a", 0L, "b", 0L, "c", 0L, "d", 0L, "e", 0L)));
    String spec = "{" + STREAMS + ",\"columns\":[],\"digits\":18,\"batch\":{\"cells\":[],\"modules\":0,\"sums\":[]},\"online\":[{\"fields\":[{\"places\":0}]}]}";
    for (Seq<byte[]> order : List.of(seq(drafted, more.toBytes()), seq(more.toBytes(), drafted))) {
      Row[] rows = new MemberRows().call(null, last, null, null, lists(List.of(order)), 10 * MINUTE, spec);
      assertArrayEquals(
          new Object[][] {{new BigDecimal("1"), 1}, {new BigDecimal("22"), 1}, {null, 1}, {null, 0}, {null, null}},
          Arrays.stream(rows).map(row -> new Object[] {row.get(4), row.get(5)}).toArray(Object[][]::new));
    }
  }

  private static Object[] cells(Row row) {
    Object[] cells = new Object[row.length()];
    for (int i = 0; i < cells.length; i++) cells[i] = row.get(i);
    return cells;
  }

  @Test
  void morePanesGiveTheWindowsOfAllOfThem() {
    for (int round = 0; round < 300; round++) {
      List<Row> before = new ArrayList<>();
      for (String kind : new String[] {"hour", "front", "suffix"}) if (random.nextInt(4) > 0) before.add(item(kind, 0, randomRun()));
      List<Row> first = new ArrayList<>();
      List<Row> more = new ArrayList<>();
      for (int i = random.nextInt(5); i >= 0; i--) {
        List<Row> part = random.nextBoolean() ? first : more;
        TreeMap<String, Long> sums = randomSums();
        part.add(item("pane", random.nextInt(4) * MINUTE, run(sums)));
        // Whoever a pane has is touched, and others, by events of minutes that no window has any more.
        java.util.TreeSet<String> touched = new java.util.TreeSet<>(sums.keySet());
        if (touched.isEmpty() || random.nextBoolean()) touched.add("" + random.nextInt(9));
        part.add(RowFactory.create("touched", 0L, keys(touched)));
      }
      Row whole = merge(before, first, more);
      Row draft = merge(before, first);
      Row amended = new AmendedWindows().call(draft.getAs(0), draft.getAs(2), CollectionConverters.asScala(more).toSeq(), MINUTE, 2 * MINUTE, WINDOWS);
      List<Row> parts = new ArrayList<>();
      String[] kinds = {"hour", "front", "last", "touched"};
      for (int i = 0; i < kinds.length; i++) {
        if (draft.get(i) != null) parts.add(RowFactory.create(kinds[i], 0L, draft.get(i)));
        if (amended.get(i) != null) parts.add(RowFactory.create(i % 2 == 1 ? kinds[i] : kinds[i] + "_amended", 0L, amended.get(i)));
      }
      Row together = merge(parts);
      for (int i = 0; i < kinds.length; i++) assertArrayEquals((byte[]) whole.get(i), (byte[]) together.get(i), kinds[i] + " in round " + round);
      theNextIterationIsTheSame(whole, draft, amended);
      allThatTouchedCustomersHave(whole, amended);
    }
  }

  private void theNextIterationIsTheSame(Row whole, Row draft, Row amended) {
    List<Row> next = new ArrayList<>(List.of(item("pane", 2 * MINUTE, randomRun()), item("suffix", 0, randomRun())));
    List<Row> ofWhole = new ArrayList<>(next);
    List<Row> ofParts = new ArrayList<>(next);
    ofWhole.add(item("hour", 0, whole.getAs(0)));
    ofWhole.add(item("front", 0, whole.getAs(1)));
    ofParts.add(item("hour", 0, draft.getAs(0)));
    ofParts.add(item("hour_amended", 0, amended.getAs(0)));
    ofParts.add(item("front", 0, draft.getAs(1)));
    ofParts.add(item("front", 0, amended.getAs(1)));
    Row expected = merge(ofWhole);
    Row actual = merge(ofParts);
    for (int i = 0; i < 4; i++) assertArrayEquals((byte[]) expected.get(i), (byte[]) actual.get(i));
  }

  /** A row of each touched customer, the same as of the whole. */
  private static void allThatTouchedCustomersHave(Row whole, Row amended) {
    byte[] touched = amended.getAs(3);
    List<String> keys = touched == null ? List.of() : Arrays.asList(new KeyList().call(touched));
    Row[] expected = Arrays.stream(members(whole)).filter(row -> keys.contains(row.getString(0))).toArray(Row[]::new);
    Row[] actual = members(amended);
    assertEquals(keys.size(), actual.length);
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) assertArrayEquals(cells(expected[i]), cells(actual[i]));
  }

  private static Row[] members(Row windows) {
    return new MemberRows().call(windows.getAs(0), windows.getAs(2), windows.getAs(3), null, null, 10 * MINUTE, SPEC + "}");
  }

  private byte[] randomRun() {
    return run(randomSums());
  }

  private TreeMap<String, Long> randomSums() {
    TreeMap<String, Long> sums = new TreeMap<>();
    for (int i = random.nextInt(5); i > 0; i--) sums.put("" + random.nextInt(9), (long) random.nextInt(100));
    return sums;
  }

  private static Row item(String kind, long minute, byte[] run) {
    return RowFactory.create(kind, minute, run);
  }

  @SafeVarargs
  private static Row merge(List<Row>... parts) {
    List<Row> items = new ArrayList<>();
    for (List<Row> part : parts) items.addAll(part);
    return new Windows().call(CollectionConverters.asScala(items).toSeq(), MINUTE, 2 * MINUTE, WINDOWS);
  }
}
