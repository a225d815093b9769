import { Admin, Consumer } from '@platformatic/kafka';
import rhea from 'rhea';

export interface ReadRecord {
  readonly partition: number;
  readonly key: string;
  readonly value: Buffer | null;
  readonly timestampMs: number;
}

/** Removes topics, whether or not they are there, and waits until they are gone. */
export async function removeTopics(bootstrap: string, topics: readonly string[]): Promise<void> {
  const admin = new Admin({ clientId: 'simulator-test', bootstrapBrokers: [bootstrap] });
  try {
    const present = async () => (await admin.listTopics()).filter((topic) => topics.includes(topic));
    const found = await present();
    if (found.length > 0) await admin.deleteTopics({ topics: found });
    while ((await present()).length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  } finally {
    await admin.close();
  }
}

/** Everything in a topic now, partition by partition in order; the ends are asked first, so the read always ends. */
export async function readTopic(bootstrap: string, topic: string): Promise<ReadRecord[]> {
  const groupId = `simulator-test-${topic}-${process.hrtime.bigint()}`;
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({ clientId: 'simulator-test', groupId, bootstrapBrokers: [bootstrap] });
  try {
    const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic) ?? [];
    const left = new Set([...ends.entries()].filter(([, end]) => end > 0n).map(([partition]) => partition));
    const records: ReadRecord[] = [];
    if (left.size === 0) return records;
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    for await (const { partition, key, value, timestamp, offset } of stream) {
      const end = ends[partition] ?? 0n;
      if (offset < end) records.push({ partition, key: key.toString(), value: value ?? null, timestampMs: Number(timestamp) });
      if (offset >= end - 1n) left.delete(partition);
      if (left.size === 0) break;
    }
    await stream.close();
    return records;
  } finally {
    await consumer.close(true);
  }
}

export interface ReceivedMessage {
  readonly id: unknown;
  readonly createdMs: number | null;
  readonly durable: boolean;
  readonly body: Buffer;
}

export interface TestQueue {
  readonly received: ReceivedMessage[];
  readonly close: () => void;
}

/** A durable queue on a multicast address, read at once; resolves when the queue exists. */
export function openQueue(url: string, address: string, queue: string): Promise<TestQueue> {
  const { hostname, port } = new URL(url);
  const connection = rhea.create_container().connect({ host: hostname, port: Number(port), reconnect: false });
  const receiver = connection.open_receiver({ source: { address: `${address}::${queue}`, capabilities: ['topic'] }, credit_window: 500 });
  const received: ReceivedMessage[] = [];
  receiver.on('message', ({ message }) => {
    if (message === undefined) return;
    const created: unknown = message.creation_time;
    const createdMs = created instanceof Date ? created.getTime() : typeof created === 'number' ? created : null;
    received.push({ id: message.message_id, createdMs, durable: message.durable === true, body: message.body.content });
  });
  return new Promise((resolve, reject) => {
    receiver.once('receiver_open', () => resolve({ received, close: () => connection.close() }));
    connection.once('disconnected', () => reject(new Error('the connection was lost')));
  });
}

/** Asks again and again; the test's own time-out ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
