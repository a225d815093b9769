package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;

/** Goal: a failed read says whether it may pass. Method: Kafka's own consumer without a broker, and its exceptions by hand. */
class TopicEventsTest {
  private static final TopicPartition PARTITION = new TopicPartition("care.desk-1", 3);
  private static final Duration SILENCE = Duration.ofMillis(30);

  private static String told(KafkaException failed) {
    return TopicEvents.told(failed).getMessage();
  }

  @Test
  void whatIsGoneIsNamedByTopicPartitionAndOffset() {
    assertEquals("PRLX_TOPIC: topic care.desk-1, partition 3: offset 5 is gone", told(new OffsetOutOfRangeException(Map.of(PARTITION, 5L))));
  }

  @Test
  void whatMayPassSaysSoAndOtherFailuresStayAsTheyAre() {
    assertEquals("PRLX_BROKER: no answer", told(new TimeoutException("no answer")));
    assertEquals("PRLX_BROKER: away", told(new DisconnectException("away")));
    assertEquals("PRLX_BROKER: wrapped", told(new KafkaException("wrapped", new TimeoutException("no answer"))));
    KafkaException refused = new TopicAuthorizationException("not for you");
    assertSame(refused, TopicEvents.told(refused));
  }

  @Test
  void aHostThatHasNoAddressMayHaveOneLater() {
    String source = "{\"topic\":\"t\",\"properties\":{\"bootstrap.servers\":\"nowhere.invalid:9092\"}}";
    String spec = Ingest.target(Calls.eventSpec("x:0"), 0, 4);
    String bounded = spec.substring(0, spec.length() - 1) + ",\"late\":\"0\",\"ahead\":\"1\"}";
    RuntimeException failed = assertThrows(IllegalArgumentException.class, () -> new TopicEvents().call("[{\"partition\":0,\"from\":\"0\",\"to\":\"1\"}]", source, bounded));
    assertTrue(failed.getMessage().startsWith("PRLX_BROKER: "), failed.getMessage());
  }

  /** A consumer of offsets 5 to 8 of a log that holds 5 and 6. */
  private static MockConsumer<byte[], byte[]> consumer(long end) {
    MockConsumer<byte[], byte[]> consumer = new MockConsumer<>(OffsetResetStrategy.NONE);
    consumer.assign(List.of(PARTITION));
    consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
    consumer.updateEndOffsets(Map.of(PARTITION, end));
    consumer.seek(PARTITION, 5);
    for (long offset = 5; offset < 7; offset++) consumer.addRecord(new ConsumerRecord<>(PARTITION.topic(), PARTITION.partition(), offset, null, new byte[] {(byte) offset}));
    return consumer;
  }

  private static List<Long> read(MockConsumer<byte[], byte[]> consumer, long to) {
    List<Long> offsets = new ArrayList<>();
    TopicEvents.read(consumer, new HashMap<>(Map.of(PARTITION, to)), record -> offsets.add(record.offset()), SILENCE);
    return offsets;
  }

  @Test
  void aRangeIsReadToItsEnd() {
    assertEquals(List.of(5L, 6L), read(consumer(7), 7));
    assertEquals(List.of(5L), read(consumer(7), 6));
  }

  @Test
  void aLogThatEndsBeforeTheRangeHasLostIt() {
    RuntimeException gone = assertThrows(IllegalArgumentException.class, () -> read(consumer(7), 9));
    assertEquals("PRLX_TOPIC: topic care.desk-1, partition 3: offset 7 is gone", gone.getMessage());
  }

  @Test
  void aBrokerThatGivesNothingOfWhatItHasMayGiveItLater() {
    RuntimeException silent = assertThrows(IllegalArgumentException.class, () -> read(consumer(9), 9));
    assertTrue(silent.getMessage().startsWith("PRLX_BROKER: the broker gave nothing of {care.desk-1-3=9}"), silent.getMessage());
  }

  @Test
  void aBrokerThatDoesNotAnswerAtAllMayAnswerLater() {
    MockConsumer<byte[], byte[]> consumer = consumer(9);
    consumer.setOffsetsException(new TimeoutException("no answer"));
    RuntimeException silent = assertThrows(IllegalArgumentException.class, () -> read(consumer, 9));
    assertTrue(silent.getMessage().startsWith("PRLX_BROKER: the broker gave nothing of "), silent.getMessage());
  }
}
