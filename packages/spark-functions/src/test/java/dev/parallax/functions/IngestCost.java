package dev.parallax.functions;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.LongSupplier;
import org.apache.spark.sql.Row;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Prints the CPU time of each ingest function on one thread, for the load that the package is built for: 300,000 messages a minute of 40, 35
 * and 25 variables, 64 buckets, 13 minutes of claims. Eight buckets are run; a cost is that of one message.
 */
final class IngestCost {
  private static final int BUCKETS = 64;
  private static final int RUN = 8;
  private static final int MESSAGES = 300_000 * RUN / BUCKETS;
  private static final int MINUTES_BEFORE = 13;
  private static final int[] VARIABLES = {40, 35, 25};
  private static final long MINUTE = 60_000_000L;

  private final Random random = new Random(1);
  private final String[] specs = new String[3];
  private long ids;

  private record Message(int stream, byte[] payload) {}

  public static void main(String[] args) {
    new IngestCost().run();
  }

  private IngestCost() {
    for (int s = 0; s < 3; s++) {
      StringBuilder variables = new StringBuilder();
      for (int v = 0; v < VARIABLES[s]; v++) variables.append(v == 0 ? "" : " ").append("group").append(v / 8).append(".measure_").append(v).append(":2");
      specs[s] = Ingest.target(Calls.eventSpec("bigint", "epoch_us", "{\"path\":[\"event_id\"]}", variables.toString()), s, BUCKETS);
    }
  }

  private void run() {
    List<byte[]> before = new ArrayList<>();
    List<List<List<byte[]>>> minute = null;
    List<Message> messages = null;
    for (int m = 0; m <= MINUTES_BEFORE; m++) {
      messages = messages(m);
      minute = bucketed(messages, m);
      if (m < MINUTES_BEFORE) for (List<List<byte[]>> bucket : minute) before.add(claim(bucket, List.of(), m).claims());
    }
    List<Message> all = messages;
    List<List<List<byte[]>>> buckets = minute;
    long bytes = 0;
    for (Message message : all) bytes += message.payload.length;
    System.out.printf("%d messages of %d bytes, %d of claims of earlier minutes a message%n", all.size(), bytes / all.size(), before.stream().mapToLong(b -> b.length).sum() / all.size());
    print("prlx_parse (the parser alone)", all.size(), () -> parsed(all));
    print("prlx_event", all.size(), () -> packed(all));
    print("prlx_records", all.size(), () -> listed(buckets));
    print("prlx_claim, no claims before", all.size(), () -> claimed(buckets, List.of()));
    print("prlx_claim, " + MINUTES_BEFORE + " minutes of claims", all.size(), () -> claimed(buckets, before));
    byte[] kept = claim(buckets.get(0), List.of(), MINUTES_BEFORE).kept();
    print("prlx_kept", Ingest.kept(kept).size(), () -> Ingest.kept(kept).size());
  }

  /** The least of eight rounds, since other work on the machine only adds. */
  private static void print(String what, int calls, LongSupplier work) {
    long best = Long.MAX_VALUE;
    long sum = 0;
    for (int round = 0; round < 8; round++) {
      long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      sum += work.getAsLong();
      best = Math.min(best, ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start);
    }
    System.out.printf("%-36s %7.0f ns a message, %6.0f ms for 300,000  (%d)%n", what, (double) best / calls, best / 1e6 / calls * 300_000, sum);
  }

  /** Every twentieth message repeats an id. */
  private List<Message> messages(int minute) {
    List<Message> messages = new ArrayList<>();
    while (messages.size() < MESSAGES) {
      String id = "e-" + Long.toString(random.nextInt(20) == 0 && ids > 100 ? ids - random.nextInt(100) : ids++) + "-4f0c91d2";
      if (PackedBytes.bucket(Calls.utf8(id), BUCKETS) >= RUN) continue;
      int stream = random.nextInt(3);
      StringBuilder text = new StringBuilder("{\"k\":").append(100_000_000 + random.nextInt(200_000)).append(",\"t\":").append(minute * MINUTE + random.nextInt(60_000_000)).append(",\"event_id\":\"").append(id).append('"');
      for (int v = 0; v < VARIABLES[stream]; v++) {
        text.append(v % 8 > 0 ? "," : v == 0 ? ",\"group0\":{" : "},\"group" + v / 8 + "\":{");
        text.append("\"measure_").append(v).append("\":").append(random.nextInt(1000)).append('.').append(10 + random.nextInt(90));
      }
      messages.add(new Message(stream, Calls.utf8(text.append("}}").toString())));
    }
    return messages;
  }

  /** By bucket, in slices of a quarter minute. */
  private List<List<List<byte[]>>> bucketed(List<Message> messages, int minute) {
    List<List<List<byte[]>>> buckets = new ArrayList<>();
    for (int b = 0; b < RUN; b++) {
      buckets.add(new ArrayList<>());
      for (int slice = 0; slice < 4; slice++) buckets.get(b).add(new ArrayList<>());
    }
    for (int i = 0; i < messages.size(); i++) {
      Message message = messages.get(i);
      Row row = Ingest.event(message.payload, null, i % 6, (long) minute * MESSAGES + i, Long.MIN_VALUE, Long.MAX_VALUE, specs[message.stream]);
      buckets.get(row.getInt(0)).get(i * 4 / messages.size()).add(row.getAs(1));
    }
    return buckets;
  }

  private Ingest.Claimed claim(List<List<byte[]>> slices, List<byte[]> before, int minute) {
    List<Row> items = new ArrayList<>();
    for (List<byte[]> slice : slices) items.add(Ingest.item("events", Ingest.records(slice)));
    for (byte[] claims : before) items.add(Ingest.item("claims", claims));
    return Ingest.claim(items, (minute - 10) * MINUTE, BUCKETS);
  }

  private long parsed(List<Message> messages) {
    long sum = 0;
    for (Message message : messages) sum += EventParser.parse(message.payload, null, specs[message.stream]).getLong(2);
    return sum;
  }

  private long packed(List<Message> messages) {
    long sum = 0;
    for (int i = 0; i < messages.size(); i++) {
      Message message = messages.get(i);
      sum += Ingest.event(message.payload, null, i % 6, i, Long.MIN_VALUE, Long.MAX_VALUE, specs[message.stream]).<byte[]>getAs(1).length;
    }
    return sum;
  }

  private static long listed(List<List<List<byte[]>>> buckets) {
    long sum = 0;
    for (List<List<byte[]>> slices : buckets) for (List<byte[]> slice : slices) sum += new Records().call(CollectionConverters.asScala(slice)).length;
    return sum;
  }

  /** Lists are made outside of what is measured but for their sorting, which {@code prlx_records} shows. */
  private final java.util.Map<List<List<byte[]>>, List<Row>> lists = new java.util.IdentityHashMap<>();

  private long claimed(List<List<List<byte[]>>> buckets, List<byte[]> before) {
    long sum = 0;
    for (int b = 0; b < buckets.size(); b++) {
      List<Row> items = new ArrayList<>(lists.computeIfAbsent(buckets.get(b), slices -> slices.stream().map(s -> Ingest.item("events", Ingest.records(s))).toList()));
      for (int m = 0; m * RUN + b < before.size(); m++) items.add(Ingest.item("claims", before.get(m * RUN + b)));
      Row row = new Claim().call(CollectionConverters.asScala(items), (MINUTES_BEFORE - 10) * MINUTE, "{\"buckets\":" + BUCKETS + "}");
      sum += row.<byte[]>getAs(1).length;
    }
    return sum;
  }
}
