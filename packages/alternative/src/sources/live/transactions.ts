import { ParallaxError } from '@parallax/core';
import { OPEN_BATCHES_MAX } from './limits.ts';

/** One message of a partition. */
export interface LogRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** One batch of a partition's log (KIP-98). */
export interface LogBatch {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly producerId: bigint;
  readonly transactional: boolean;
  /** What a control batch says of its producer's transaction; null: a batch of messages. */
  readonly marker: 'commit' | 'abort' | null;
  readonly timestampMs: number;
  readonly records: readonly LogRecord[];
}

/**
 * Tells the messages of one partition that are committed from those that are not, by the markers in the log itself. Neither the broker's list of
 * aborted transactions is used nor the client's filter, which keeps one aborted range a producer and none whose marker it has not fetched.
 */
export class Transactions {
  /** Batches of transactions whose marker has not come, by producer. */
  readonly #open = new Map<bigint, LogBatch[]>();
  #batches = 0;

  /** Batches must come in the log's order. Gives the records that are known to be committed now. */
  *offer(batch: LogBatch): Iterable<LogRecord> {
    if (batch.marker !== null) {
      const ended = this.#open.get(batch.producerId) ?? [];
      this.#open.delete(batch.producerId);
      this.#batches -= ended.length;
      if (batch.marker === 'commit') for (const { records } of ended) yield* records;
    } else if (batch.transactional) {
      const open = this.#open.get(batch.producerId);
      if (open === undefined) this.#open.set(batch.producerId, [batch]);
      else open.push(batch);
      if (++this.#batches > OPEN_BATCHES_MAX)
        throw new ParallaxError('PRLX_ALTERNATIVE_LIMIT', `more than ${OPEN_BATCHES_MAX} batches of transactions without an end`);
    } else yield* batch.records;
  }

  /** Whether all that was offered is decided. */
  get decided(): boolean {
    return this.#open.size === 0;
  }
}
