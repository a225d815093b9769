import { Consumer } from '@platformatic/kafka';
import type { MinuteToRead } from './minutes-to-read.ts';

/** The one broker of the bench. */
const NODE = 1;
const FETCH_BYTES_MAX = 16 << 20;
const FETCH_WAIT_MS_MAX = 1_000;
const READ_COMMITTED = 1;

/**
 * Reads ranges of offsets by plain fetch requests: the cheapest way that the client has, without a stream or an object a message.
 * @param take gets each payload; a tombstone is left out
 * @returns messages read
 */
export async function readRanges(
  consumer: Consumer<Buffer, Buffer, Buffer, Buffer>,
  { topicId, ranges }: MinuteToRead['streams'][number],
  take: (payload: Buffer) => void,
): Promise<number> {
  const next = new Map(ranges.map((range) => [range.partition, BigInt(range.from)]));
  const ends = new Map(ranges.map((range) => [range.partition, BigInt(range.to)]));
  let messages = 0;
  while (next.size > 0) {
    const partitions = [...next].map(([partition, fetchOffset]) => ({
      partition,
      fetchOffset,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
      partitionMaxBytes: FETCH_BYTES_MAX,
    }));
    const response = await consumer.fetch({
      node: NODE,
      topics: [{ topicId, partitions }],
      minBytes: 1,
      maxBytes: FETCH_BYTES_MAX,
      maxWaitTime: FETCH_WAIT_MS_MAX,
      isolationLevel: READ_COMMITTED,
    });
    for (const { partitionIndex, records } of response.responses.flatMap((topic) => topic.partitions)) {
      const end = ends.get(partitionIndex) ?? 0n;
      let at = next.get(partitionIndex) ?? end;
      for (const batch of records ?? []) {
        for (const record of batch.records) {
          const offset = batch.firstOffset + BigInt(record.offsetDelta);
          if (offset < at || offset >= end) continue;
          messages += 1;
          if (record.value !== null) take(record.value);
        }
        const after = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
        if (after > at) at = after;
      }
      if (at >= end) next.delete(partitionIndex);
      else next.set(partitionIndex, at);
    }
  }
  return messages;
}

export function openConsumer(bootstrap: string): Consumer<Buffer, Buffer, Buffer, Buffer> {
  return new Consumer<Buffer, Buffer, Buffer, Buffer>({
    clientId: 'parallax-bench-baseline',
    groupId: 'parallax-bench-baseline',
    bootstrapBrokers: [bootstrap],
  });
}
