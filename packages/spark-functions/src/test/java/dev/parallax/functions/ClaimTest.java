package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** Goal: of all messages of one (stream, id) the right one is accepted (contract, section 3.4). Method: hand-checked minutes. */
class ClaimTest {
  private static final String[] SPECS = {Ingest.target(Calls.eventSpec("x:0"), 0, 1), Ingest.target(Calls.eventSpec("x:0"), 1, 1)};
  private static final long LATE = 100;

  private final List<byte[]> events = new ArrayList<>();

  private ClaimTest() {}

  /** A message of this minute; times below 100 are late, from 200 on ahead. */
  private ClaimTest add(int stream, int partition, long offset, int key, long time, String id) {
    return add(stream, partition, offset, "{\"k\":" + key + ",\"t\":" + time + ",\"i\":\"" + id + "\",\"x\":1}");
  }

  private ClaimTest add(int stream, int partition, long offset, String payload) {
    events.add(Ingest.event(Calls.utf8(payload), null, partition, offset, LATE, 200, SPECS[stream]).getAs(1));
    return this;
  }

  private Ingest.Claimed claim(byte[]... before) {
    List<Row> items = new ArrayList<>(List.of(Ingest.item("events", Ingest.records(events))));
    for (byte[] claims : before) items.add(Ingest.item("claims", claims));
    return Ingest.claim(items, LATE, 1);
  }

  /** "stream/partition/offset class" of every message, in this order. */
  private static List<String> classes(Ingest.Claimed claimed) {
    List<String> out = new ArrayList<>();
    for (byte[] record : claimed.events()) {
      PackedEvent event = PackedEvent.read(record, 1);
      out.add(event.stream() + "/" + event.partition() + "/" + event.offset() + " accepted");
    }
    for (Row row : Ingest.kept(claimed.kept())) out.add(row.getInt(0) + "/" + row.getInt(1) + "/" + row.getLong(2) + " " + row.getString(3));
    out.sort(null);
    return out;
  }

  private static ClaimTest minute() {
    return new ClaimTest();
  }

  @Test
  void theEarliestTimeIsAccepted() {
    ClaimTest minute = minute().add(0, 0, 1, 7, 150, "a").add(0, 5, 9, 7, 149, "a").add(0, 0, 2, 7, 151, "a").add(0, 0, 3, 7, 150, "b");
    assertEquals(List.of("0/0/1 duplicate", "0/0/2 duplicate", "0/0/3 accepted", "0/5/9 accepted"), classes(minute.claim()));
    assertNull(minute.claim().contested());
  }

  /** Equal payloads: any is the same event; partition and offset decide, as numbers. */
  @Test
  void ofEqualPayloadsTheLeastPlaceIsAccepted() {
    assertEquals(List.of("0/1/128 accepted", "0/1/300 duplicate", "0/2/1 duplicate"), classes(minute().add(0, 2, 1, 7, 150, "a").add(0, 1, 300, 7, 150, "a").add(0, 1, 128, 7, 150, "a").claim()));
    // As bytes, 128 and 300 begin with 80 and ac, 2 with 02; 255 is ff 01.
    assertEquals(List.of("0/2/255 accepted", "0/255/2 duplicate"), classes(minute().add(0, 255, 2, 7, 150, "a").add(0, 2, 255, 7, 150, "a").claim()));
    assertNull(minute().add(0, 2, 1, 7, 150, "a").add(0, 1, 300, 7, 150, "a").claim().contested());
  }

  @Test
  void streamsAndIdsClaimApart() {
    ClaimTest minute = minute().add(0, 0, 1, 7, 150, "a").add(1, 0, 1, 7, 150, "a").add(0, 0, 2, 7, 150, "A").add(0, 0, 3, 7, 150, "a ").add(0, 0, 4, 8, 160, "a");
    assertEquals(List.of("0/0/1 accepted", "0/0/2 accepted", "0/0/3 accepted", "0/0/4 duplicate", "1/0/1 accepted"), classes(minute.claim()));
  }

  @Test
  void onlyAcceptedEventsClaim() {
    ClaimTest minute = minute().add(0, 0, 1, 7, 99, "a").add(0, 0, 2, 7, 200, "a").add(0, 0, 3, "{\"k\":1,\"t\":100,\"i\":\"a\",\"x\":true}").add(0, 0, 4, 7, 199, "a").add(0, 0, 5, "");
    assertEquals(List.of("0/0/1 late", "0/0/2 ahead", "0/0/3 invalid", "0/0/4 accepted", "0/0/5 invalid"), classes(minute.claim()));
    assertEquals(List.of("0/0/1 late"), classes(minute().add(0, 0, 1, 7, 99, "a").claim()));
    assertNull(minute().add(0, 0, 1, 7, 99, "a").claim().claims());
  }

