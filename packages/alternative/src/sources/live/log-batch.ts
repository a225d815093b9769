import type { Consumer } from '@platformatic/kafka';
import type { LogBatch } from './transactions.ts';

/** What the client answers a fetch with. */
export type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;
type Fetched = NonNullable<FetchResponse['responses'][number]['partitions'][number]['records']>[number];

/** Bits of a batch's attributes (Kafka's message format 2). */
const LOG_APPEND_TIME = 1 << 3;
const TRANSACTIONAL = 1 << 4;
const CONTROL = 1 << 5;

/** A batch as the client decoded it, as this side needs it. */
export function batchOf(batch: Fetched): LogBatch {
  const firstOffset = Number(batch.firstOffset);
  const { attributes, records } = batch;
  const stamped = (attributes & LOG_APPEND_TIME) !== 0;
  const last = Number(batch.maxTimestamp);
  const first = Number(batch.firstTimestamp);
  const control = (attributes & CONTROL) !== 0;
  return {
    firstOffset,
    lastOffset: firstOffset + batch.lastOffsetDelta,
    producerId: batch.producerId,
    transactional: (attributes & TRANSACTIONAL) !== 0,
    marker: control ? markerOf(records[0]?.key ?? null) : null,
    timestampMs: last,
    records: control
      ? []
      : records.map(({ offsetDelta, timestampDelta, key, value }) => ({
          offset: firstOffset + offsetDelta,
          timestampMs: stamped ? last : first + Number(timestampDelta),
          key,
          value,
        })),
  };
}

/** The key of a control record: version (int16), type (int16): 0 is an abort, 1 a commit. */
function markerOf(key: Buffer | null): 'commit' | 'abort' {
  return key !== null && key.length >= 4 && key.readInt16BE(2) === 1 ? 'commit' : 'abort';
}
