import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Admin, Consumer } from '@platformatic/kafka';
import rhea from 'rhea';

export interface SentMessage {
  readonly id: string | null;
  readonly body: unknown;
  readonly createdMs?: number;
}

export interface ReadRecord {
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly timestampMs: number;
}

/** Sends to a multicast address and waits until the broker has accepted each message. */
export async function sendAll(url: string, address: string, messages: readonly SentMessage[]): Promise<void> {
  const { hostname, port } = new URL(url);
  const connection = rhea.create_container().connect({ host: hostname, port: Number(port), reconnect: false });
  const sender = connection.open_sender({ target: { address, capabilities: ['topic'] } });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let [next, accepted] = [0, 0];
  sender.on('sendable', () => {
    for (; next < messages.length && sender.sendable(); next += 1) {
      const { id, body, createdMs } = messages[next] as SentMessage;
      const properties = { ...(id === null ? {} : { message_id: id }), ...(createdMs === undefined ? {} : { creation_time: createdMs }) };
      sender.send(rhea.message.encode({ durable: true, ...properties, body }), undefined, 0);
    }
  });
  sender.on('accepted', () => {
    accepted += 1;
    if (accepted === messages.length) resolve();
  });
  for (const event of ['rejected', 'released', 'modified']) sender.on(event, () => reject(new Error(`a message was ${event}`)));
  connection.on('disconnected', () => reject(new Error('the connection was lost')));
  await promise;
  connection.close();
}

export async function withAdmin<T>(bootstrap: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({ clientId: 'bridge-test', bootstrapBrokers: [bootstrap] });
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}

/** One partition, so that order can be judged. */
export async function makeTopic(bootstrap: string, topic: string, configs: Record<string, string> = {}): Promise<void> {
  const entries = Object.entries(configs).map(([name, value]) => ({ name, value }));
  await withAdmin(bootstrap, (admin) => admin.createTopics({ topics: [topic], partitions: 1, replicas: 1, configs: entries }));
}

/** Without its topic Kafka is up and takes nothing; with it again, it takes everything. */
export async function removeTopic(bootstrap: string, topic: string): Promise<void> {
  await withAdmin(bootstrap, (admin) => admin.deleteTopics({ topics: [topic] }));
}

/** Everything in the topic now, in order; the topic's end is asked first, so nothing is missed and the read always ends. */
export async function readTopic(bootstrap: string, topic: string): Promise<ReadRecord[]> {
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    clientId: 'bridge-test',
    groupId: `bridge-test-${topic}-${process.hrtime.bigint()}`,
    bootstrapBrokers: [bootstrap],
  });
  try {
    const end = (await consumer.listOffsets({ topics: [topic] })).get(topic)?.[0] ?? 0n;
    const records: ReadRecord[] = [];
    if (end === 0n) return records;
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    for await (const { key, value, timestamp, offset } of stream) {
      records.push({
        key: key === null || key === undefined ? null : key.toString(),
        value: value ?? null,
        timestampMs: Number(timestamp),
      });
      if (offset >= end - 1n) break;
    }
    await stream.close();
    return records;
  } finally {
    await consumer.close(true);
  }
}

/** Asks again and again; the test's own time-out ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(20);
}

export interface Proxy {
  readonly url: string;
  /** From now on nothing that the client sends reaches the server; what the server sends still arrives. */
  readonly holdClient: () => void;
  /** Cuts all connections; new ones pass freely again. */
  readonly cut: () => void;
  readonly stop: () => Promise<void>;
}

/** A TCP proxy in front of the message broker, to lose acknowledgements. */
export async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let holding = false;
  const server = createServer((client) => {
    const upstream = connect({ host: hostname, port: Number(port) });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (!holding) upstream.write(bytes);
    });
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const cut = (): void => {
    holding = false;
    for (const socket of sockets) socket.destroy();
  };
  const stop = async (): Promise<void> => {
    cut();
    await new Promise((resolve) => server.close(resolve));
  };
  const holdClient = (): void => {
    holding = true;
  };
  return { url: `amqp://127.0.0.1:${address.port}`, holdClient, cut, stop };
}
