package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Goal: packed bytes read back, and torn ones raise PRLX_STATE and nothing else. Method: hand-checked encodings, random numbers, wounds. */
class RecordBytesTest {
  private static final long[] EDGES = {0, 1, -1, 63, 64, -64, -65, 127, 128, 16_383, 16_384, Integer.MAX_VALUE, Integer.MIN_VALUE, 1L << 62, Long.MAX_VALUE, Long.MIN_VALUE};

  @Test
  void numbersArePackedAsDocumented() {
    ByteWriter out = new ByteWriter(0);
    for (long value : new long[] {0, 1, 127, 128, 300}) out.uvarint(value);
    for (long value : new long[] {0, -1, 1, -64, 64}) out.zigzag(value);
    out.uvarint(-1);
    out.int32(0x01020304);
    out.int64(-2);
    out.u8(0x1FF);
    out.sized(Calls.utf8("xabcx"), 1, 4);
    String expected = "00" + "01" + "7f" + "8001" + "ac02" + "00" + "01" + "02" + "7f" + "8001" + "ffffffffffffffffff01" + "04030201" + "feffffffffffffff" + "ff" + "03616263";
    assertEquals(expected, HexFormat.of().formatHex(out.toBytes()));
    out.clear();
    assertEquals(0, out.toBytes().length);
    // What stood there before does not shine through.
    assertEquals(0, out.skip(3));
    assertEquals("000000", HexFormat.of().formatHex(out.toBytes()));
  }

  @Test
  void numbersReadBack() {
    Random random = Calls.random("packed numbers");
    List<Long> values = new ArrayList<>();
    for (long edge : EDGES) values.add(edge);
    for (int i = 0; i < 20_000; i++) values.add(random.nextLong() >> random.nextInt(64));
    ByteWriter out = new ByteWriter(1);
    for (long value : values) {
      out.uvarint(value);
      out.zigzag(value);
      out.int64(value);
      out.int32((int) value);
      out.u8((int) value & 0xFF);
    }
    byte[] bytes = out.toBytes();
    ByteReader in = new ByteReader(bytes);
    PackedBytes other = new PackedBytes(bytes);
    for (long value : values) {
      assertEquals(List.of(value, value, value, (long) (int) value, value & 0xFF), List.of(in.uvarint(), in.zigzag(), in.int64(), (long) in.int32(), (long) in.u8()));
      assertEquals(List.of(value, value, value), List.of(other.uvarint(), other.zigzag(), other.int64()));
      other.bytes(5);
    }
    assertTrue(!in.hasMore() && !other.hasMore());
  }

  @Test
  void nothingIsReadBeyondTheEnd() {
    byte[] bytes = HexFormat.of().parseHex("ff8080808080808080808080");
    assertState(() -> new ByteReader(bytes, 0, 0).u8());
    assertState(() -> new ByteReader(bytes, 0, 3).uvarint());
    assertState(() -> new ByteReader(bytes).uvarint());
    assertState(() -> new ByteReader(bytes, 0, 7).int64());
    assertState(() -> new ByteReader(bytes, 0, 3).int32());
    assertState(() -> new ByteReader(bytes, 1, 4).skip(4));
    assertState(() -> new ByteReader(new byte[] {3, 0, 0}).length());
    // A length that is negative as an int64.
    assertState(() -> new ByteReader(HexFormat.of().parseHex("ffffffffffffffffff01")).length());
    ByteReader whole = new ByteReader(new byte[] {2, 0, 0});
    assertEquals(2, whole.length());
  }

  private static void assertState(Runnable read) {
    IllegalArgumentException error = assertThrows(IllegalArgumentException.class, read::run);
    assertTrue(error.getMessage().startsWith("PRLX_STATE"), error.getMessage());
  }

  private static final String SPEC = Ingest.target(Calls.eventSpec("x:0 y:2"), 1, 4);

  private static List<byte[]> samples() {
    List<byte[]> samples = new ArrayList<>();
    String[] payloads = {"{\"k\":1,\"t\":150,\"i\":\"a\",\"x\":70000,\"né\":0,\"d2\":1}", "{\"k\":-12,\"t\":150,\"i\":\"bé\"}", "{\"k\":1,\"t\":50,\"i\":\"c\"}", "{\"k\":1,\"t\":250,\"i\":\"c\"}", "{", null};
    for (int i = 0; i < payloads.length; i++) samples.add(Ingest.event(payloads[i] == null ? null : Calls.utf8(payloads[i]), null, i * 100, i, 100, 200, SPEC).getAs(1));
    return samples;
  }

