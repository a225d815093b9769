import type { OffsetRange, StreamSeal } from '@parallax/core';
import type { SparkSession } from '@parallax/spark-connect';

/**
 * What a seal names of one topic, as Spark's Kafka source reads it: a batch with explicit offsets, read_committed, failing
 * when anything of the range is gone. Makes the view `name` (partition, offset, message_id, payload); false when the range is empty.
 */
export async function openTopicRange(
  session: SparkSession,
  name: string,
  bootstrap: string,
  seal: Extract<StreamSeal, { kind: 'topic' }>,
): Promise<boolean> {
  const full = seal.ranges.filter((range) => range.to > range.from);
  if (full.length === 0) return false;
  await session.createSourceView(`${name}_topic`, {
    format: 'kafka',
    options: {
      'kafka.bootstrap.servers': bootstrap,
      assign: JSON.stringify({ [seal.topic]: full.map((r) => r.partition) }),
      startingOffsets: offsetsJson(seal.topic, full, (r) => r.from),
      endingOffsets: offsetsJson(seal.topic, full, (r) => r.to),
      failOnDataLoss: 'true',
      'kafka.isolation.level': 'read_committed',
    },
  });
  await session.command(
    `CREATE OR REPLACE TEMPORARY VIEW ${name} AS SELECT partition, offset, CAST(key AS STRING) AS message_id, value AS payload FROM ${name}_topic`,
  );
  return true;
}

function offsetsJson(topic: string, ranges: readonly OffsetRange[], bound: (range: OffsetRange) => number): string {
  return JSON.stringify({ [topic]: Object.fromEntries(ranges.map((r) => [String(r.partition), bound(r)])) });
}
