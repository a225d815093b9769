package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF7;

/**
 * {@code prlx_event(payload BINARY, message_id STRING, partition INT, offset BIGINT, late BIGINT, ahead BIGINT, spec STRING)}: one
 * message as a packed record with the bucket of its id, {@code STRUCT<bucket INT, event BINARY>}. It is invalid with its first reason, late
 * (time &lt; late), ahead (time &ge; ahead), or a candidate: one that no message but another of the same id can make a duplicate. Times
 * in microseconds. A message never raises.
 */
public final class Event implements UDF7<byte[], String, Integer, Long, Long, Long, String, Row> {
  private static final long serialVersionUID = 1L;
  private static final SpecCache<Target> TARGETS = new SpecCache<>(Target::parse);
  private static final ThreadLocal<ByteWriter> WRITERS = ThreadLocal.withInitial(() -> new ByteWriter(4096));

  /** Where a stream's events go. */
  private record Target(int stream, int buckets, int variables) {
    static Target parse(String text) {
      Spec spec = Spec.parse(text);
      int buckets = spec.integer("buckets", 1, Limits.BUCKETS_MAX);
      return new Target(spec.integer("stream", 0, Limits.VARIABLES_MAX), buckets, spec.objects("variables").size());
    }
  }

  @Override
  public Row call(byte[] payload, String messageId, Integer partition, Long offset, Long late, Long ahead, String specText) {
    Target target = TARGETS.get(specText);
    Row parsed = EventParser.parse(payload, messageId, specText);
    ByteWriter out = WRITERS.get();
    out.clear();
    String reason = parsed.getString(0);
    if (reason != null) {
      EventRecord.head(out, target.stream, partition, offset, EventRecord.INVALID);
      out.u8(Arrays.asList(EventRecord.REASONS).indexOf(reason));
      EventRecord.payload(out, payload);
      return RowFactory.create(placeBucket(partition, offset, target), out.toBytes());
    }
    byte[] key = parsed.getString(1).getBytes(StandardCharsets.UTF_8);
    long time = parsed.getLong(2);
    byte[] id = parsed.getString(3).getBytes(StandardCharsets.UTF_8);
    if (time < late || time >= ahead) {
      EventRecord.head(out, target.stream, partition, offset, time < late ? EventRecord.LATE : EventRecord.AHEAD);
      out.int64(time);
      out.sized(key, 0, key.length);
      out.sized(id, 0, id.length);
      EventRecord.payload(out, payload);
      return RowFactory.create(placeBucket(partition, offset, target), out.toBytes());
    }
    long idHash = Hash.of(id, 0, id.length);
    EventRecord.head(out, target.stream, partition, offset, EventRecord.CANDIDATE);
    out.int64(time);
    out.int64(idHash);
    out.int64(Hash.of(payload, 0, payload.length));
    out.sized(key, 0, key.length);
    out.sized(id, 0, id.length);
    drift(out, parsed.get(5));
    values(out, parsed.getAs(4), target.variables);
    return RowFactory.create(Hash.bucket(idHash, target.buckets), out.toBytes());
  }

  /** What is never compared with another message may go anywhere. */
  private static int placeBucket(int partition, long offset, Target target) {
    return (int) Math.floorMod(31L * partition + offset, (long) target.buckets);
  }

  private static void drift(ByteWriter out, Object names) {
    if (names == null) {
      out.uvarint(0);
      return;
    }
    String[] all = (String[]) names;
    out.uvarint(all.length);
    for (String name : all) name(out, name);
  }

  private static void name(ByteWriter out, String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    out.sized(bytes, 0, bytes.length);
  }

  /** The bitmap, then each value that is there as a zigzag varint. */
  private static void values(ByteWriter out, byte[] vals, int variables) {
    int at = PackedValues.bitmapBytes(variables);
    out.bytes(vals, 0, at);
    for (; at < vals.length; at += 8) out.zigzag((long) Utf8.LONG.get(vals, at));
  }
}