  @Test
  void anEarlierClaimHoldsWhileItsTimeIsNotLate() {
    byte[] before = minute().add(0, 0, 1, 7, 150, "a").add(0, 0, 2, 7, 151, "b").claim().claims();
    // At the next call `late` is the claims' time, then a microsecond more.
    List<Row> items = List.of(Ingest.item("events", Ingest.records(minute().add(0, 0, 3, 7, 190, "a").add(1, 0, 4, 7, 190, "a").add(0, 0, 5, 7, 190, "b").events)), Ingest.item("claims", before));
    assertEquals(List.of("0/0/3 duplicate", "0/0/5 duplicate", "1/0/4 accepted"), classes(Ingest.claim(items, 150, 1)));
    assertEquals(List.of("0/0/3 accepted", "0/0/5 duplicate", "1/0/4 accepted"), classes(Ingest.claim(items, 151, 1)));
    assertEquals(List.of("0/0/3 accepted", "0/0/5 accepted", "1/0/4 accepted"), classes(Ingest.claim(items, 152, 1)));
  }

  /** A message of an id that is claimed is a duplicate also when it is older than the accepted one. */
  @Test
  void anEarlierClaimStandsAgainstEarlierTimes() {
    byte[] before = minute().add(0, 0, 1, 7, 150, "a").claim().claims();
    byte[] other = minute().add(0, 0, 2, 7, 150, "b").claim().claims();
    Ingest.Claimed claimed = minute().add(0, 0, 3, 7, 120, "a").add(0, 0, 4, "{\"k\":1,\"t\":120,\"i\":\"a\"}").add(0, 0, 5, 7, 120, "b").add(0, 0, 6, 7, 120, "c").claim(other, before);
    assertEquals(List.of("0/0/3 duplicate", "0/0/4 duplicate", "0/0/5 duplicate", "0/0/6 accepted"), classes(claimed));
    assertNull(claimed.contested());
  }

  @Test
  void claimsAreSortedAndHoldWhatLaterMinutesNeed() {
    byte[] claims = minute().add(1, 0, 1, 7, 150, "a").add(0, 0, 2, 7, 151, "b").add(0, 0, 3, 7, 152, "b").add(0, 0, 4, 9, 150, "a").claim().claims();
    PackedBytes in = new PackedBytes(claims);
    List<String> read = new ArrayList<>();
    while (in.hasMore()) {
      long hash = in.int64();
      long time = in.int64();
      long stream = in.uvarint();
      String id = in.sizedText();
      assertEquals(PackedBytes.hash(Calls.utf8(id)), hash);
      in.int64();
      read.add(stream + " " + id + " " + time + " " + in.uvarint() + "/" + in.uvarint());
    }
    assertEquals(3, read.size());
    assertEquals(List.of("0 a 150 0/4", "0 b 151 0/2", "1 a 150 0/1"), read.stream().sorted().toList());
    byte[] other = minute().add(0, 0, 4, 9, 150, "a").add(0, 0, 3, 7, 152, "b").add(1, 0, 1, 7, 150, "a").add(0, 0, 2, 7, 151, "b").claim().claims();
    assertEquals(Ingest.hex(claims), Ingest.hex(other));
  }

  /** What is settled of an iteration stands while a later message of the id surely comes after it. */
  @Test
  void whatMayGoBeforeWhatWasSettledOvertakesIt() {
    byte[] settled = minute().add(0, 1, 5, 7, 150, "a").claim().claims();
    assertFalse(own(settled, minute().add(0, 1, 6, 7, 150, "a")).overtaken());
    assertFalse(own(settled, minute().add(0, 2, 1, 7, 150, "a")).overtaken());
    assertFalse(own(settled, minute().add(0, 0, 1, 9, 151, "a")).overtaken());
    assertFalse(own(settled, minute().add(0, 0, 1, 7, 140, "b").add(1, 0, 1, 7, 140, "a")).overtaken());
    assertEquals(List.of("0/1/6 duplicate", "0/1/7 accepted"), classes(own(settled, minute().add(0, 1, 6, 7, 150, "a").add(0, 1, 7, 7, 150, "b"))));
    assertTrue(own(settled, minute().add(0, 1, 6, 7, 149, "a")).overtaken());
    assertTrue(own(settled, minute().add(0, 1, 4, 7, 150, "a")).overtaken());
    assertTrue(own(settled, minute().add(0, 0, 9, 7, 150, "a")).overtaken());
    assertTrue(own(settled, minute().add(0, 1, 6, 8, 150, "a")).overtaken());
    assertTrue(own(settled, minute().add(0, 1, 6, 7, 151, "a").add(0, 1, 7, 7, 149, "a")).overtaken());
  }

