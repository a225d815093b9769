import { formatSecond, MICROS_PER_MINUTE, type Micros, ParallaxError, type Project } from '@parallax/core';
import {
  Admin,
  Consumer,
  ListOffsetTimestamps,
  MessagesStreamModes,
  ProduceAcks,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka';
import type { Decision, Ledger } from '../ledger/ledger.ts';
import { BROKER_TIMEOUT_MS, PUBLISH_BATCH_MAX } from '../limits.ts';

const POSITION = 'actions_topic_read_to';

export interface Published {
  readonly released: number;
  readonly expired: number;
}

/**
 * Publishes decided actions to the actions topic, each once over crashes: an action is marked released after the broker has confirmed it,
 * and after a restart the topic is read back first, so that what was confirmed but not marked is not sent again. The message's key is the
 * customer, its value the action with its id, its header the lease's epoch.
 */
export class ActionPublisher {
  readonly #project: Project;
  readonly #ledger: Ledger;
  readonly #topic: string;
  readonly #producer: Producer<string, string, string, string>;

  private constructor(project: Project, ledger: Ledger, topic: string, producer: Producer<string, string, string, string>) {
    this.#project = project;
    this.#ledger = ledger;
    this.#topic = topic;
    this.#producer = producer;
  }

  /** Makes the topic if it is not there, reads back what an earlier coordinator has sent, and connects. */
  static async open(input: { project: Project; ledger: Ledger; bootstrap: string; topic: string }): Promise<ActionPublisher> {
    const { project, ledger, bootstrap, topic } = input;
    const base = { clientId: `parallax-${project.name}-actions`, bootstrapBrokers: bootstrap.split(','), timeout: BROKER_TIMEOUT_MS };
    await ensureTopic(base, topic);
    await readBack(base, topic, ledger);
    const producer = new Producer({ ...base, serializers: stringSerializers, idempotent: true, acks: ProduceAcks.ALL });
    return new ActionPublisher(project, ledger, topic, producer);
  }

  async close(): Promise<void> {
    await this.#producer.close();
  }

  /** Releases what waits; what is older than its action's `valid_for` expires instead. */
  async publish(now: Micros): Promise<Published> {
    let released = 0;
    let expired = 0;
    for (;;) {
      const waiting = this.#ledger.waiting(PUBLISH_BATCH_MAX);
      if (waiting.length === 0) return { released, expired };
      const stale = waiting.filter((d) => now - (d.minute + MICROS_PER_MINUTE) > this.#validFor(d.action));
      const fresh = waiting.filter((d) => !stale.includes(d));
      if (stale.length > 0)
        this.#ledger.setState(
          stale.map((d) => d.id),
          'expired',
        );
      if (fresh.length > 0) {
        // A coordinator that lost its lease must not send: the ledger refuses the renewal before, and the marking after.
        this.#ledger.assertLease();
        const sent = await this.#producer.send({ messages: fresh.map((d) => this.#message(d)) });
        this.#ledger.setState(
          fresh.map((d) => d.id),
          'released',
        );
        const positions = readPositions(this.#ledger);
        for (const { partition, offset } of sent.offsets ?? []) positions.set(partition, offset);
        writePositions(this.#ledger, positions);
      }
      released += fresh.length;
      expired += stale.length;
    }
  }

  #message(decision: Decision): { topic: string; key: string; value: string; headers: Map<string, string> } {
    const { id, minute, customer, action, reason } = decision;
    return {
      topic: this.#topic,
      key: customer,
      value: JSON.stringify({
        id,
        project: this.#project.name,
        minute: formatSecond(minute),
        [this.#project.key.name]: customer,
        action,
        reason,
      }),
      headers: new Map([['parallax-epoch', String(this.#ledger.epoch)]]),
    };
  }

  #validFor(action: string): Micros {
    return (this.#project.actions.get(action) ?? this.#project.defaultAction).validForUs;
  }
}

interface BrokerOptions {
  readonly clientId: string;
  readonly bootstrapBrokers: string[];
  readonly timeout: number;
}

async function ensureTopic(base: BrokerOptions, topic: string): Promise<void> {
  const admin = new Admin(base);
  try {
    if ((await admin.listTopics()).includes(topic)) return;
    await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 });
  } catch (cause) {
    throw new ParallaxError('PRLX_BROKER', `the actions topic ${topic} could not be made`, {
      cause,
      retryable: true,
      advice: 'Create it, or check the bootstrap address.',
    });
  } finally {
    await admin.close();
  }
}

/** Marks the actions that the topic holds since the last noted position as released. */
async function readBack(base: BrokerOptions, topic: string, ledger: Ledger): Promise<void> {
  const consumer = new Consumer({ ...base, groupId: `${base.clientId}-read-back`, deserializers: stringDeserializers });
  try {
    const ends = (await consumer.listOffsets({ topics: [topic], timestamp: ListOffsetTimestamps.LATEST })).get(topic) ?? [];
    const positions = readPositions(ledger);
    const offsets = ends.map((_, partition) => ({ topic, partition, offset: positions.get(partition) ?? 0n }));
    let left = offsets.filter(({ partition, offset }) => offset < (ends[partition] ?? 0n)).length;
    if (left > 0) {
      const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.MANUAL, offsets, autocommit: false });
      for await (const message of stream) {
        const { id } = JSON.parse(message.value) as { id: string };
        ledger.setState([id], 'released');
        positions.set(message.partition, message.offset + 1n);
        if (message.offset + 1n >= (ends[message.partition] ?? 0n)) left -= 1;
        if (left === 0) break;
      }
    }
    for (const [partition, end] of ends.entries()) positions.set(partition, end);
    writePositions(ledger, positions);
  } catch (cause) {
    if (cause instanceof ParallaxError) throw cause;
    throw new ParallaxError('PRLX_BROKER', `the actions topic ${topic} could not be read back`, {
      cause,
      retryable: true,
      advice: 'Check that the broker runs.',
    });
  } finally {
    await consumer.close(true);
  }
}

function readPositions(ledger: Ledger): Map<number, bigint> {
  const text = ledger.meta(POSITION);
  const entries = text === null ? [] : Object.entries(JSON.parse(text) as Record<string, string>);
  return new Map(entries.map(([partition, offset]) => [Number(partition), BigInt(offset)]));
}

function writePositions(ledger: Ledger, positions: ReadonlyMap<number, bigint>): void {
  ledger.setMeta(POSITION, JSON.stringify(Object.fromEntries([...positions].map(([p, o]) => [p, o.toString()]))));
}
