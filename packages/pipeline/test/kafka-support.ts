import { Admin, Consumer, FetchIsolationLevels, ListOffsetTimestamps, ProduceAcks, Producer, stringSerializers } from '@platformatic/kafka';
import { onTestFinished } from 'vitest';

export interface Sent {
  readonly partition?: number;
  readonly key?: string;
  readonly value: string;
  /** Milliseconds; the broker's own where the topic says LogAppendTime. */
  readonly timestamp?: number;
}

export interface Kept {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly value: string;
  readonly timestampMs: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** A broker as a test uses it; connections are closed when the test has finished. */
export class TestKafka {
  readonly bootstrap: string;
  readonly admin: Admin;

  constructor(bootstrap: string) {
    this.bootstrap = bootstrap;
    this.admin = new Admin({ clientId: 'pipeline-test', bootstrapBrokers: [bootstrap] });
    onTestFinished(() => this.admin.close());
  }

  /** A name that no other run has used. */
  static name(): string {
    return `pipeline-it-${process.hrtime.bigint()}`;
  }

  async createTopic(topic: string, options: { partitions?: number; configs?: Readonly<Record<string, string>> } = {}): Promise<void> {
    const configs = Object.entries(options.configs ?? {}).map(([name, value]) => ({ name, value }));
    await this.admin.createTopics({ topics: [topic], partitions: options.partitions ?? 1, replicas: 1, configs });
  }

  /** Returns when the topic is gone. */
  async deleteTopic(topic: string): Promise<void> {
    await this.admin.deleteTopics({ topics: [topic] });
    while ((await this.admin.listTopics()).includes(topic)) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  producer(transactionalId?: string): Producer<string, string, string, string> {
    const producer = new Producer({
      clientId: 'pipeline-test',
      bootstrapBrokers: [this.bootstrap],
      serializers: stringSerializers,
      acks: ProduceAcks.ALL,
      ...(transactionalId === undefined ? {} : { transactionalId, idempotent: true }),
    });
    onTestFinished(() => producer.close());
    return producer;
  }

  /** Sends one by one, so that the offsets are in this order. */
  async send(topic: string, messages: readonly Sent[]): Promise<void> {
    const producer = this.producer();
    for (const message of messages) await producer.send({ messages: [recordOf(topic, message)] });
  }

  /** A commit is answered a moment before its marker stands in the log: waits for it, not for long, since a transaction may be open for good. */
  async #settled(topic: string): Promise<void> {
    const end = async (isolationLevel: (typeof FetchIsolationLevels)[keyof typeof FetchIsolationLevels]): Promise<bigint[]> => {
      const partitions = [{ partitionIndex: 0, timestamp: ListOffsetTimestamps.LATEST }];
      const [listed] = await this.admin.listOffsets({ topics: [{ name: topic, partitions }], isolationLevel });
      return (listed?.partitions ?? []).map(({ offset }) => offset);
    };
    for (let looks = 0; looks < SETTLED_LOOKS; looks++) {
      const [stable] = await end(FetchIsolationLevels.READ_COMMITTED);
      const [written] = await end(FetchIsolationLevels.READ_UNCOMMITTED);
      if (stable === written) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /**
   * Everything in the topic now that is committed or was never in a transaction, partition by partition. Transactions' markers take offsets
   * too, so it is read by batches; of two aborted transactions of one producer in one fetch the client would let the first one through.
   */
  async read(topic: string): Promise<Kept[]> {
    const groupId = `pipeline-test-${process.hrtime.bigint()}`;
    const consumer = new Consumer({ clientId: 'pipeline-test', groupId, bootstrapBrokers: [this.bootstrap] });
    try {
      await this.#settled(topic);
      const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic) ?? [];
      const facts = (await consumer.metadata({ topics: [topic] })).topics.get(topic);
      const kept: Kept[] = [];
      for (const [partition, end] of ends.entries()) {
        for (let next = 0n; next < end; ) {
          const batches = await fetchFrom(consumer, facts?.id ?? '', facts?.partitions[partition]?.leader ?? 0, partition, next);
          for (const batch of batches) {
            if ((batch.attributes & CONTROL) === 0) kept.push(...keptOf(batch, partition).filter(({ offset }) => offset >= next));
          }
          const last = batches.at(-1);
          if (last !== undefined) next = last.firstOffset + BigInt(last.lastOffsetDelta) + 1n;
        }
      }
      return kept;
    } finally {
      await consumer.close(true);
    }
  }
}

const SETTLED_LOOKS = 40;
const CONTROL = 0b10_0000;
const LOG_APPEND_TIME = 0b1000;
type Batches = NonNullable<Awaited<ReturnType<Consumer['fetch']>>['responses'][0]['partitions'][0]['records']>;

async function fetchFrom(consumer: Consumer, topicId: string, node: number, partition: number, offset: bigint): Promise<Batches> {
  const wanted = { partition, currentLeaderEpoch: -1, fetchOffset: offset, lastFetchedEpoch: -1, partitionMaxBytes: 1 << 20 };
  const { responses } = await consumer.fetch({
    node,
    isolationLevel: FetchIsolationLevels.READ_COMMITTED,
    maxWaitTime: 200,
    topics: [{ topicId, partitions: [wanted] }],
  });
  return responses[0]?.partitions[0]?.records ?? [];
}

function keptOf(batch: Batches[0], partition: number): Kept[] {
  return batch.records.map(({ offsetDelta, timestampDelta, key, value, headers }) => ({
    partition,
    offset: Number(batch.firstOffset) + offsetDelta,
    key: key?.toString() ?? '',
    value: value?.toString() ?? '',
    timestampMs: Number((batch.attributes & LOG_APPEND_TIME) === 0 ? batch.firstTimestamp + timestampDelta : batch.maxTimestamp),
    headers: Object.fromEntries(headers.map(([name, text]) => [String(name), String(text)])),
  }));
}

export function recordOf(topic: string, { partition, key, value, timestamp }: Sent) {
  return {
    topic,
    value,
    ...(partition === undefined ? {} : { partition }),
    ...(key === undefined ? {} : { key }),
    ...(timestamp === undefined ? {} : { timestamp: BigInt(timestamp) }),
  };
}
