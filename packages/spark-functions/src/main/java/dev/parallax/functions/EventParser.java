package dev.parallax.functions;

import java.util.Arrays;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF3;

/**
 * {@code prlx_parse(payload BINARY, message_id STRING, spec STRING)}: one message, valid or with the first reason that makes
 * it invalid (contract, section 3). A message never raises; a wrong spec does.
 *
 * <p>Returns {@code STRUCT<reason STRING, key STRING, time BIGINT, id STRING, vals BINARY, drift ARRAY<STRING>>}; with a
 * reason all others are null.
 */
public final class EventParser implements UDF3<byte[], String, String, Row> {
  private static final long serialVersionUID = 1L;
  private static final SpecCache<EventSpec> SPECS = new SpecCache<>(EventSpec::parse);

  private static final Row TOO_LARGE = invalid("too_large");
  private static final Row UTF8 = invalid("utf8");
  private static final Row JSON = invalid("json");
  private static final Row KEY = invalid("key");
  private static final Row TIME = invalid("time");
  private static final Row ID = invalid("id");
  private static final Row TYPE = invalid("type");
  private static final Row RANGE = invalid("range");

  @Override
  public Row call(byte[] payload, String messageId, String specText) {
    return parse(payload, messageId, specText);
  }

  static Row parse(byte[] payload, String messageId, String specText) {
    EventSpec spec = SPECS.get(specText);
    if (payload == null) return JSON;
    if (payload.length > Limits.MESSAGE_BYTES_MAX) return TOO_LARGE;
    if (!Utf8.isValid(payload)) return UTF8;
    JsonReader reader = new JsonReader(payload, spec.trie, true);
    if (!reader.document()) return JSON;
    String key = spec.key.read(reader, spec.keySlot);
    if (key == null) return KEY;
    Long time = time(reader, spec);
    if (time == null) return TIME;
    String id = spec.idSlot == EventSpec.FROM_TRANSPORT ? messageId : reader.text(spec.idSlot);
    if (!isId(id)) return ID;
    return variables(reader, spec, key, time, id);
  }

  private static Long time(JsonReader reader, EventSpec spec) {
    int slot = spec.timeSlot;
    if (spec.timeFormat == EventSpec.TimeFormat.RFC3339) {
      long micros;
      if (reader.kind[slot] == JsonReader.STRING) {
        micros = Rfc3339.parse(reader.b, reader.start(slot), reader.end(slot));
      } else {
        byte[] text = reader.textBytes(slot);
        micros = text == null ? Rfc3339.INVALID : Rfc3339.parse(text, 0, text.length);
      }
      return micros == Rfc3339.INVALID ? null : micros;
    }
    Long epoch = reader.int64(slot);
    if (epoch == null || spec.timeFormat == EventSpec.TimeFormat.EPOCH_US) return epoch;
    boolean fits = epoch <= Long.MAX_VALUE / 1000 && epoch >= Long.MIN_VALUE / 1000;
    return fits ? epoch * 1000 : null;
  }

  private static boolean isId(String id) {
    if (id == null || id.isEmpty() || id.length() > Limits.ID_BYTES_MAX) return false;
    int bytes = Utf8.length(id);
    return bytes > 0 && bytes <= Limits.ID_BYTES_MAX;
  }

  /** {@code type} over all variables before {@code range}; else the row with its packed values. */
  private static Row variables(JsonReader reader, EventSpec spec, String key, Long time, String id) {
    int n = spec.slots.length;
    byte[] vals = new byte[PackedValues.bitmapBytes(n) + 8 * n];
    int at = PackedValues.bitmapBytes(n);
    boolean inRange = true;
    for (int i = 0; i < n; i++) {
      int slot = spec.slots[i];
      byte kind = reader.kind[slot];
      if (kind == JsonReader.ABSENT || kind == JsonReader.NULL) continue;
      if (kind < JsonReader.NUMBER) return TYPE;
      long value = Numbers.scaled(reader, slot, spec.places[i]);
      if (value == Numbers.OUT_OF_RANGE) inRange = false;
      PackedValues.markPresent(vals, i);
      Utf8.LONG.set(vals, at, value);
      at += 8;
    }
    if (!inRange) return RANGE;
    if (at != vals.length) vals = Arrays.copyOf(vals, at);
    return RowFactory.create(null, key, time, id, vals, reader.driftNames());
  }

  private static Row invalid(String reason) {
    return RowFactory.create(reason, null, null, null, null, null);
  }
}
