import { ParallaxError } from '@parallax/core';
import { Admin, Consumer, FetchIsolationLevels, ListOffsetTimestamps, ProduceAcks, Producer, stringSerializers } from '@platformatic/kafka';
import { ACTIONS_FETCH_BYTES, ACTIONS_FETCH_WAIT_MS, ACTIONS_FETCHES_FRUITLESS_MAX, BROKER_TIMEOUT_MS } from '../limits.ts';
import { committedRecords } from './committed-records.ts';

export interface ActionMessage {
  readonly key: string;
  readonly value: string;
  readonly headers: ReadonlyMap<string, string>;
}

export type Positions = ReadonlyMap<number, bigint>;

/** Where released actions go. What it has taken can be read back; a sender that is not the last to have claimed it is refused. */
export interface ActionsTopic {
  /** Fences every earlier sender and ends what it left open: from here on the log holds all that was ever sent, or none of it. */
  claim(): Promise<void>;
  /** The values sent since `positions`, oldest first in each partition, and the positions after them. */
  readBack(positions: Positions): Promise<{ readonly values: readonly string[]; readonly positions: Positions }>;
  /**
   * Sends all of them or none; after a failure either may have happened, which is known once the topic is claimed and read back.
   * Returns where in each partition reading back may begin from now on.
   */
  send(messages: readonly ActionMessage[]): Promise<Positions>;
  close(): Promise<void>;
}

/**
 * A Kafka topic, one transaction a send (KIP-98). The transactional id is the topic's, so that the broker refuses whoever claimed it
 * before: a coordinator that slept through the loss of its lease cannot send. Read it with `isolation.level=read_committed`.
 */
export class KafkaActionsTopic implements ActionsTopic {
  readonly #base: { readonly clientId: string; readonly bootstrapBrokers: string[]; readonly timeout: number };
  readonly #topic: string;
  #producer: Producer<string, string, string, string> | null = null;

  constructor(bootstrap: string, topic: string) {
    this.#base = { clientId: `parallax-${topic}`, bootstrapBrokers: bootstrap.split(','), timeout: BROKER_TIMEOUT_MS };
    this.#topic = topic;
  }

