package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import scala.jdk.javaapi.CollectionConverters;

/** Calls the functions with arguments shaped as Spark shapes them. */
final class Calls {
  /** A spec of bigint key k, time t (epoch_us), id i and these variables: "path:places", separated by blanks. */
  static String eventSpec(String variables) {
    return eventSpec("bigint", "epoch_us", "{\"path\":[\"i\"]}", variables);
  }

  static String eventSpec(String keyType, String timeFormat, String id, String variables) {
    List<String> list = new ArrayList<>();
    for (String variable : variables.isEmpty() ? new String[0] : variables.split(" ")) {
      String[] parts = variable.split(":");
      list.add("{\"path\":[\"" + parts[0].replace(".", "\",\"") + "\"],\"places\":" + parts[1] + "}");
    }
    return "{\"key\":{\"type\":\"" + keyType + "\",\"path\":[\"k\"]},\"time\":{\"path\":[\"t\"],\"format\":\"" + timeFormat + "\"},\"id\":" + id + ",\"variables\":[" + String.join(",", list) + "]}";
  }

  /** A sound message of {@link #eventSpec(String)} with these members more. */
  static String message(String members) {
    return "{\"k\":1,\"t\":0,\"i\":\"e\"" + (members.isEmpty() ? "" : "," + members) + "}";
  }

  static Row parse(String payload, String spec) {
    return new EventParser().call(payload == null ? null : utf8(payload), null, spec);
  }

  static String reason(String payload, String spec) {
    return parse(payload, spec).getString(0);
  }

  /** The values of a sound message; fails on an invalid one. */
  static List<Long> values(String payload, String spec, int variables) {
    Row row = parse(payload, spec);
    if (row.getString(0) != null) throw new AssertionError(row.getString(0) + ": " + payload);
    return unpack(row.getAs(4), variables);
  }

  static List<String> drift(Row row) {
    String[] names = row.getAs(5);
    return names == null ? null : Arrays.asList(names);
  }

  /** Reads packed values by their documented format, without the library. */
  static List<Long> unpack(byte[] vals, int variables) {
    int at = (variables + 7) / 8;
    List<Long> out = new ArrayList<>();
    for (int i = 0; i < variables; i++) {
      if ((vals[i / 8] >> (i % 8) & 1) == 0) {
        out.add(null);
        continue;
      }
      out.add(java.nio.ByteBuffer.wrap(vals, at, 8).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong());
      at += 8;
    }
    if (at != vals.length) throw new AssertionError("bytes after the packed values");
    return out;
  }

  static byte[] pack(List<Long> values) {
    int present = (int) values.stream().filter(v -> v != null).count();
    java.nio.ByteBuffer out = java.nio.ByteBuffer.allocate((values.size() + 7) / 8 + 8 * present).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    out.position((values.size() + 7) / 8);
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i) == null) continue;
      out.put(i / 8, (byte) (out.get(i / 8) | 1 << i % 8));
      out.putLong(values.get(i));
    }
    return out.array();
  }

  record Event(long time, String id, List<Long> values) {}

  static byte[] pane(List<Event> events, String spec) {
    List<Row> rows = events.stream().map(e -> RowFactory.create(e.time, e.id, pack(e.values))).toList();
    return new Pane().call(CollectionConverters.asScala(rows), spec);
  }

  static byte[] merge(List<byte[]> states, String spec) {
    return new Merge().call(CollectionConverters.asScala(states), spec);
  }

  static List<Long> stateValues(byte[] state, String spec) {
    return Arrays.asList(new Values().call(state, spec));
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A new random source, its seed printed; -Dseed=N repeats one. */
  static Random random(String test) {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println(test + ": seed " + seed);
    return new Random(seed);
  }

  private Calls() {}
}