  private static Ingest.Claimed own(byte[] settled, ClaimTest rest) {
    return Ingest.claim(List.of(Ingest.item("events", Ingest.records(rest.events)), Ingest.item("own", settled)), LATE, 1);
  }

  /** Two ids of one hash are two ids, in one minute and against claims. */
  @Test
  void idsOfOneHashAreToldApartByTheirBytes() {
    List<byte[]> forged = new ArrayList<>();
    for (String id : List.of("first", "other", "third")) forged.add(candidate(id, 0x1234567890L, forged.size()));
    forged.add(candidate("other", 0x1234567890L, 3));
    Ingest.Claimed claimed = Ingest.claim(List.of(Ingest.item("events", Ingest.records(forged))), LATE, 1);
    assertEquals(List.of("0/0/0 accepted", "0/0/1 accepted", "0/0/2 accepted", "0/0/3 duplicate"), classes(claimed));
    Ingest.Claimed only = Ingest.claim(List.of(Ingest.item("events", Ingest.records(List.of(candidate("other", 0x1234567890L, 4))))), LATE, 1);
    List<Row> items = List.of(Ingest.item("events", Ingest.records(List.of(candidate("first", 0x1234567890L, 5), candidate("other", 0x1234567890L, 6)))), Ingest.item("claims", only.claims()));
    assertEquals(List.of("0/0/5 accepted", "0/0/6 duplicate"), classes(Ingest.claim(items, LATE, 1)));
  }

  private static byte[] candidate(String id, long idHash, int offset) {
    ByteWriter out = new ByteWriter(1);
    EventRecord.head(out, 0, 0, offset, EventRecord.CANDIDATE);
    out.int64(150);
    out.int64(idHash);
    out.int64(77);
    out.sized(Calls.utf8("1"), 0, 1);
    out.sized(Calls.utf8(id), 0, id.length());
    out.uvarint(0);
    out.u8(0);
    return out.toBytes();
  }

  @Test
  void acceptedRecordsGoToTheBucketOfTheirCustomerUntouched() {
    List<String> expected = new ArrayList<>();
    ClaimTest minute = minute();
    for (int i = 0; i < 200; i++) minute.add(i % 2, 0, i, i % 50, 150, "e" + i);
    for (byte[] event : minute.events) expected.add(PackedBytes.bucket(Calls.utf8(PackedEvent.read(event, 1).key()), 8) + " " + Ingest.hex(event));
    Ingest.Claimed claimed = Ingest.claim(List.of(Ingest.item("events", Ingest.records(minute.events))), LATE, 8);
    List<String> actual = new ArrayList<>();
    int bucketBefore = -1;
    for (Ingest.Accepted bucket : claimed.accepted()) {
      assertTrue(bucket.bucket() > bucketBefore);
      bucketBefore = bucket.bucket();
      List<byte[]> records = PackedBytes.list(bucket.events());
      for (int i = 1; i < records.size(); i++) assertTrue(Arrays.compareUnsigned(records.get(i - 1), records.get(i)) < 0);
      for (byte[] record : records) actual.add(bucket.bucket() + " " + Ingest.hex(record));
    }
    expected.sort(null);
    actual.sort(null);
    assertEquals(expected, actual);
  }

  @Test
  void nothingIsNothing() {
    for (List<Row> items : List.of(List.<Row>of(), List.of(Ingest.item("events", null)), List.of(Ingest.item("events", new byte[0]), Ingest.item("claims", new byte[0])))) {
      Ingest.Claimed claimed = Ingest.claim(items, LATE, 4);
      assertEquals(List.of(), claimed.accepted());
      assertNull(claimed.claims());
      assertNull(claimed.kept());
      assertNull(claimed.contested());
      assertEquals(List.of(), Ingest.counts(claimed.counts()));
    }
    // A bucket without messages of this minute has earlier claims still.
    Ingest.Claimed idle = Ingest.claim(List.of(Ingest.item("claims", minute().add(0, 0, 1, 7, 150, "a").claim().claims())), LATE, 4);
    assertEquals(List.of(), idle.accepted());
    assertNull(idle.claims());
  }

  @Test
  void wrongSpecsRaise() {
    for (String spec : List.of("{}", "{\"buckets\":0}", "{\"buckets\":1.5}", "x")) {
      IllegalArgumentException error = assertThrows(IllegalArgumentException.class, () -> new Claim().call(null, 0L, spec));
      assertTrue(error.getMessage().startsWith("PRLX_SPEC"), error.getMessage());
    }
  }
}
