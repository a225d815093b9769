import { Admin, Consumer, MessagesStreamModes, ProduceAcks, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
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

  /** Everything in the topic now that is committed or was never in a transaction, partition by partition. */
  async read(topic: string): Promise<Kept[]> {
    const groupId = `pipeline-test-${process.hrtime.bigint()}`;
    const consumer = new Consumer({
      clientId: 'pipeline-test',
      groupId,
      bootstrapBrokers: [this.bootstrap],
      deserializers: stringDeserializers,
    });
    try {
      const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic) ?? [];
      const left = new Set(ends.flatMap((end, partition) => (end > 0n ? [partition] : [])));
      const kept: Kept[] = [];
      if (left.size === 0) return kept;
      const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, autocommit: false });
      for await (const { partition, offset, key, value, timestamp, headers } of stream) {
        kept.push({ partition, offset: Number(offset), key, value, timestampMs: Number(timestamp), headers: Object.fromEntries(headers) });
        if (offset >= (ends[partition] ?? 0n) - 1n) left.delete(partition);
        if (left.size === 0) break;
      }
      await stream.close();
      return kept.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
    } finally {
      await consumer.close(true);
    }
  }
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
