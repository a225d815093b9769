package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
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
 * Spark is made for a message, nothing is shuffled. Raises {@code PRLX_TOPIC} when the log has lost part of a range or gives nothing for long.
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
      read(consumer, ends, lists);
    } catch (OffsetOutOfRangeException lost) {
      throw FunctionException.of("PRLX_TOPIC", "the log of " + topic + " no longer holds all of the minute: " + lost.getMessage());
    }
    return lists.rows();
  }

  private static void read(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends, Lists lists) {
    long waitedUntil = System.nanoTime() + Limits.TOPIC_SILENCE.toNanos();
    while (!ends.isEmpty()) {
      boolean moved = false;
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
        Long end = ends.get(new TopicPartition(record.topic(), record.partition()));
        if (end != null && record.offset() < end) lists.add(record);
        moved = true;
      }
      List<TopicPartition> done = new ArrayList<>();
      // Past the last message of a range there may be only markers of transactions: the position tells, not the messages.
      for (Map.Entry<TopicPartition, Long> each : ends.entrySet()) if (consumer.position(each.getKey()) >= each.getValue()) done.add(each.getKey());
      consumer.pause(done);
      ends.keySet().removeAll(done);
      if (moved || !done.isEmpty()) waitedUntil = System.nanoTime() + Limits.TOPIC_SILENCE.toNanos();
      else if (System.nanoTime() > waitedUntil) throw FunctionException.of("PRLX_TOPIC", "the broker gave nothing of " + ends + " for " + Limits.TOPIC_SILENCE.toSeconds() + " s");
    }
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