  async claim(): Promise<void> {
    await this.#asking('could not be claimed', 'Create it, or check the bootstrap address.', async () => {
      await this.#ensure();
      await this.close();
      const producer = new Producer({
        ...this.#base,
        serializers: stringSerializers,
        idempotent: true,
        acks: ProduceAcks.ALL,
        transactionalId: `parallax-${this.#topic}`,
      });
      this.#producer = producer;
      // The client asks for its producer id, which fences the others, with its first transaction; this one is never begun at the broker. It
      // would name id 0 as its earlier one, which the broker refuses (KIP-360): there is none.
      await (await producer.beginTransaction({ producerId: -1n, producerEpoch: -1 })).cancel();
    });
  }

  async readBack(positions: Positions): Promise<{ values: string[]; positions: Positions }> {
    return this.#asking('could not be read back', 'Check that the broker runs.', async () => {
      const consumer = new Consumer({ ...this.#base, groupId: `${this.#base.clientId}-read-back` });
      try {
        const ends = await this.#stableEnds(consumer);
        const starts =
          (await consumer.listOffsets({ topics: [this.#topic], timestamp: ListOffsetTimestamps.EARLIEST })).get(this.#topic) ?? [];
        const values: string[] = [];
        for (const [partition, end] of ends.entries()) {
          const from = largest(positions.get(partition) ?? 0n, starts[partition] ?? 0n);
          if (from < end) values.push(...(await this.#read(consumer, partition, from, end)));
        }
        return { values, positions: new Map(ends.entries()) };
      } finally {
        await consumer.close(true);
      }
    });
  }

  async send(messages: readonly ActionMessage[]): Promise<Positions> {
    return this.#asking('took no actions', 'Check that the broker runs.', async () => {
      const producer = this.#producer;
      if (producer === null) throw new ParallaxError('PRLX_INTERNAL', 'the actions topic was not claimed');
      const transaction = await producer.beginTransaction();
      const sent = await transaction.send({
        messages: messages.map(({ key, value, headers }) => ({ topic: this.#topic, key, value, headers: new Map(headers) })),
      });
      await transaction.commit();
      return new Map((sent.offsets ?? []).map(({ partition, offset }) => [partition, offset]));
    });
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    await producer?.close(true);
  }

  async #ensure(): Promise<void> {
    const admin = new Admin(this.#base);
    try {
      if ((await admin.listTopics()).includes(this.#topic)) return;
      await admin.createTopics({ topics: [this.#topic], partitions: 1, replicas: 1 });
    } finally {
      await admin.close();
    }
  }

  /** The ends up to which everything is decided. A transaction that another producer has open would hide what lies behind it. */
  async #stableEnds(consumer: Consumer): Promise<bigint[]> {
    const ask = async (isolationLevel: number): Promise<bigint[]> =>
      (await consumer.listOffsets({ topics: [this.#topic], timestamp: ListOffsetTimestamps.LATEST, isolationLevel })).get(this.#topic) ??
      [];
    const written = await ask(FetchIsolationLevels.READ_UNCOMMITTED);
    const stable = await ask(FetchIsolationLevels.READ_COMMITTED);
    if (written.some((end, partition) => (stable[partition] ?? 0n) < end)) {
      throw new ParallaxError('PRLX_BROKER', `a transaction of another producer is open on the actions topic ${this.#topic}`, {
        retryable: true,
        advice: 'Give Parallax an actions topic of its own.',
      });
    }
    return written;
  }

  /** The values of `[from, end)`; transactions' markers take offsets too, so progress is counted by batches. */
  async #read(consumer: Consumer, partition: number, from: bigint, end: bigint): Promise<string[]> {
    const metadata = await consumer.metadata({ topics: [this.#topic] });
    const topic = metadata.topics.get(this.#topic);
    const leader = topic?.partitions[partition]?.leader;
    if (topic === undefined || leader === undefined) throw new ParallaxError('PRLX_BROKER', `${this.#topic} has no partition ${partition}`);
    const values: string[] = [];
    let fruitless = 0;
    for (let next = from; next < end; ) {
      const response = await consumer.fetch({
        node: leader,
        isolationLevel: FetchIsolationLevels.READ_COMMITTED,
        maxWaitTime: ACTIONS_FETCH_WAIT_MS,
        minBytes: 1,
        maxBytes: ACTIONS_FETCH_BYTES,
        topics: [
          {
            topicId: topic.id,
            partitions: [
              { partition, currentLeaderEpoch: -1, fetchOffset: next, lastFetchedEpoch: -1, partitionMaxBytes: ACTIONS_FETCH_BYTES },
            ],
          },
        ],
      });
      const answer = response.responses[0]?.partitions[0];
      const batches = answer?.records ?? [];
      for (const { offset, record } of committedRecords(batches, answer?.abortedTransactions ?? [])) {
        if (offset >= next && offset < end && record.value !== null) values.push(record.value.toString('utf8'));
      }
      const last = batches.at(-1);
      if (last === undefined) fruitless += 1;
      else next = largest(next, last.firstOffset + BigInt(last.lastOffsetDelta) + 1n);
      if (fruitless > ACTIONS_FETCHES_FRUITLESS_MAX) {
        throw new ParallaxError('PRLX_BROKER', `offset ${next} of the actions topic ${this.#topic} cannot be read`, { retryable: true });
      }
    }
    return values;
  }

  async #asking<T>(what: string, advice: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof ParallaxError) throw cause;
      throw new ParallaxError('PRLX_BROKER', `the actions topic ${this.#topic} ${what}`, { cause, retryable: true, advice });
    }
  }
}

function largest(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
