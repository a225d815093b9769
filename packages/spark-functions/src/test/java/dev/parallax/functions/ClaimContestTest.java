package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/**
 * Goal: messages of one id and time are ordered by their payloads as unsigned bytes, which the caller brings once, as the pipeline does:
 * who is asked for them then answers for good. Method: hand-checked minutes, in every order and slicing.
 */
class ClaimContestTest {
  private static final String SPEC = Ingest.target(Calls.eventSpec("x:0"), 0, 1);

  /** A message that offset `offset` of partition 0 holds. */
  private record Sent(long offset, byte[] payload) {
    byte[] event() {
      return Ingest.event(payload, null, 0, offset, 100, 200, SPEC).getAs(1);
    }

    byte[] blob() {
      return new Payload().call(0, 0, offset, payload);
    }
  }

  private static Sent sent(long offset, long time, String more) {
    return new Sent(offset, Calls.utf8("{\"k\":1,\"t\":" + time + ",\"i\":\"a\"" + more + "}"));
  }

  /** The offset that is accepted, asking for payloads at most once, with the messages in random order and slices. */
  private static long accepted(List<Long> contested, Random random, Sent... messages) {
    List<Sent> shuffled = new ArrayList<>(List.of(messages));
    Collections.shuffle(shuffled, random);
    List<Row> items = new ArrayList<>();
    for (int from = 0; from < shuffled.size(); ) {
      int to = from + 1 + random.nextInt(shuffled.size() - from);
      items.add(Ingest.item("events", Ingest.records(shuffled.subList(from, to).stream().map(Sent::event).toList())));
      from = to;
    }
    Ingest.Claimed claimed = Ingest.claim(items, 100, 1);
    assertEquals(contested, claimed.contested() == null ? List.of() : Ingest.contested(claimed.contested()).stream().map(place -> place.get(2)).toList());
    for (Sent message : messages) if (contested.contains(message.offset)) items.add(random.nextInt(items.size() + 1), Ingest.item("payload", message.blob()));
    claimed = Ingest.claim(items, 100, 1);
    assertNull(claimed.contested());
    assertEquals(1, claimed.events().size());
    assertEquals(messages.length - 1, Ingest.kept(claimed.kept()).size());
    return PackedEvent.read(claimed.events().get(0), 1).offset();
  }

  private static void assertAccepted(long expected, List<Long> contested, Sent... messages) {
    Random random = new Random(expected);
    for (int i = 0; i < 50; i++) assertEquals(expected, accepted(contested, random, messages));
  }

  @Test
  void theLeastPayloadWins() {
    assertAccepted(9, List.of(1L, 9L), sent(1, 150, ",\"x\":2"), sent(9, 150, ",\"x\":1"));
    assertAccepted(1, List.of(1L, 9L), sent(1, 150, ",\"x\":1"), sent(9, 150, ",\"x\":2"));
    assertAccepted(3, List.of(1L, 2L, 3L, 4L), sent(1, 150, ",\"x\":2"), sent(2, 150, ",\"x\":4"), sent(3, 150, ",\"x\":1"), sent(4, 150, ",\"x\":3"));
  }

  @Test
  void bytesAreUnsignedAndAPrefixIsLess() {
    assertAccepted(2, List.of(1L, 2L), sent(1, 150, ",\"é\":1"), sent(2, 150, ",\"z\":1"));
    assertAccepted(2, List.of(1L, 2L), sent(1, 150, "}".replace("}", ",\"x\":1") + ""), new Sent(2, Calls.utf8("{\"i\":\"a\",\"k\":1,\"t\":150}")));
    Sent plain = sent(2, 150, "");
    assertAccepted(2, List.of(1L, 2L), new Sent(1, Calls.utf8(new String(plain.payload) + " ")), plain);
  }

  /** Only what may be accepted is asked for. */
  @Test
  void laterOnesAreNotContested() {
    assertAccepted(3, List.of(), sent(1, 150, ",\"x\":2"), sent(2, 150, ",\"x\":1"), sent(3, 149, ",\"x\":3"));
    assertAccepted(5, List.of(3L, 5L), sent(1, 150, ",\"x\":2"), sent(2, 150, ",\"x\":1"), sent(3, 149, ",\"x\":4"), sent(4, 151, ""), sent(5, 149, ",\"x\":3"));
  }

  /** A message that was sent twice beside one that differs: all of them are asked for at once. */
  @Test
  void equalPayloadsBesideAnotherOne() {
    assertAccepted(3, List.of(1L, 2L, 3L), sent(1, 150, ",\"x\":2"), sent(2, 150, ",\"x\":2"), sent(3, 150, ",\"x\":1"));
    assertAccepted(1, List.of(1L, 2L, 3L), sent(1, 150, ",\"x\":1"), sent(2, 150, ",\"x\":1"), sent(3, 150, ",\"x\":2"));
    assertAccepted(2, List.of(1L, 2L, 3L, 4L), sent(1, 150, ",\"x\":2"), sent(2, 150, ",\"x\":1"), sent(3, 150, ",\"x\":2"), sent(4, 150, ",\"x\":1"));
  }

  /** An id that is taken is not contested: all are duplicates. */
  @Test
  void aClaimedIdIsNotContested() {
    byte[] before = Ingest.claim(List.of(Ingest.item("events", Ingest.records(List.of(sent(1, 140, "").event())))), 100, 1).claims();
    List<byte[]> events = List.of(sent(2, 150, ",\"x\":1").event(), sent(3, 150, ",\"x\":2").event());
    Ingest.Claimed claimed = Ingest.claim(List.of(Ingest.item("claims", before), Ingest.item("events", Ingest.records(events))), 100, 1);
    assertNull(claimed.contested());
    assertEquals(2, Ingest.kept(claimed.kept()).size());
  }

  /** The caller learns when a payload that it was asked for does not come. */
  @Test
  void whatIsMissingIsAskedForAgain() {
    Sent one = sent(1, 150, ",\"x\":2");
    Sent two = sent(2, 150, ",\"x\":1");
    Row events = Ingest.item("events", Ingest.records(List.of(one.event(), two.event())));
    Ingest.Claimed claimed = Ingest.claim(List.of(events, Ingest.item("payload", two.blob())), 100, 1);
    assertEquals(List.of(List.of(0L, 0L, 1L), List.of(0L, 0L, 2L)), Ingest.contested(claimed.contested()));
    assertEquals(List.of(), Ingest.contested(null));
  }
}
