package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.spark.sql.Row;

/**
 * Makes packed records of a stream's messages: invalid with the first reason, late (time &lt; late), ahead (time &ge; ahead), or a candidate, one
 * that no message but another of the same id can make a duplicate. Times in microseconds. A message never raises.
 */
final class EventPacker {
  static final SpecCache<EventPacker> ALL = new SpecCache<>(EventPacker::new);

  private final String specText;
  private final int stream;
  private final int variables;
  private final long late;
  private final long ahead;

  /** Buckets of event ids. */
  final int buckets;

  private EventPacker(String text) {
    Spec spec = Spec.parse(text);
    specText = text;
    buckets = spec.integer("buckets", 1, Limits.BUCKETS_MAX);
    stream = spec.integer("stream", 0, Limits.VARIABLES_MAX);
    variables = spec.objects("variables").size();
    late = spec.int64("late");
    ahead = spec.int64("ahead");
  }

  /** Writes the record of one message and returns its bucket: that of its id, or any if it is never compared with another message. */
  int pack(byte[] payload, String messageId, int partition, long offset, ByteWriter out) {
    Row parsed = EventParser.parse(payload, messageId, specText);
    String reason = parsed.getString(0);
    if (reason != null) {
      EventRecord.head(out, stream, partition, offset, EventRecord.INVALID);
      out.u8(Arrays.asList(EventRecord.REASONS).indexOf(reason));
      EventRecord.payload(out, payload);
      return placeBucket(partition, offset);
    }
    byte[] key = parsed.getString(1).getBytes(StandardCharsets.UTF_8);
    long time = parsed.getLong(2);
    byte[] id = parsed.getString(3).getBytes(StandardCharsets.UTF_8);
    if (time < late || time >= ahead) {
      EventRecord.head(out, stream, partition, offset, time < late ? EventRecord.LATE : EventRecord.AHEAD);
      out.int64(time);
      out.sized(key, 0, key.length);
      out.sized(id, 0, id.length);
      EventRecord.payload(out, payload);
      return placeBucket(partition, offset);
    }
    long idHash = Hash.of(id, 0, id.length);
    EventRecord.head(out, stream, partition, offset, EventRecord.CANDIDATE);
    out.int64(time);
    out.int64(idHash);
    out.int64(Hash.of(payload, 0, payload.length));
    out.sized(key, 0, key.length);
    out.sized(id, 0, id.length);
    drift(out, parsed.get(5));
    values(out, parsed.getAs(4));
    return Hash.bucket(idHash, buckets);
  }

  private int placeBucket(int partition, long offset) {
    return (int) Math.floorMod(31L * partition + offset, (long) buckets);
  }

  private static void drift(ByteWriter out, Object names) {
    if (names == null) {
      out.uvarint(0);
      return;
    }
    String[] all = (String[]) names;
    out.uvarint(all.length);
    for (String name : all) {
      byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
      out.sized(bytes, 0, bytes.length);
    }
  }

  /** The bitmap, then each value that is there as a zigzag varint. */
  private void values(ByteWriter out, byte[] vals) {
    int at = PackedValues.bitmapBytes(variables);
    out.bytes(vals, 0, at);
    for (; at < vals.length; at += 8) out.zigzag((long) Utf8.LONG.get(vals, at));
  }
}
