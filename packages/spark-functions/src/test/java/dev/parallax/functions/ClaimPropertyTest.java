package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/**
 * Goal: whatever the messages, their slices and the order in which they come, each minute's answer is that of the contract. Method: random
 * runs of several minutes with few ids, times and payloads through Event, Records, Claim, Counts and Kept as the pipeline calls them,
 * against a recount with plain collections; the generator must reach each case often.
 */
class ClaimPropertyTest {
  private static final long MINUTE = 60_000_000L;
  private static final long MAX_AHEAD = 2 * MINUTE;
  private static final int STREAMS = 3;

  private record Message(int stream, int partition, long offset, byte[] payload) {
    List<Long> place() {
      return List.of((long) stream, (long) partition, offset);
    }
  }

  /** One message as the recount sees it; null members where it has none. */
  private record Seen(Message message, String reason, String key, Long time, String id, List<String> drift) {}

  private static final class Run {
    final Random random;
    final int buckets;
    final long lateness;
    final String[] specs = new String[STREAMS];
    final String[] parserSpecs = new String[STREAMS];
    /** The recount's: accepted times by stream and id. */
    final Map<List<Object>, List<Long>> acceptedBefore = new HashMap<>();
    /** What the functions gave: iteration, then bucket, its claims. */
    final TreeMap<Long, Map<Integer, byte[]>> claims = new TreeMap<>();
    final Map<String, Integer> reached;
    long offset;

    Run(Random random, Map<String, Integer> reached) {
      this.random = random;
      this.reached = reached;
      buckets = 1 + random.nextInt(5);
      lateness = MINUTE * (1 + random.nextInt(4));
      for (int s = 0; s < STREAMS; s++) {
        parserSpecs[s] = Calls.eventSpec("x:0 y:1");
        specs[s] = Ingest.target(parserSpecs[s], s, buckets);
      }
    }

    void note(String what, int times) {
      reached.merge(what, times, Integer::sum);
    }

    void minute(long minute) {
      List<Message> messages = new ArrayList<>();
      for (int n = random.nextInt(120); n > 0; n--) messages.add(message(minute));
      Map<String, Object> expected = recount(messages, minute);
      Map<Integer, Ingest.Claimed> claimed = claimed(messages, minute);
      assertEquals(expected, told(claimed.values()));
      // Other slices, another order: the same bytes.
      assertEquals(hex(claimed), hex(claimed(messages, minute)));
      List<Ingest.Claimed> settled = inParts(messages, minute);
      note(settled == null ? "overtaken" : "settled in parts", 1);
      if (settled != null) assertEquals(expected, told(settled));
      Map<Integer, byte[]> made = new HashMap<>();
      claimed.forEach((bucket, answer) -> made.put(bucket, answer.claims()));
      claims.put(minute, made);
    }

    private static String hex(Map<Integer, Ingest.Claimed> claimed) {
      StringBuilder text = new StringBuilder();
      new TreeMap<>(claimed).forEach((bucket, answer) -> text.append(bucket).append(": ").append(answer.hex()).append('\n'));
      return text.toString();
    }

    /** Few ids and times, so that most messages meet another; some copies of others. */
    private Message message(long minute) {
      int partition = random.nextInt(3) * 100;
      int stream = random.nextInt(STREAMS);
      if (random.nextInt(25) == 0) return new Message(stream, partition, offset++, random.nextInt(4) == 0 ? null : Calls.utf8("{\"k\":1}"));
      long spread = lateness + MAX_AHEAD + 3 * MINUTE;
      long time = minute - lateness - MINUTE + (long) (random.nextInt(12) / 12.0 * spread) + random.nextInt(3) - 1;
      int id = random.nextInt(40);
      // A bunch of messages of a few ids at one time, in the middle of what is in time.
      if (random.nextInt(3) == 0) {
        time = minute + 7;
        id = 40 + random.nextInt(8);
      }
      String more = random.nextInt(2) == 0 ? "" : ",\"x\":" + random.nextInt(3);
      if (random.nextInt(6) == 0) more += ",\"d" + random.nextInt(3) + "\":[],\"né:w\":0";
      return new Message(stream, partition, offset++, Calls.utf8("{\"k\":" + (id % 13) + ",\"t\":" + time + ",\"i\":\"" + (id % 2 == 0 ? "id-" : "é") + id + "\"" + more + "}"));
    }

