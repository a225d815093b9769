package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF3;

/**
 * {@code prlx_topic(ranges STRING, source STRING, spec STRING)}: the messages of offset ranges of one topic as packed records, {@code
 * ARRAY<STRUCT<bucket INT, events BINARY>>}, a list for each bucket that has any. {@code ranges}: {@code
 * [{"partition":0,"from":"5","to":"9"}]}, half open; {@code source}: {@code {"topic":…,"properties":{…}}} with the properties of Kafka's consumer.
 *
 * <p>Reads committed messages with Kafka's own consumer, the one that Spark's source uses, and packs them where they are fetched: no row of
 * Spark is made for a message, nothing is shuffled. Raises {@code PRLX_TOPIC} when the log has lost part of a range, which does not pass, and {@code
 * PRLX_BROKER} when the brokers are away or give nothing for long, which may.
 */
public final class TopicEvents implements UDF3<String, String, String, Row[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public Row[] call(String rangesText, String sourceText, String specText) {
    EventPacker packer = EventPacker.ALL.get(specText);
    Spec source = Spec.parse(sourceText);
    String topic = source.text("topic");
    Map<TopicPartition, Long> ends = new HashMap<>();
    Lists lists = new Lists(packer);
    try (KafkaConsumer<byte[], byte[]> consumer = open(source.textMap("properties"))) {
      Map<TopicPartition, Long> starts = new HashMap<>();
      for (Spec range : Spec.parse("{\"ranges\":" + rangesText + "}").objects("ranges")) {
        TopicPartition partition = new TopicPartition(topic, range.integer("partition", 0, Integer.MAX_VALUE));
        if (range.int64("from") >= range.int64("to")) continue;
        starts.put(partition, range.int64("from"));
        ends.put(partition, range.int64("to"));
      }
      consumer.assign(ends.keySet());
      starts.forEach(consumer::seek);
      read(consumer, ends, lists::add, Limits.TOPIC_SILENCE);
    } catch (KafkaException failed) {
      throw told(failed);
    }
    return lists.rows();
  }

  /** What a failure of Kafka's consumer means. Kafka's exceptions stay out of it: the driver may not have their classes. */
  static RuntimeException told(KafkaException failed) {
    if (failed instanceof OffsetOutOfRangeException lost) {
      Map.Entry<TopicPartition, Long> first = lost.offsetOutOfRangePartitions().entrySet().iterator().next();
      return gone(first.getKey(), first.getValue());
    }
    return mayPass(failed) ? FunctionException.of("PRLX_BROKER", failed.getMessage()) : failed;
  }

  /** What Kafka itself would try again, time-outs and brokers that are away among it; and addresses that have no host just now. */
  private static boolean mayPass(Throwable failed) {
    for (Throwable each = failed; each != null; each = each.getCause()) {
      if (each instanceof RetriableException) return true;
      if (each instanceof ConfigException && String.valueOf(each.getMessage()).contains("No resolvable bootstrap urls")) return true;
    }
    return false;
  }

  /** The coordinator reads topic, partition and offset in it (pipeline, {@code ingest/broker-failure.ts}). */
  private static RuntimeException gone(TopicPartition partition, long offset) {
    return FunctionException.of("PRLX_TOPIC", "topic " + partition.topic() + ", partition " + partition.partition() + ": offset " + offset + " is gone");
  }

  /**
   * Gives {@code each} message of the ranges that begin where the consumer stands.
   *
   * @param ends the offset after the last of each range; what is read to its end is taken out
   * @param silence how long nothing may come
   */
  static void read(Consumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends, java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> each, Duration silence) {
    long waitedUntil = System.nanoTime() + silence.toNanos();
    while (!ends.isEmpty()) {
      boolean moved = false;
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
        Long end = ends.get(new TopicPartition(record.topic(), record.partition()));
        if (end != null && record.offset() < end) each.accept(record);
        moved = true;
      }
      List<TopicPartition> done = new ArrayList<>();
      // Past the last message of a range there may be only markers of transactions: the position tells, not the messages.
      for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) if (consumer.position(end.getKey()) >= end.getValue()) done.add(end.getKey());
      consumer.pause(done);
      ends.keySet().removeAll(done);
      if (moved || !done.isEmpty()) waitedUntil = System.nanoTime() + silence.toNanos();
      else if (System.nanoTime() > waitedUntil) throw silent(consumer, ends, silence);
    }
  }

  /** Why nothing comes: the log ends before the range does, so it has lost what was there when the range was sealed; or nobody answers. */
  private static RuntimeException silent(Consumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends, Duration silence) {
    try {
      for (Map.Entry<TopicPartition, Long> end : consumer.endOffsets(ends.keySet(), Limits.TOPIC_ENDS).entrySet())
        if (end.getValue() < ends.get(end.getKey())) return gone(end.getKey(), end.getValue());
    } catch (TimeoutException away) {
      // Nor does it say where its logs end: what is told below is all that is known.
    }
    return FunctionException.of("PRLX_BROKER", "the broker gave nothing of " + ends + " for " + silence.toSeconds() + " s");
  }

  private static KafkaConsumer<byte[], byte[]> open(Map<String, String> properties) {
    Properties all = new Properties();
    all.put("auto.offset.reset", "none");
    all.put("enable.auto.commit", "false");
    all.put("isolation.level", "read_committed");
    all.put("max.poll.records", "10000");
    all.put("max.partition.fetch.bytes", String.valueOf(Limits.TOPIC_FETCH_BYTES));
    all.put("auto.include.jmx.reporter", "false");
    all.putAll(properties);
    return new KafkaConsumer<>(all, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** The records of each bucket, one after the other with their lengths. */
  private static final class Lists {
    private final EventPacker packer;
    private final ByteWriter[] lists;
    private final ByteWriter one = new ByteWriter(4096);

    Lists(EventPacker packer) {
      this.packer = packer;
      this.lists = new ByteWriter[packer.buckets];
    }

    void add(ConsumerRecord<byte[], byte[]> record) {
      one.clear();
      String messageId = record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8);
      int bucket = packer.pack(record.value(), messageId, record.partition(), record.offset(), one);
      if (lists[bucket] == null) lists[bucket] = new ByteWriter(1 << 14);
      lists[bucket].sized(one.b, 0, one.length);
    }

    Row[] rows() {
      List<Row> rows = new ArrayList<>();
      for (int bucket = 0; bucket < lists.length; bucket++) if (lists[bucket] != null) rows.add(RowFactory.create(bucket, lists[bucket].toBytes()));
      return rows.toArray(new Row[0]);
    }
  }
}