  /** The walk over a list against the documented format. */
  @Test
  void aListIsWalkedRecordByRecord() {
    List<byte[]> samples = samples();
    EventRecord record = new EventRecord();
    record.open(Ingest.records(samples));
    samples.sort(Arrays::compareUnsigned);
    for (byte[] sample : samples) {
      assertTrue(record.next());
      PackedEvent expected = PackedEvent.read(sample, 2);
      assertArrayEquals(sample, Arrays.copyOfRange(record.bytes, record.start, record.end));
      assertEquals(List.of((long) expected.stream(), (long) expected.partition(), expected.offset(), (long) expected.kind()), List.of((long) record.stream, (long) record.partition, record.offset, (long) record.kind));
      if (record.kind == EventRecord.INVALID) {
        assertEquals(expected.reason(), EventRecord.REASONS[record.reason]);
      } else {
        assertEquals(expected.time(), record.time);
        assertEquals(expected.key(), text(record, record.keyStart, record.keyEnd));
        assertEquals(expected.id(), text(record, record.idStart, record.idEnd));
      }
      if (record.kind == EventRecord.CANDIDATE) {
        assertEquals(List.of(expected.idHash(), expected.payloadHash()), List.of(record.idHash, record.payloadHash));
        assertEquals(expected.vals(), new PackedBytes(Arrays.copyOfRange(record.bytes, record.valsStart, record.end)).values(2));
        assertEquals(expected.drift().size(), record.bytes[record.driftStart]);
      } else {
        byte[] payload = record.payloadStart < 0 ? null : Arrays.copyOfRange(record.bytes, record.payloadStart, record.end);
        assertArrayEquals(expected.payload(), payload);
      }
    }
    assertTrue(!record.next());
  }

  private static String text(EventRecord record, int from, int to) {
    return new String(record.bytes, from, to - from, java.nio.charset.StandardCharsets.UTF_8);
  }

  @Test
  void unknownClassesAndReasonsRaise() {
    assertState(() -> Ingest.kept(HexFormat.of().parseHex("04" + "00000005")));
    assertState(() -> Ingest.kept(HexFormat.of().parseHex("06" + "00000001" + "0800")));
    assertEquals("range", Ingest.kept(HexFormat.of().parseHex("06" + "00000001" + "0700")).get(0).getString(4));
  }

  @Test
  void tornBytesRaiseStateOrNothing() {
    Random random = Calls.random("torn records");
    byte[] list = Ingest.records(samples());
    Ingest.Claimed claimed = Ingest.claim(List.of(Ingest.item("events", list)), 100, 4);
    byte[] contested = HexFormat.of().parseHex("0001020003ac02");
    Map<String, Integer> outcomes = new HashMap<>();
    for (int i = 0; i < 40_000; i++) {
      switch (i % 5) {
        case 0 -> attempt("events", outcomes, wounded(list, random), torn -> Ingest.claim(List.of(Ingest.item("events", torn)), 100, 4));
        case 1 -> attempt("claims", outcomes, wounded(claimed.claims(), random), torn -> Ingest.claim(List.of(Ingest.item("events", list), Ingest.item("claims", torn)), 100, 4));
        case 2 -> attempt("kept", outcomes, wounded(claimed.kept(), random), Ingest::kept);
        case 3 -> attempt("counts", outcomes, wounded(claimed.counts(), random), torn -> Ingest.counts(torn));
        default -> attempt("contested", outcomes, wounded(contested, random), Ingest::contested);
      }
    }
    for (String what : List.of("events", "claims", "kept", "counts", "contested")) {
      for (String outcome : List.of(" read", " refused")) assertTrue(outcomes.getOrDefault(what + outcome, 0) > 100, what + outcome + ": " + outcomes);
    }
  }

  private interface Reading {
    Object of(byte[] bytes);
  }

  private static void attempt(String what, Map<String, Integer> outcomes, byte[] bytes, Reading reading) {
    String outcome = " read";
    try {
      reading.of(bytes);
    } catch (IllegalArgumentException error) {
      assertTrue(error.getMessage().startsWith("PRLX_STATE"), error.getMessage());
      outcome = " refused";
    } catch (RuntimeException error) {
      throw new AssertionError(what + " " + Ingest.hex(bytes), error);
    }
    outcomes.merge(what + outcome, 1, Integer::sum);
  }

  private static byte[] wounded(byte[] bytes, Random random) {
    byte[] out = bytes.clone();
    for (int n = random.nextInt(3); n > 0; n--) out[random.nextInt(out.length)] = (byte) (random.nextBoolean() ? random.nextInt(256) : random.nextInt(9));
    return random.nextInt(3) == 0 ? Arrays.copyOf(out, random.nextInt(out.length + 1)) : out;
  }
}