    /** What the contract says, with plain collections. */
    private Map<String, Object> recount(List<Message> messages, long minute) {
      long late = minute - lateness;
      long ahead = minute + MINUTE + MAX_AHEAD;
      Map<List<Long>, String> classes = new HashMap<>();
      Map<String, Long> counts = new TreeMap<>();
      Map<List<Object>, List<Seen>> candidates = new HashMap<>();
      for (Message message : messages) {
        Seen seen = see(message);
        String kind = seen.reason != null ? "invalid " + seen.reason : seen.time < late ? "late" : seen.time >= ahead ? "ahead" : null;
        if (kind == null) candidates.computeIfAbsent(List.of(message.stream, seen.id), any -> new ArrayList<>()).add(seen);
        else classes.put(message.place(), kind);
      }
      Map<List<Object>, Long> acceptedNow = new HashMap<>();
      candidates.forEach(
          (id, group) -> {
            boolean taken = acceptedBefore.getOrDefault(id, List.of()).stream().anyMatch(time -> time >= late);
            Seen first = Collections.min(group, Comparator.<Seen>comparingLong(s -> s.time).thenComparing(s -> s.message.payload, Arrays::compareUnsigned).thenComparing(s -> s.message.partition).thenComparing(s -> s.message.offset));
            for (Seen seen : group) classes.put(seen.message.place(), seen == first && !taken ? "accepted" : "duplicate");
            if (!taken) {
              acceptedNow.put(id, first.time);
              for (String name : first.drift) counts.merge(first.message.stream + " drift " + name, 1L, Long::sum);
            }
            if (taken) note("taken before", 1);
            else if (acceptedBefore.containsKey(id)) note("free again", 1);
            List<Seen> least = group.stream().filter(s -> s.time.equals(first.time)).toList();
            int payloads = (int) least.stream().map(s -> Ingest.hex(s.message.payload)).distinct().count();
            if (!taken && payloads > 1) note("payloads decide", 1);
            if (!taken && payloads > 1 && least.size() > payloads) note("payloads decide between some twice", 1);
            if (!taken && payloads == 1 && least.size() > 1) note("places decide", 1);
          });
      acceptedNow.forEach((id, time) -> acceptedBefore.computeIfAbsent(id, any -> new ArrayList<>()).add(time));
      classes.forEach(
          (place, kind) -> {
            note(kind.split(" ")[0], 1);
            counts.merge(place.get(0) + " " + kind, 1L, Long::sum);
          });
      return Map.of("classes", classes, "counts", counts, "records", records(messages, classes));
    }

    private Seen see(Message message) {
      Row row = new EventParser().call(message.payload, null, parserSpecs[message.stream]);
      if (row.getString(0) != null) return new Seen(message, row.getString(0), null, null, null, null);
      return new Seen(message, null, row.getString(1), row.getLong(2), row.getString(3), Calls.drift(row) == null ? List.of() : Calls.drift(row));
    }

    /** Of each message by its place: what it is kept as. */
    private Map<List<Long>, String> records(List<Message> messages, Map<List<Long>, String> classes) {
      Map<List<Long>, String> records = new HashMap<>();
      for (Message message : messages) {
        Seen seen = see(message);
        String kind = classes.get(message.place());
        int bucket = kind.equals("accepted") ? PackedBytes.bucket(Calls.utf8(seen.key), buckets) : -1;
        boolean inLog = kind.equals("accepted") || kind.equals("duplicate");
        records.put(message.place(), bucket + " " + seen.key + " " + seen.time + " " + seen.id + " " + (inLog ? null : Ingest.hex(message.payload)));
      }
      return records;
    }

    /** As the pipeline goes about it: slices, the claims of iterations that can matter, payloads for what is contested, once. */
    private Map<Integer, Ingest.Claimed> claimed(List<Message> messages, long minute) {
      Map<Integer, List<Row>> items = items(messages, minute);
      Map<Integer, Ingest.Claimed> claimed = new HashMap<>();
      items.forEach(
          (bucket, list) -> {
            Collections.shuffle(list, random);
            Ingest.Claimed answer = Ingest.claim(list, minute - lateness, buckets);
            if (answer.contested() != null) {
              note("contested buckets", 1);
              Set<List<Long>> places = new HashSet<>(Ingest.contested(answer.contested()));
              for (Message message : messages) if (places.contains(message.place())) list.add(random.nextInt(list.size() + 1), Ingest.item("payload", new Payload().call(message.stream, message.partition, message.offset, message.payload)));
              answer = Ingest.claim(list, minute - lateness, buckets);
            }
            assertNull(answer.contested());
            claimed.put(bucket, answer);
          });
      return claimed;
    }

    /** As while a minute runs: each part settled against those before it. Null when one of those was overtaken or is contested. */
    private List<Ingest.Claimed> inParts(List<Message> messages, long minute) {
      List<Message> order = new ArrayList<>(messages);
      if (random.nextInt(4) == 0) Collections.shuffle(order, random);
      Map<Integer, List<Row>> own = new HashMap<>();
      List<Ingest.Claimed> answers = new ArrayList<>();
      int from = 0;
      while (from < order.size()) {
        int to = from + 1 + random.nextInt(order.size() - from);
        Map<Integer, List<Row>> items = items(order.subList(from, to), minute);
        for (Map.Entry<Integer, List<Row>> bucket : items.entrySet()) {
          List<Row> list = bucket.getValue();
          list.addAll(own.getOrDefault(bucket.getKey(), List.of()));
          Ingest.Claimed answer = Ingest.claim(list, minute - lateness, buckets);
          if (answer.overtaken() || answer.contested() != null) return null;
          answers.add(answer);
          if (answer.claims() != null) own.computeIfAbsent(bucket.getKey(), any -> new ArrayList<>()).add(Ingest.item("own", answer.claims()));
        }
        from = to;
      }
      return answers;
    }

