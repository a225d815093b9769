package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** Goal: contract, sections 7 and 10: what is an answer, and what counts as none. */
class AnswerTest {
  private static final String SPEC = "{\"rows\":[\"customers\"],\"key\":{\"type\":\"bigint\",\"path\":[\"customer_id\"]},\"fields\":[{\"path\":[\"tickets\",\"open\"],\"places\":0},{\"path\":[\"wait\"],\"places\":2}]}";

  private static Row[] answer(String rows) {
    return new Answer().call("{\"customers\":" + rows + "}", SPEC);
  }

  @Test
  void rowsWithTheirFields() {
    Row[] rows = answer("[{\"customer_id\":1,\"tickets\":{\"open\":2},\"wait\":1.005},{\"customer_id\":-0,\"wait\":null}]");
    assertEquals("1", rows[0].getString(0));
    assertArrayEquals(new Long[] {2L, 101L}, rows[0].getAs(1));
    assertEquals("0", rows[1].getString(0));
    assertArrayEquals(new Long[] {null, null}, rows[1].getAs(1));
    assertEquals(0, answer("[]").length);
    assertEquals(0, answer("[ ]").length);
  }

  @Test
  void noAnswer() {
    assertNull(new Answer().call(null, SPEC));
    assertNull(new Answer().call("", SPEC));
    assertNull(new Answer().call("{\"other\":[]}", SPEC));
    assertNull(new Answer().call("[]", SPEC));
    for (String rows : new String[] {"null", "{}", "5", "[1]", "[null]", "[[]]", "[{}]", "[{\"customer_id\":\"1\"}]", "[{\"customer_id\":1.0}]", "[{\"customer_id\":1},{\"customer_id\":1}]", "[{\"customer_id\":0},{\"customer_id\":-0}]", "[{\"customer_id\":1,\"wait\":\"1\"}]", "[{\"customer_id\":1,\"wait\":1e10}]", "[{\"customer_id\":1,\"tickets\":{\"open\":true}}]", "[{\"customer_id\":1}],", "[{\"customer_id\":1},]"}) assertNull(answer(rows), rows);
  }

  @Test
  void theLastRowsMemberCounts() {
    assertEquals(1, new Answer().call("{\"customers\":[{}],\"customers\":[{\"customer_id\":5}]}", SPEC).length);
    assertNull(new Answer().call("{\"customers\":[{\"customer_id\":5}],\"customers\":null}", SPEC));
  }

  @Test
  void aBodyOverTheMessageLimitIsRead() {
    StringBuilder rows = new StringBuilder("[");
    for (int i = 0; i < 60_000; i++) rows.append(i == 0 ? "" : ",").append("{\"customer_id\":").append(i).append(",\"tickets\":{\"open\":").append(i % 7).append("}}");
    Row[] answer = answer(rows.append("]").toString());
    assertEquals(60_000, answer.length);
    assertArrayEquals(new Long[] {59_999L % 7, null}, answer[59_999].getAs(1));
  }

  @Test
  void tornBodiesNeverRaise() {
    Random random = Calls.random("answers");
    String sound = "{\"customers\":[{\"customer_id\":1,\"tickets\":{\"open\":2},\"n\":[1,\"a\"]},{\"customer_id\":2,\"wait\":1.5}],\"z\":null}";
    int answers = 0;
    for (int i = 0; i < 30_000; i++) {
      StringBuilder body = new StringBuilder(sound);
      for (int n = 1 + random.nextInt(2); n > 0; n--) {
        int at = random.nextInt(body.length());
        if (random.nextBoolean()) body.deleteCharAt(at);
        else body.setCharAt(at, "{}[],:\"\\0e.- é\ud800".charAt(random.nextInt(15)));
      }
      if (new Answer().call(body.toString(), SPEC) != null) answers++;
    }
    assertNotNull(answer("[]"));
    assertEquals(true, answers > 1000 && answers < 25_000, "answers: " + answers);
  }

  private static final long MINUTE = 60_000_000L;
  private static final String PACKED = SPEC.replaceFirst("\\{", "{\"buckets\":1,");

  private static Row asked(long iteration, long at, long line, String rows, String... ids) {
    return new Asked().call(scala.jdk.javaapi.CollectionConverters.asScala(java.util.List.of(ids)).toSeq(), "{\"customers\":" + rows + "}", iteration, at, 0L, line, PACKED);
  }

