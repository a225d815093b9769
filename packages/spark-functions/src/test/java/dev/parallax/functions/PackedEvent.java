package dev.parallax.functions;

import java.util.ArrayList;
import java.util.List;

/** A record of {@code prlx_event}, read by its documented format; what its class does not have is null. */
record PackedEvent(int stream, int partition, long offset, int kind, String reason, Long time, Long idHash, Long payloadHash, String key, String id, List<String> drift, List<Long> vals, byte[] payload) {
  static final List<String> KINDS = List.of("candidate", "invalid", "late", "ahead", "duplicate");
  private static final List<String> REASONS = List.of("too_large", "utf8", "json", "key", "time", "id", "type", "range");

  static PackedEvent read(byte[] record, int variables) {
    PackedBytes in = new PackedBytes(record);
    int stream = (int) in.uvarint();
    int partition = (int) in.uvarint();
    long offset = in.uvarint();
    int kind = in.u8();
    switch (KINDS.get(kind)) {
      case "candidate": {
        long time = in.int64();
        long idHash = in.int64();
        long payloadHash = in.int64();
        String key = in.sizedText();
        String id = in.sizedText();
        List<String> drift = new ArrayList<>();
        for (long n = in.uvarint(); n > 0; n--) drift.add(in.sizedText());
        return new PackedEvent(stream, partition, offset, kind, null, time, idHash, payloadHash, key, id, drift, in.values(variables), null);
      }
      case "invalid":
        return new PackedEvent(stream, partition, offset, kind, REASONS.get(in.u8()), null, null, null, null, null, null, null, payload(in));
      default: {
        long time = in.int64();
        String key = in.sizedText();
        String id = in.sizedText();
        byte[] payload = KINDS.get(kind).equals("duplicate") ? null : payload(in);
        if (in.hasMore()) throw new AssertionError("bytes after the record");
        return new PackedEvent(stream, partition, offset, kind, null, time, null, null, key, id, null, null, payload);
      }
    }
  }

  private static byte[] payload(PackedBytes in) {
    int flag = in.u8();
    if (flag > 1) throw new AssertionError("payload flag " + flag);
    byte[] rest = in.rest();
    if (flag == 0 && rest.length > 0) throw new AssertionError("bytes after no payload");
    return flag == 0 ? null : rest;
  }

  String kindName() {
    return KINDS.get(kind);
  }
}