    private Map<Integer, List<Row>> items(List<Message> messages, long minute) {
      Map<Integer, List<Row>> items = new HashMap<>();
      List<Message> shuffled = new ArrayList<>(messages);
      Collections.shuffle(shuffled, random);
      int from = 0;
      while (from < shuffled.size()) {
        int to = from + 1 + random.nextInt(shuffled.size() - from);
        Map<Integer, List<byte[]>> slice = new HashMap<>();
        for (Message message : shuffled.subList(from, to)) {
          Row event = Ingest.event(message.payload, null, message.partition, message.offset, minute - lateness, minute + MINUTE + MAX_AHEAD, specs[message.stream]);
          slice.computeIfAbsent(event.getInt(0), any -> new ArrayList<>()).add(event.getAs(1));
        }
        slice.forEach((bucket, events) -> items.computeIfAbsent(bucket, any -> new ArrayList<>()).add(Ingest.item("events", Ingest.records(events))));
        from = to;
      }
      // The pipeline's bound, oldestClaims in ingest/claimed.ts.
      for (Map<Integer, byte[]> before : claims.tailMap(minute - lateness - MAX_AHEAD - MINUTE).values()) {
        before.forEach((bucket, blob) -> items.computeIfAbsent(bucket, any -> new ArrayList<>()).add(Ingest.item("claims", blob)));
      }
      if (random.nextBoolean()) for (List<Row> list : items.values()) keepKnown(list, minute - lateness);
      return items;
    }

    /** Leaves of the claims only those that may matter, as the pipeline does. */
    private void keepKnown(List<Row> list, long late) {
      List<byte[]> events = new ArrayList<>();
      for (Row item : list) if (item.getString(0).equals("events")) events.add(item.getAs(1));
      byte[] hashes = new IdHashes().call(scala.jdk.javaapi.CollectionConverters.asScala(events).toSeq());
      list.replaceAll(item -> item.getString(0).equals("claims") ? Ingest.item("claims", new Known().call(item.getAs(1), hashes, late)) : item);
    }

    /** What the functions say of a minute, in the recount's words. */
    private Map<String, Object> told(Iterable<Ingest.Claimed> claimed) {
      Map<List<Long>, String> classes = new HashMap<>();
      Map<List<Long>, String> records = new HashMap<>();
      List<byte[]> counts = new ArrayList<>();
      for (Ingest.Claimed answer : claimed) {
        for (Ingest.Accepted bucket : answer.accepted()) {
          for (byte[] record : PackedBytes.list(bucket.events())) {
            PackedEvent event = PackedEvent.read(record, 2);
            List<Long> place = List.of((long) event.stream(), (long) event.partition(), event.offset());
            assertNull(classes.put(place, "accepted"));
            records.put(place, bucket.bucket() + " " + event.key() + " " + event.time() + " " + event.id() + " null");
          }
        }
        for (Row row : Ingest.kept(answer.kept())) {
          List<Long> place = List.of((long) row.getInt(0), (long) row.getInt(1), row.getLong(2));
          assertNull(classes.put(place, row.getString(3) + (row.isNullAt(4) ? "" : " " + row.getString(4))));
          byte[] payload = row.getAs(8);
          records.put(place, "-1 " + row.getString(5) + " " + row.get(6) + " " + row.getString(7) + " " + (payload == null ? null : Ingest.hex(payload)));
        }
        counts.add(answer.counts());
      }
      Map<String, Long> totals = new TreeMap<>();
      for (Row row : Ingest.counts(counts.toArray(new byte[0][]))) {
        assertTrue(row.isNullAt(1) != row.isNullAt(3));
        String what = row.isNullAt(1) ? "drift " + row.getString(3) : row.getString(1) + (row.isNullAt(2) ? "" : " " + row.getString(2));
        assertNull(totals.put(row.getInt(0) + " " + what, row.getLong(4)));
      }
      return Map.of("classes", classes, "counts", totals, "records", records);
    }
  }

  @Test
  void everyMinuteIsTheContracts() {
    Random random = Calls.random("claims");
    Map<String, Integer> reached = new TreeMap<>();
    for (int i = 0; i < 150; i++) {
      Run run = new Run(random, reached);
      // Minutes may be missed.
      for (long minute = 0; minute < 12 * MINUTE; minute += MINUTE * (1 + random.nextInt(6) / 5)) run.minute(minute);
    }
    for (String what : List.of("accepted", "duplicate", "late", "ahead", "invalid", "taken before", "free again", "places decide", "payloads decide", "payloads decide between some twice", "contested buckets", "overtaken", "settled in parts")) {
      assertTrue(Objects.requireNonNullElse(reached.get(what), 0) > 200, what + " too seldom: " + reached);
    }
  }
}
