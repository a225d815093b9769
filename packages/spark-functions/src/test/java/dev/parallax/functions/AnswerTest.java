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

  @Test
  void aCallLearnsOfThoseWhomItAskedFor() {
    scala.collection.immutable.Seq<String> ids = scala.jdk.javaapi.CollectionConverters.asScala(java.util.List.of("2", "1", "3", "1")).toSeq();
    Row learned = new Answered().call(ids, "{\"customers\":[{\"customer_id\":1,\"wait\":2},{\"customer_id\":9},{\"customer_id\":3},{\"customer_id\":8}]}", SPEC);
    assertEquals(2, learned.getInt(0));
    Row[] rows = learned.getAs(1);
    assertEquals(3, rows.length);
    assertEquals("2", rows[0].getString(0));
    assertNull(rows[0].get(1));
    assertEquals("1", rows[1].getString(0));
    assertArrayEquals(new Long[] {null, 200L}, rows[1].getAs(1));
    assertEquals("3", rows[2].getString(0));
    assertArrayEquals(new Long[] {null, null}, rows[2].getAs(1));
    assertNull(new Answered().call(ids, "{\"customers\":[1]}", SPEC));
  }

  @Test
  void aWrongSpecRaises() {
    assertThrows(IllegalArgumentException.class, () -> new Answer().call("{}", SPEC.replace("[\"customers\"]", "[]")));
    assertThrows(IllegalArgumentException.class, () -> new Answer().call("{}", SPEC.replace("\"places\":2", "\"places\":9")));
  }
}
