package dev.parallax.functions;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import scala.jdk.javaapi.CollectionConverters;

/** Calls the functions of a minute's ingest with arguments shaped as Spark shapes them. */
final class Ingest {
  /** A spec of {@link EventParser} with what {@link Event} wants beyond it. */
  static String target(String spec, int stream, int buckets) {
    return spec.substring(0, spec.length() - 1) + ",\"stream\":" + stream + ",\"buckets\":" + buckets + "}";
  }

  static Row event(byte[] payload, String messageId, int partition, long offset, long late, long ahead, String spec) {
    String bounds = ",\"late\":\"" + late + "\",\"ahead\":\"" + ahead + "\"}";
    return new Event().call(payload, messageId, partition, offset, spec.endsWith("}") ? spec.substring(0, spec.length() - 1) + bounds : spec);
  }

  /** An event without bounds of time. */
  static Row event(String payload, int partition, long offset, String spec) {
    return event(payload == null ? null : Calls.utf8(payload), null, partition, offset, Long.MIN_VALUE, Long.MAX_VALUE, spec);
  }

  static byte[] records(List<byte[]> events) {
    return new Records().call(CollectionConverters.asScala(events));
  }

  static Row item(String kind, byte[] blob) {
    return RowFactory.create(kind, blob);
  }

  record Accepted(int bucket, byte[] events) {}

  /** What {@link Claim} answers, apart. */
  record Claimed(List<Accepted> accepted, byte[] claims, byte[] kept, byte[] counts, byte[] contested, boolean overtaken) {
    /** The accepted records of all buckets. */
    List<byte[]> events() {
      List<byte[]> all = new ArrayList<>();
      for (Accepted bucket : accepted) all.addAll(PackedBytes.list(bucket.events));
      return all;
    }

    /** All of it in one text: equal texts, equal bytes. */
    String hex() {
      StringBuilder text = new StringBuilder();
      for (Accepted bucket : accepted) text.append(bucket.bucket).append(' ').append(Ingest.hex(bucket.events)).append('\n');
      return text + "claims " + Ingest.hex(claims) + "\nkept " + Ingest.hex(kept) + "\ncounts " + Ingest.hex(counts) + "\ncontested " + Ingest.hex(contested);
    }
  }

  static Claimed claim(List<Row> items, long late, int buckets) {
    Row row = new Claim().call(CollectionConverters.asScala(items), late, "{\"buckets\":" + buckets + "}");
    List<Accepted> accepted = new ArrayList<>();
    for (Row bucket : (Row[]) row.getAs(0)) accepted.add(new Accepted(bucket.getInt(0), bucket.getAs(1)));
    return new Claimed(accepted, row.getAs(1), row.getAs(2), row.getAs(3), row.getAs(4), row.getBoolean(5));
  }

  static List<Row> counts(byte[]... counts) {
    return Arrays.asList(new Counts().call(CollectionConverters.asScala(Arrays.asList(counts))));
  }

  static List<Row> kept(byte[] kept) {
    return Arrays.asList(new Kept().call(kept));
  }

  /** (stream, partition, offset) of contested messages. */
  static List<List<Long>> contested(byte[] contested) {
    List<List<Long>> places = new ArrayList<>();
    for (Row row : new Contested().call(contested)) places.add(List.of((long) row.getInt(0), (long) row.getInt(1), row.getLong(2)));
    return places;
  }

  static String hex(byte[] bytes) {
    return bytes == null ? "null" : java.util.HexFormat.of().formatHex(bytes);
  }

  private Ingest() {}
}
