package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** Goal: what was kept and counted comes out in the words of the SQL interface. Method: hand-checked minutes. */
class KeptCountsTest {
  private final List<byte[]> events = new ArrayList<>();

  private KeptCountsTest add(int stream, long offset, String payload) {
    String spec = Ingest.target(Calls.eventSpec("x:0"), stream, 1);
    events.add(Ingest.event(payload == null ? null : Calls.utf8(payload), null, 2, offset, 100, 200, spec).getAs(1));
    return this;
  }

  private Ingest.Claimed claim() {
    return Ingest.claim(List.of(Ingest.item("events", Ingest.records(events))), 100, 4);
  }

  private static String at(long time, String id, String more) {
    return "{\"k\":1,\"t\":" + time + ",\"i\":\"" + id + "\"" + more + "}";
  }

  /** Every count as "stream class reason field n". */
  private static List<String> lines(List<Row> counts) {
    return counts.stream().map(row -> row.get(0) + " " + row.get(1) + " " + row.get(2) + " " + row.get(3) + " " + row.get(4)).toList();
  }

  @Test
  void eachKeptMessageIsARow() {
    KeptCountsTest minute = new KeptCountsTest().add(3, 0, at(99, "é", "")).add(3, 1, at(200, "b", "")).add(3, 2, at(150, "c", "")).add(3, 3, at(151, "c", "")).add(3, 4, "[]").add(3, 5, null);
    List<Row> rows = Ingest.kept(minute.claim().kept()).stream().sorted((a, b) -> Long.compare(a.getLong(2), b.getLong(2))).toList();
    List<Object> invalid = Arrays.asList(3, 2, 4L, "invalid", "json", null, null, null);
    assertEquals(5, rows.size());
    assertEquals(List.of(3, 2, 0L, "late", "1", 99L, "é"), without(rows.get(0), 4));
    assertEquals(List.of(3, 2, 1L, "ahead", "1", 200L, "b"), without(rows.get(1), 4));
    assertEquals(List.of(3, 2, 3L, "duplicate", "1", 151L, "c"), without(rows.get(2), 4));
    assertEquals(invalid, fields(rows.get(3)));
    assertEquals(5L, rows.get(4).get(2));
    assertArrayEquals(Calls.utf8(at(99, "é", "")), rows.get(0).getAs(8));
    assertArrayEquals(Calls.utf8(at(200, "b", "")), rows.get(1).getAs(8));
    assertArrayEquals(Calls.utf8("[]"), rows.get(3).getAs(8));
    assertEquals(Arrays.asList(null, null), Arrays.asList(rows.get(2).get(8), rows.get(4).get(8)));
    assertEquals(List.of(), Ingest.kept(null));
  }

  private static List<Object> fields(Row row) {
    List<Object> fields = new ArrayList<>();
    for (int i = 0; i < 8; i++) fields.add(row.get(i));
    return fields;
  }

  private static List<Object> without(Row row, int nullAt) {
    List<Object> fields = fields(row);
    assertEquals(null, fields.remove(nullAt));
    return fields;
  }

  @Test
  void messagesAreCountedByStreamClassAndReason() {
    KeptCountsTest minute = new KeptCountsTest().add(0, 0, at(150, "a", "")).add(0, 1, at(151, "a", "")).add(0, 2, at(152, "a", "")).add(0, 3, "[]").add(0, 4, null).add(0, 5, at(150, "", "")).add(300, 6, at(9, "a", "")).add(300, 7, at(200, "a", "")).add(300, 8, at(150, "a", ""));
    List<String> expected = List.of("0 accepted null null 1", "0 duplicate null null 2", "0 invalid id null 1", "0 invalid json null 2", "300 accepted null null 1", "300 ahead null null 1", "300 late null null 1");
    assertEquals(expected, lines(Ingest.counts(minute.claim().counts())).stream().sorted().toList());
    List<String> doubled = lines(Ingest.counts(minute.claim().counts(), null, minute.claim().counts()));
    assertEquals(7, doubled.size());
    assertEquals(true, doubled.contains("0 invalid json null 4") && doubled.contains("300 late null null 2"), doubled::toString);
    assertEquals(List.of(), Ingest.counts());
    assertEquals(List.of(), Arrays.asList(new Counts().call(null)));
  }

  /** Undeclared names of accepted messages only, once a message. */
  @Test
  void driftIsOfAcceptedMessages() {
    KeptCountsTest minute =
        new KeptCountsTest()
            .add(0, 0, at(150, "a", ",\"new\":1,\"né:w\":1,\"new\":2"))
            .add(0, 1, at(151, "a", ",\"new\":1,\"other\":1"))
            .add(0, 2, at(150, "b", ",\"new\":null,\"\":{}"))
            .add(0, 3, at(99, "c", ",\"new\":1"))
            .add(0, 4, at(150, "d", ",\"new\":1,\"x\":\"\""))
            .add(12, 5, at(150, "a", ",\"new\":[]"));
    List<String> drift = lines(Ingest.counts(minute.claim().counts())).stream().filter(line -> line.contains(" null null ") && line.split(" ")[1].equals("null")).sorted().toList();
    assertEquals(List.of("0 null null  1", "0 null null new 2", "0 null null né:w 1", "12 null null new 1"), drift);
  }

  /** At most 64 names a message, as the parser reports them. */
  @Test
  void manyNamesAreBounded() {
    StringBuilder more = new StringBuilder();
    for (int i = 0; i < 100; i++) more.append(",\"n").append(i).append("\":0");
    List<Row> counts = Ingest.counts(new KeptCountsTest().add(0, 0, at(150, "a", more.toString())).claim().counts());
    assertEquals(1 + Limits.DRIFT_NAMES_MAX, counts.size());
  }
}