  private static byte[] packed(Row asked) {
    Row[] buckets = asked.getAs(1);
    return buckets[0].getAs(1);
  }

  private static Row[] newest(long oldest, byte[]... answers) {
    byte[] merged = new Answers().call(scala.jdk.javaapi.CollectionConverters.asScala(java.util.Arrays.asList(answers)).toSeq(), oldest, 0L, PACKED);
    return merged == null ? null : rows(merged);
  }

  /** Key, age at minute 10 and values, as the members of a population show them. */
  private static Row[] rows(byte[] answers) {
    java.util.List<Row> rows = new java.util.ArrayList<>();
    AnswerRecord at = new AnswerRecord(answers, 2);
    while (at.next()) {
      Object[] cells = new Object[2];
      at.fill(cells, 0, new int[] {0, 2}, Long.MAX_VALUE);
      Long[] values = {cells[0] == null ? null : ((java.math.BigDecimal) cells[0]).unscaledValue().longValueExact(), cells[1] == null ? null : ((java.math.BigDecimal) cells[1]).unscaledValue().longValueExact()};
      rows.add(org.apache.spark.sql.RowFactory.create(new String(answers, at.keyStart, at.keyEnd - at.keyStart, java.nio.charset.StandardCharsets.UTF_8), (int) (10 - at.iteration / MINUTE), values));
    }
    return rows.toArray(new Row[0]);
  }

  @Test
  void aCallLearnsOfThoseWhomItAskedFor() {
    Row learned = asked(10 * MINUTE, 5, 0, "[{\"customer_id\":1,\"wait\":2},{\"customer_id\":9},{\"customer_id\":3},{\"customer_id\":8}]", "2", "1", "3", "1");
    assertEquals(2, learned.getInt(0));
    Row[] rows = newest(10 * MINUTE, packed(learned));
    assertEquals(3, rows.length);
    assertEquals("1", rows[0].getString(0));
    assertEquals(0, rows[0].getInt(1));
    assertArrayEquals(new Long[] {null, 200L}, rows[0].getAs(2));
    assertEquals("2", rows[1].getString(0));
    assertArrayEquals(new Long[] {null, null}, rows[1].getAs(2));
    assertEquals("3", rows[2].getString(0));
    assertArrayEquals(new Long[] {null, null}, rows[2].getAs(2));
    assertNull(asked(0, 0, 0, "[1]", "1"));
    assertEquals(0, ((Row[]) asked(0, 0, 0, "[]").getAs(1)).length);
  }

  @Test
  void theNewestAnswerCountsByIterationThenTimeThenLine() {
    byte[] before = packed(asked(9 * MINUTE, 99, 9, "[{\"customer_id\":1,\"wait\":1},{\"customer_id\":2,\"wait\":1}]", "1", "2"));
    byte[] first = packed(asked(10 * MINUTE, 5, 7, "[{\"customer_id\":1,\"wait\":2}]", "1"));
    byte[] later = packed(asked(10 * MINUTE, 6, 3, "[{\"customer_id\":1,\"wait\":3}]", "1"));
    byte[] line = packed(asked(10 * MINUTE, 6, 4, "[]", "1"));
    for (byte[][] order : new byte[][][] {{before, first, later}, {later, before, first}}) {
      Row[] rows = newest(9 * MINUTE, order);
      assertArrayEquals(new Long[] {null, 300L}, rows[0].getAs(2));
      assertEquals(1, rows[1].getInt(1));
    }
    // That the newest answer does not hold a customer is an answer too.
    Row[] rows = newest(10 * MINUTE, before, line, later, null);
    assertEquals(1, rows.length);
    assertArrayEquals(new Long[] {null, null}, rows[0].getAs(2));
    assertNull(newest(11 * MINUTE, before, line, later));
    // What was merged once is merged again: it stands, one minute older.
    byte[] merged = new Answers().call(scala.jdk.javaapi.CollectionConverters.asScala(java.util.List.of(before, first)).toSeq(), 9 * MINUTE, 0L, PACKED);
    assertEquals(2, newest(9 * MINUTE, merged, before).length);
    assertArrayEquals(new Long[] {null, 200L}, newest(9 * MINUTE, before, merged)[0].getAs(2));
  }

