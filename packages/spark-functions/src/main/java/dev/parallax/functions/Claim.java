package dev.parallax.functions;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF3;
import scala.collection.Seq;

/**
 * {@code prlx_claim(items ARRAY<STRUCT<kind STRING, blob BINARY>>, late BIGINT, spec STRING)}: which of a bucket's messages are accepted
 * (contract, section 3.4). Items: {@code events}, lists of records of one iteration; {@code claims} of earlier iterations; {@code own}, claims of
 * messages of the same iteration that were settled before; {@code payload} of contested messages.
 *
 * <p>Returns {@code STRUCT<accepted ARRAY<STRUCT<bucket INT, events BINARY>>, claims BINARY, kept BINARY, counts BINARY, contested
 * BINARY, overtaken BOOLEAN>}: the accepted records by the bucket of their customer; the ids that they claim; what was not accepted; counts; and,
 * when two messages of one id and least time differ in their payloads, which ones: then all else stands only once they are given. Overtaken: a message
 * may go before one of its id that was settled before; then nothing stands, and all messages of the iteration have to be settled together.
 */
public final class Claim implements UDF3<Seq<Row>, Long, String, Row> {
  private static final long serialVersionUID = 1L;
  private static final SpecCache<Integer> BUCKETS = new SpecCache<>(text -> Spec.parse(text).integer("buckets", 1, Limits.BUCKETS_MAX));

  @Override
  public Row call(Seq<Row> items, Long late, String specText) {
    return new Bucket(new Items(items, 1), late, BUCKETS.get(specText)).claim();
  }

  private static final class Bucket {
    private final Items items;
    private final long late;
    private final int buckets;
    private final byte[][] lists;
    private final EventRecord record = new EventRecord();
    private final EventRecord other = new EventRecord();
    private final Map<Place, byte[]> payloads = new HashMap<>();
    private final CountsTally counts = new CountsTally();
    private final List<List<byte[]>> accepted;
    private final List<byte[]> claims = new ArrayList<>();
    private final List<byte[]> kept = new ArrayList<>();
    private final List<Place> contested = new ArrayList<>();
    private boolean overtaken;
    private final ByteWriter one = new ByteWriter(256);

    Bucket(Items items, long late, int buckets) {
      this.items = items;
      this.late = late;
      this.buckets = buckets;
      this.lists = items.of("events").toArray(new byte[0][]);
      // Lists come in any order; which goes first must not show.
      Arrays.sort(lists, Arrays::compareUnsigned);
      this.accepted = new ArrayList<>(Collections.nCopies(buckets, null));
    }

    Row claim() {
      ClaimTable table = candidates();
      for (byte[] list : items.of("payload")) readPayloads(list);
      for (byte[] before : items.of("claims")) readClaims(before, table, false);
      for (byte[] settled : items.of("own")) readClaims(settled, table, true);
      for (int slot = 0; slot < table.groups(); slot++) {
        int group = table.first(slot);
        if (group >= 0) settle(table, group);
      }
      return RowFactory.create(acceptedRows(), joined(claims), joined(kept), counts.toBytes(), contestedBytes(), overtaken);
    }

    /** Reads every record: what is not a candidate is kept and counted, candidates are grouped. */
    private ClaimTable candidates() {
      int capacity = 0;
      for (byte[] list : lists) {
        record.open(list);
        while (record.next()) if (record.kind == EventRecord.CANDIDATE) capacity++;
      }
      ClaimTable table = new ClaimTable(lists, capacity);
      for (int i = 0; i < lists.length; i++) {
        record.open(lists[i]);
        while (record.next()) {
          if (record.kind == EventRecord.CANDIDATE) {
            table.add(i, record);
            continue;
          }
          kept.add(Arrays.copyOfRange(record.bytes, record.start, record.end));
          counts.add(record.stream, record.kind, record.kind == EventRecord.INVALID ? record.reason : -1);
        }
      }
      return table;
    }

    /** Claims: sorted entries (int64 id hash, int64 time, uvarint stream, sized id, int64 payload hash, uvarint partition, uvarint offset). */
    private void readClaims(byte[] before, ClaimTable table, boolean own) {
      ByteReader in = new ByteReader(before);
      while (in.hasMore()) {
        long hash = in.int64();
        long time = in.int64();
        int stream = (int) in.uvarint();
        int length = in.length();
        int id = in.at;
        in.skip(length);
        long payloadHash = in.int64();
        int partition = (int) in.uvarint();
        long offset = in.uvarint();
        if (time < late || !table.mayHave(hash)) continue;
        int group = table.claim(stream, hash, before, id, id + length);
        for (int i = group; own && i >= 0; i = table.next(i)) {
          table.read(i, record);
          overtaken |= record.time < time || (record.time == time && !follows(record, payloadHash, partition, offset));
        }
      }
    }

    /** Whether a message of the same time surely comes after one that was settled: its payload is the same, its place a later one. */
    private static boolean follows(EventRecord at, long payloadHash, int partition, long offset) {
      if (at.payloadHash != payloadHash) return false;
      return at.partition != partition ? at.partition > partition : at.offset > offset;
    }

