package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** Goal: a message becomes the record that the README describes, in the right bucket. Method: hand-checked bytes and edges of time. */
class EventTest {
  private static final String SPEC = Ingest.target(Calls.eventSpec("x:0 y:2"), 3, 16);

  private static PackedEvent read(Row row) {
    return PackedEvent.read(row.getAs(1), 2);
  }

  private static String at(long time) {
    return "{\"k\":1,\"t\":" + time + ",\"i\":\"e\"}";
  }

  @Test
  void aCandidateIsPackedAsDocumented() {
    byte[] payload = Calls.utf8("{\"k\":12,\"t\":5,\"i\":\"e\",\"new\":{},\"y\":-0.65}");
    Row row = Ingest.event(payload, null, 2, 300, 0, 10, SPEC);
    String hash = little(PackedBytes.hash(Calls.utf8("e")));
    String expected =
        "03" + "02" + "ac02" + "00" + "0500000000000000" + hash + little(PackedBytes.hash(payload)) + "02" + "3132" + "01" + "65" + "01" + "03" + "6e6577" + "02" + "8101";
    assertEquals(expected, HexFormat.of().formatHex(row.getAs(1)));
    assertEquals(PackedBytes.bucket(Calls.utf8("e"), 16), row.getInt(0));
  }

  private static String little(long value) {
    return HexFormat.of().formatHex(java.nio.ByteBuffer.allocate(8).putLong(Long.reverseBytes(value)).array());
  }

  @Test
  void othersAreKeptWithTheirPayloadAsDocumented() {
    byte[] payload = Calls.utf8(at(9));
    String hex = HexFormat.of().formatHex(payload);
    assertEquals("03" + "00" + "07" + "02" + "0900000000000000" + "0131" + "0165" + "01" + hex, HexFormat.of().formatHex(Ingest.event(payload, null, 0, 7, 10, 20, SPEC).getAs(1)));
    assertEquals("03" + "00" + "07" + "03" + "0900000000000000" + "0131" + "0165" + "01" + hex, HexFormat.of().formatHex(Ingest.event(payload, null, 0, 7, 0, 9, SPEC).getAs(1)));
    assertEquals("03" + "00" + "07" + "01" + "02" + "01" + "7b", HexFormat.of().formatHex(Ingest.event("{", 0, 7, SPEC).getAs(1)));
    assertEquals("03" + "00" + "07" + "01" + "02" + "01", HexFormat.of().formatHex(Ingest.event("", 0, 7, SPEC).getAs(1)));
    assertEquals("03" + "00" + "07" + "01" + "02" + "00", HexFormat.of().formatHex(Ingest.event((String) null, 0, 7, SPEC).getAs(1)));
  }

  /** Late is time < late, ahead is time >= ahead (contract, section 3). */
  @Test
  void theEdgesOfTime() {
    assertEquals("late", kindAt(99, 100, 200));
    assertEquals("candidate", kindAt(100, 100, 200));
    assertEquals("candidate", kindAt(199, 100, 200));
    assertEquals("ahead", kindAt(200, 100, 200));
    assertEquals("late", kindAt(-101, -100, 200));
    assertEquals("candidate", kindAt(-100, -100, 200));
    assertEquals("late", kindAt(Long.MIN_VALUE, -100, 200));
    assertEquals("ahead", kindAt(Long.MAX_VALUE, -100, 200));
  }

  private static String kindAt(long time, long late, long ahead) {
    PackedEvent event = read(Ingest.event(Calls.utf8(at(time)), null, 0, 0, late, ahead, SPEC));
    assertEquals(time, event.time());
    assertEquals("e", event.id());
    return event.kindName();
  }

  @Test
  void eachReasonHasItsCode() {
    byte[] large = new byte[Limits.MESSAGE_BYTES_MAX + 1];
    assertEquals("too_large", reason(large));
    assertEquals("utf8", reason(new byte[] {'{', (byte) 0xFF, '}'}));
    assertEquals("json", reason(Calls.utf8("{}{}")));
    assertEquals("key", reason(Calls.utf8("{\"k\":null,\"t\":0,\"i\":\"e\"}")));
    assertEquals("time", reason(Calls.utf8("{\"k\":1,\"t\":0.5,\"i\":\"e\"}")));
    assertEquals("id", reason(Calls.utf8("{\"k\":1,\"t\":0,\"i\":\"\"}")));
    assertEquals("type", reason(Calls.utf8(Calls.message("\"x\":\"1\",\"y\":1e99"))));
    assertEquals("range", reason(Calls.utf8(Calls.message("\"y\":1e99"))));
  }

