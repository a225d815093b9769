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
    Seq<byte[]> online = seq(answers(first, 8 * MINUTE), answers(second, 9 * MINUTE));
    Row[] rows = new MemberRows().call(hour, last, keys(List.of("b", "c")), seq(batchRun(cells)), online, null, 10 * MINUTE, SPEC + "}");
    assertEquals(3, rows.length);
    assertArrayEquals(new Object[] {"a", true, false, false, null, new BigDecimal("1"), 1L, null, null, null, null, null, null, null}, cells(rows[0]));
    Object[] b = {"b", true, true, true, new BigDecimal("5"), new BigDecimal("7"), 1L, new BigDecimal("2.5"), new BigDecimal("25.000000"), new BigDecimal("1.05"), 2, null, null, 1};
    assertArrayEquals(b, cells(rows[1]));
    assertArrayEquals(new Object[] {"c", false, true, false, null, null, 0L, null, null, null, 2, null, null, null}, cells(rows[2]));
    Row[] only = new MemberRows().call(hour, last, keys(List.of("b", "c")), seq(batchRun(cells)), online, keys(List.of("aa", "b", "z")), 10 * MINUTE, SPEC + "}");
    assertEquals(1, only.length);
    assertArrayEquals(b, cells(only[0]));
    Row[] base = new MemberRows().call(hour, last, null, seq(batchRun(new TreeMap<>(Map.of("z", 3L))), batchRun(new TreeMap<>(Map.of("b", 25L)))), null, null, null, SPEC + ",\"base\":true}");
    assertArrayEquals(new Object[] {"a", "b", "z"}, Arrays.stream(base).map(row -> row.getString(0)).toArray());
    assertArrayEquals(new Object[] {"z", false, false, true, null, null, 0L, new BigDecimal("0.3"), new BigDecimal("3.000000"), null, null, null, null, null}, cells(base[2]));
    assertThrows(IllegalArgumentException.class, () -> new MemberRows().call(null, run(new TreeMap<>(Map.of("a", 1_000_000_000_000_000_000L))), null, null, null, null, null, SPEC + "}"));
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
        part.add(item("pane", random.nextInt(4) * MINUTE, randomRun()));
        part.add(RowFactory.create("touched", 0L, keys(new java.util.TreeSet<>(List.of("" + random.nextInt(9), "" + random.nextInt(9))))));
      }
      Row whole = merge(before, first, more);
      Row draft = merge(before, first);
      List<Row> drafted = new ArrayList<>();
      String[] kinds = {"hour", "front", "last", "touched"};
      for (int i = 0; i < kinds.length; i++) if (draft.get(i) != null) drafted.add(RowFactory.create(kinds[i], 0L, draft.get(i)));
      Row amended = merge(drafted, more);
      for (int i = 0; i < kinds.length; i++) assertArrayEquals((byte[]) whole.get(i), (byte[]) amended.get(i), kinds[i] + " in round " + round);
    }
  }

  private byte[] randomRun() {
    TreeMap<String, Long> sums = new TreeMap<>();
    for (int i = random.nextInt(5); i > 0; i--) sums.put("" + random.nextInt(9), (long) random.nextInt(100));
    return run(sums);
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