    private void readPayloads(byte[] list) {
      ByteReader in = new ByteReader(list);
      while (in.hasMore()) {
        Place place = new Place((int) in.uvarint(), (int) in.uvarint(), in.uvarint());
        int length = in.length();
        payloads.put(place, Arrays.copyOfRange(list, in.at, in.at + length));
        in.skip(length);
      }
    }

    /** One (stream, id): the least (time, payload, partition, offset) is accepted unless the id was claimed before. */
    private void settle(ClaimTable table, int group) {
      int winner = table.isClaimed(group) ? -1 : table.next(group) < 0 ? group : least(table, group);
      for (int i = group; i >= 0; i = table.next(i)) {
        table.read(i, record);
        if (i == winner) accept();
        else keepDuplicate();
      }
    }

    /** Only candidates of the least time compete, and only if those differ are their payloads wanted: then all of them at once. */
    private int least(ClaimTable table, int group) {
      table.read(group, record);
      long time = record.time;
      long payloadHash = record.payloadHash;
      boolean differ = false;
      for (int i = table.next(group); i >= 0; i = table.next(i)) {
        table.read(i, record);
        if (record.time > time) continue;
        differ = record.time == time && (differ || record.payloadHash != payloadHash);
        time = record.time;
        payloadHash = record.payloadHash;
      }
      List<Place> rivals = new ArrayList<>();
      int winner = -1;
      for (int i = group; i >= 0; i = table.next(i)) {
        table.read(i, record);
        if (record.time != time) continue;
        if (differ) rivals.add(Place.of(record));
        if (winner < 0 || precedes(record, other)) {
          winner = i;
          table.read(i, other);
        }
      }
      if (!payloads.keySet().containsAll(rivals)) contested.addAll(rivals);
      return winner;
    }

    /** Of two candidates of one time; payloads of one hash are taken for equal. Without the payloads, for now by place. */
    private boolean precedes(EventRecord a, EventRecord b) {
      if (a.payloadHash != b.payloadHash) {
        byte[] mine = payloads.get(Place.of(a));
        byte[] others = payloads.get(Place.of(b));
        if (mine != null && others != null) return Arrays.compareUnsigned(mine, others) < 0;
      }
      if (a.partition != b.partition) return a.partition < b.partition;
      return a.offset < b.offset;
    }

    private void accept() {
      counts.add(record.stream, EventRecord.CANDIDATE, -1);
      counts.addDrift(record);
      int bucket = Hash.bucket(Hash.of(record.bytes, record.keyStart, record.keyEnd), buckets);
      if (accepted.get(bucket) == null) accepted.set(bucket, new ArrayList<>());
      accepted.get(bucket).add(Arrays.copyOfRange(record.bytes, record.start, record.end));
      one.clear();
      one.int64(record.idHash);
      one.int64(record.time);
      one.uvarint(record.stream);
      one.sized(record.bytes, record.idStart, record.idEnd);
      one.int64(record.payloadHash);
      one.uvarint(record.partition);
      one.uvarint(record.offset);
      claims.add(one.toBytes());
    }

    private void keepDuplicate() {
      counts.add(record.stream, EventRecord.DUPLICATE, -1);
      one.clear();
      EventRecord.head(one, record.stream, record.partition, record.offset, EventRecord.DUPLICATE);
      one.int64(record.time);
      one.sized(record.bytes, record.keyStart, record.keyEnd);
      one.sized(record.bytes, record.idStart, record.idEnd);
      kept.add(one.toBytes());
    }

    private Row[] acceptedRows() {
      List<Row> rows = new ArrayList<>();
      for (int bucket = 0; bucket < buckets; bucket++) {
        if (accepted.get(bucket) != null) rows.add(RowFactory.create(bucket, joined(accepted.get(bucket))));
      }
      return rows.toArray(new Row[0]);
    }

    private byte[] contestedBytes() {
      if (contested.isEmpty()) return null;
      contested.sort(Place.ORDER);
      ByteWriter out = new ByteWriter(16 * contested.size());
      for (Place place : contested) {
        out.uvarint(place.stream);
        out.uvarint(place.partition);
        out.uvarint(place.offset);
      }
      return out.toBytes();
    }

    /** Claims stand one after the other; records with their lengths. Sorted, so that order does not show. */
    private byte[] joined(List<byte[]> entries) {
      if (entries.isEmpty()) return null;
      byte[][] sorted = entries.toArray(new byte[0][]);
      Arrays.sort(sorted, Arrays::compareUnsigned);
      int bytes = 0;
      for (byte[] entry : sorted) bytes += entry.length + 3;
      ByteWriter out = new ByteWriter(bytes);
      for (byte[] entry : sorted) {
        if (entries == claims) out.bytes(entry, 0, entry.length);
        else out.sized(entry, 0, entry.length);
      }
      return out.toBytes();
    }
  }

  /** Where a message stands in its log. */
  private record Place(int stream, int partition, long offset) {
    static final Comparator<Place> ORDER = Comparator.comparingInt(Place::stream).thenComparingInt(Place::partition).thenComparingLong(Place::offset);

    static Place of(EventRecord at) {
      return new Place(at.stream, at.partition, at.offset);
    }
  }
}
