import { type OffsetRange, quoteLiteral, type StreamSeal } from '@parallax/core';
import type { SparkSession } from '@parallax/spark-connect';
import { TOPIC_CALL_LEAST, TOPIC_CALL_MESSAGES, TOPIC_CALLS } from '../limits.ts';

type TopicSeal = Extract<StreamSeal, { kind: 'topic' }>;

/**
 * What a seal names of one topic, read and packed by `prlx_topic` (spark-functions): a query (bucket, events), several rows a bucket; null when the
 * ranges are empty. Each call reads some of the ranges with a consumer of its own, in parallel with the others.
 */
export function topicEventsSql(bootstrap: string, seal: TopicSeal, spec: string): string | null {
  const calls = callsOf(seal.ranges);
  if (calls.length === 0) return null;
  const source = quoteLiteral(
    JSON.stringify({ topic: seal.topic, properties: { 'bootstrap.servers': bootstrap, 'client.id': 'parallax-spark' } }),
  );
  const ranges = calls.map((call) => {
    const text = JSON.stringify(call.map(({ partition, from, to }) => ({ partition, from: String(from), to: String(to) })));
    return `(${quoteLiteral(text)})`;
  });
  return `SELECT inline(prlx_topic(ranges, ${source}, ${quoteLiteral(spec)})) AS (bucket, events) FROM VALUES ${ranges.join(', ')} AS calls(ranges)`;
}

/** Ranges in groups of about equal size: as many as may run at once, unless they are too small for it; none with more messages than one call may hold in memory. */
export function callsOf(ranges: readonly OffsetRange[]): OffsetRange[][] {
  const total = ranges.reduce((n, r) => n + r.to - r.from, 0);
  if (total === 0) return [];
  const size = Math.min(TOPIC_CALL_MESSAGES, Math.max(TOPIC_CALL_LEAST, Math.ceil(total / TOPIC_CALLS)));
  const calls: OffsetRange[][] = [];
  let call: OffsetRange[] = [];
  let room = size;
  for (const range of ranges) {
    for (let from = range.from; from < range.to; ) {
      const to = Math.min(range.to, from + room);
      call.push({ partition: range.partition, from, to });
      room -= to - from;
      from = to;
      if (room > 0) continue;
      calls.push(call);
      call = [];
      room = size;
    }
  }
  if (call.length > 0) calls.push(call);
  return calls;
}

/**
 * What a seal names of one topic, as Spark's Kafka source reads it: a batch with explicit offsets, read_committed, failing
 * when anything of the range is gone. Makes the view `name` (partition, offset, message_id, payload); false when the range is empty.
 */
export async function openTopicRange(session: SparkSession, name: string, bootstrap: string, seal: TopicSeal): Promise<boolean> {
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