  @Test
  void whatIsPackedOfLaterCallsIsNewerThanWhatWasPackedOfTheSameIteration() {
    byte[] first = packed(asked(10 * MINUTE, 6, 9, "[{\"customer_id\":1,\"wait\":1},{\"customer_id\":2,\"wait\":1}]", "1", "2"));
    byte[] call = packed(asked(10 * MINUTE, 5, 0, "[{\"customer_id\":2,\"wait\":2},{\"customer_id\":3,\"wait\":2}]", "2", "3"));
    byte[] drafted = new Answers().call(scala.jdk.javaapi.CollectionConverters.asScala(java.util.List.of(first)).toSeq(), 9 * MINUTE, 0L, PACKED);
    byte[] more = new Answers().call(scala.jdk.javaapi.CollectionConverters.asScala(java.util.List.of(call)).toSeq(), 9 * MINUTE, 1L, PACKED);
    assertEquals(2, rows(more).length);
    for (byte[][] order : new byte[][][] {{drafted, more}, {more, drafted}}) {
      Row[] rows = newest(10 * MINUTE, order);
      assertEquals(3, rows.length);
      assertArrayEquals(new Long[] {null, 100L}, rows[0].getAs(2));
      assertArrayEquals(new Long[] {null, 200L}, rows[1].getAs(2));
      assertArrayEquals(new Long[] {null, 200L}, rows[2].getAs(2));
    }
  }

  @Test
  void whatWasMergedBeforeIsMergedAsIfAllWereNew() {
    Random random = Calls.random("merged answers");
    for (int round = 0; round < 2_000; round++) {
      // By key: iteration, time, line and value of the newest.
      java.util.TreeMap<String, long[]> expected = new java.util.TreeMap<>();
      java.util.List<byte[]> lists = new java.util.ArrayList<>();
      long oldest = 8 * MINUTE;
      byte[] merged = null;
      for (int n = random.nextInt(7); n > 0; n--) {
        long iteration = (7 + random.nextInt(4)) * MINUTE;
        long at = 1 + random.nextInt(3);
        String[] ids = random.ints(random.nextInt(6), 0, 12).distinct().mapToObj(Integer::toString).toArray(String[]::new);
        StringBuilder rows = new StringBuilder();
        for (String id : ids) rows.append(rows.length() == 0 ? "" : ",").append("{\"customer_id\":").append(id).append(",\"wait\":").append(n).append("}");
        if (ids.length == 0) continue;
        lists.add(packed(asked(iteration, at, n, "[" + rows + "]", ids)));
        for (String id : ids) {
          long[] mine = {iteration, at, n};
          long[] held = expected.get(id);
          if (iteration >= oldest && (held == null || java.util.Arrays.compare(mine, held) > 0)) expected.put(id, mine);
        }
        // What was merged loses what orders one iteration's answers, so it is of an earlier one.
        if (merged == null && random.nextInt(3) == 0 && iteration < 10 * MINUTE) {
          long limit = iteration;
          java.util.List<byte[]> part = new java.util.ArrayList<>(lists);
          boolean isPast = expected.values().stream().allMatch(each -> each[0] <= limit);
          if (!isPast) continue;
          merged = new Answers().call(scala.jdk.javaapi.CollectionConverters.asScala(part).toSeq(), oldest, 0L, PACKED);
          lists.clear();
          if (merged != null) lists.add(merged);
          expected.replaceAll((key, each) -> new long[] {each[0], 0, each[2]});
        }
      }
      java.util.Collections.shuffle(lists, random);
      Row[] found = lists.isEmpty() ? null : newest(oldest, lists.toArray(new byte[0][]));
      java.util.List<String> shown = new java.util.ArrayList<>();
      for (Row row : found == null ? new Row[0] : found) shown.add(row.getString(0) + " " + row.getInt(1) + " " + ((Long[]) row.getAs(2))[1]);
      java.util.List<String> wanted = new java.util.ArrayList<>();
      expected.forEach((key, each) -> wanted.add(key + " " + (10 - each[0] / MINUTE) + " " + 100 * each[2]));
      assertEquals(wanted, shown, "round " + round);
    }
  }

  @Test
  void aWrongSpecRaises() {
    assertThrows(IllegalArgumentException.class, () -> new Answer().call("{}", SPEC.replace("[\"customers\"]", "[]")));
    assertThrows(IllegalArgumentException.class, () -> new Answer().call("{}", SPEC.replace("\"places\":2", "\"places\":9")));
  }
}