  /** The reason of a message that is nothing but invalid: its time does not make it late, and its payload is whole. */
  private static String reason(byte[] payload) {
    PackedEvent event = read(Ingest.event(payload, null, 1, 2, 10, 20, SPEC));
    assertEquals("invalid", event.kindName());
    assertArrayEquals(payload, event.payload());
    assertNull(event.time());
    return event.reason();
  }

  @Test
  void anIdFromTheTransportDecidesTheBucket() {
    String spec = Ingest.target(Calls.eventSpec("bigint", "epoch_us", "null", "x:0 y:2"), 0, 64);
    for (String id : List.of("a", "é", "network/0/17", "😀".repeat(64))) {
      Row row = Ingest.event(Calls.utf8(at(0)), id, 0, 17, 0, 10, spec);
      assertEquals(id, read(row).id());
      assertEquals(PackedBytes.hash(Calls.utf8(id)), read(row).idHash());
      assertEquals(PackedBytes.bucket(Calls.utf8(id), 64), row.getInt(0));
    }
    assertEquals("id", read(Ingest.event(Calls.utf8(at(0)), null, 0, 17, 0, 10, spec)).reason());
  }

  @Test
  void placesAndBucketsAtTheirLimits() {
    for (int buckets : new int[] {1, 7, Limits.BUCKETS_MAX}) {
      String spec = Ingest.target(Calls.eventSpec("x:0 y:2"), Limits.VARIABLES_MAX, buckets);
      for (int partition : new int[] {0, 127, 128, Integer.MAX_VALUE}) {
        for (long offset : new long[] {0, 127, 128, 1L << 40, Long.MAX_VALUE}) {
          for (String payload : new String[] {at(0), "?", null}) {
            Row row = Ingest.event(payload, partition, offset, spec);
            assertTrue(row.getInt(0) >= 0 && row.getInt(0) < buckets);
            assertEquals(List.of((long) Limits.VARIABLES_MAX, (long) partition, offset), List.of((long) read(row).stream(), (long) read(row).partition(), read(row).offset()));
          }
        }
      }
    }
  }

  /** The writer is used again by the next message of the thread. */
  @Test
  void oneMessageLeavesNothingToTheNext() {
    byte[] before = Ingest.event(at(0), 0, 0, SPEC).getAs(1);
    byte[] large = Ingest.event("x".repeat(500_000), 0, 1, SPEC).getAs(1);
    assertEquals(500_006, large.length);
    assertArrayEquals(before, Ingest.event(at(0), 0, 0, SPEC).getAs(1));
    assertEquals("x".repeat(500_000), new String(read(Ingest.event("x".repeat(500_000), 0, 1, SPEC)).payload(), java.nio.charset.StandardCharsets.UTF_8));
  }

  @Test
  void wrongSpecsRaise() {
    String plain = Calls.eventSpec("x:0");
    for (String spec : List.of(plain, Ingest.target(plain, -1, 4), Ingest.target(plain, 0, 0), Ingest.target(plain, 0, Limits.BUCKETS_MAX + 1), "{}", "")) {
      IllegalArgumentException error = assertThrows(IllegalArgumentException.class, () -> Ingest.event(at(0), 0, 0, spec));
      assertTrue(error.getMessage().startsWith("PRLX_SPEC"), error.getMessage());
    }
  }

  @Test
  void listsOfRecordsDoNotShowTheirOrder() {
    List<byte[]> events = new ArrayList<>();
    for (int partition : new int[] {0, 1, 200}) for (int offset : new int[] {0, 1, 127, 128, 70_000}) events.add(Ingest.event(offset % 2 == 0 ? at(offset) : "?", partition, offset, SPEC).getAs(1));
    byte[] list = Ingest.records(events);
    List<byte[]> sorted = new ArrayList<>(events);
    sorted.sort(Arrays::compareUnsigned);
    assertEquals(sorted.stream().map(Ingest::hex).toList(), PackedBytes.list(list).stream().map(Ingest::hex).toList());
    Random random = Calls.random("records");
    for (int i = 0; i < 20; i++) {
      Collections.shuffle(events, random);
      assertArrayEquals(list, Ingest.records(events));
    }
    assertEquals(0, Ingest.records(List.of()).length);
  }
}
