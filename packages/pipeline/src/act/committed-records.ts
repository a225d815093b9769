/** A batch of records as the broker sends it; `attributes` as in Kafka's record batch, version 2. */
export interface RawBatch<R> {
  readonly firstOffset: bigint;
  readonly lastOffsetDelta: number;
  readonly attributes: number;
  readonly producerId: bigint;
  readonly records: readonly R[];
}

export interface RawRecord {
  readonly offsetDelta: number;
  readonly key: Buffer | null;
}

const TRANSACTIONAL = 0b01_0000;
const CONTROL = 0b10_0000;
/** The type of a control record that ends an aborted transaction: the second int16 of its key. */
const ABORT = 0;

/**
 * The records of a read_committed fetch that were committed or never in a transaction, each with its offset; KIP-98's consumer. The
 * client's own filter keeps one aborted range a producer and fetch, so that the first of two aborted transactions would pass for sent.
 *
 * @param aborted the fetch's list: an aborted transaction of `producerId` begins at `firstOffset` and ends with the producer's next abort marker
 */
export function committedRecords<R extends RawRecord>(
  batches: readonly RawBatch<R>[],
  aborted: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[],
): { readonly offset: bigint; readonly record: R }[] {
  const begins = [...aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : a.firstOffset > b.firstOffset ? 1 : 0));
  const aborting = new Set<bigint>();
  const kept: { offset: bigint; record: R }[] = [];
  for (const batch of batches) {
    const last = batch.firstOffset + BigInt(batch.lastOffsetDelta);
    for (let begin = begins[0]; begin !== undefined && begin.firstOffset <= last; begin = begins[0]) {
      aborting.add(begin.producerId);
      begins.shift();
    }
    if ((batch.attributes & CONTROL) !== 0) {
      if (batch.records[0]?.key?.readInt16BE(2) === ABORT) aborting.delete(batch.producerId);
      continue;
    }
    if ((batch.attributes & TRANSACTIONAL) !== 0 && aborting.has(batch.producerId)) continue;
    for (const record of batch.records) kept.push({ offset: batch.firstOffset + BigInt(record.offsetDelta), record });
  }
  return kept;
}
