import { setTimeout as delay } from 'node:timers/promises';
import { ParallaxError } from '@parallax/core';
import { Admin, Consumer, FetchIsolationLevels, ListOffsetTimestamps, ResourceTypes } from '@platformatic/kafka';
import {
  BROKER_TIMEOUT_MS,
  BROKER_TRIES,
  CUT_OFF_AGAIN_MS,
  CUT_OFF_SETTLED_MS,
  FETCH_BYTES_MAX,
  FETCH_PARTITION_BYTES_MAX,
  FETCH_STALL_MS,
  FETCH_WAIT_MS,
} from './limits.ts';
import { batchOf, type FetchResponse } from './log-batch.ts';
import { type LogBatch, type LogRecord, Transactions } from './transactions.ts';

/** What a broker says of a topic. */
export interface TopicFacts {
  readonly id: string;
  /** The leaders' node ids, by partition. */
  readonly leaders: readonly number[];
  readonly arrival: 'log' | 'approximate';
  readonly compacted: boolean;
}

/** Offsets `[from, to)` of one partition. */
export interface LogRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export type TakeRecord = (record: LogRecord, partition: number) => void;

interface Reading {
  readonly range: LogRange;
  readonly transactions: Transactions;
  next: number;
  done: boolean;
}

/** This side's own view of one Kafka cluster: topics, offsets, and messages by explicit offsets, without a consumer group. */
export class TopicLog {
  readonly #admin: Admin;
  readonly #consumer: Consumer;
  readonly #now: () => number;

  constructor(bootstrap: string, clientId: string, now: () => number) {
    const options = { clientId, bootstrapBrokers: bootstrap.split(','), timeout: BROKER_TIMEOUT_MS, retries: BROKER_TRIES };
    this.#admin = new Admin(options);
    // Nothing joins this group: fetches name their offsets.
    this.#consumer = new Consumer({ ...options, groupId: clientId });
    this.#now = now;
  }

  async close(): Promise<void> {
    await this.#consumer.close(true);
    await this.#admin.close();
  }

  /** Null when there is no such topic. */
  facts(topic: string): Promise<TopicFacts | null> {
    return ask(`describe the topic ${topic}`, async () => {
      if (!(await this.#admin.listTopics()).includes(topic)) return null;
      const found = (await this.#admin.metadata({ topics: [topic], forceUpdate: true })).topics.get(topic);
      if (found === undefined) return null;
      const keys = ['cleanup.policy', 'message.timestamp.type'];
      const [described] = await this.#admin.describeConfigs({
        resources: [{ resourceType: ResourceTypes.TOPIC, resourceName: topic, configurationKeys: keys }],
      });
      const setting = (name: string) => described?.configs.find((each) => each.name === name)?.value ?? '';
      return {
        id: found.id,
        leaders: found.partitions.map(({ leader }) => leader),
        arrival: setting('message.timestamp.type') === 'LogAppendTime' ? 'log' : 'approximate',
        compacted: setting('cleanup.policy').includes('compact'),
      };
    });
  }

  /** The first offset that each partition still holds. */
  starts(topic: string, { leaders }: TopicFacts): Promise<number[]> {
    return this.#offsets(topic, leaders.length, ListOffsetTimestamps.EARLIEST);
  }

  /** The last stable offset of each partition: what lies before it is decided. */
  stableEnds(topic: string, { leaders }: TopicFacts): Promise<number[]> {
    return this.#offsets(topic, leaders.length, ListOffsetTimestamps.LATEST);
  }

  /**
   * Where a minute ends that ends at `ms`: each partition's first offset of that time or later, but no offset past its last stable one. Who asks so soon after that time
   * that some partition has nothing of it waits: what was stamped before may be readable a little later.
   */
  async cutOffs(topic: string, facts: TopicFacts, ms: number): Promise<number[]> {
    // Who asks knows that the time has come, whatever this machine's clock says.
    for (let leftMs = Math.min(CUT_OFF_SETTLED_MS, ms + CUT_OFF_SETTLED_MS - this.#now()); ; leftMs -= CUT_OFF_AGAIN_MS) {
      // In this order: where nothing of that time is found, the end that was asked for before has nothing of it; what is found is never past the end that is asked for after.
      const before = await this.stableEnds(topic, facts);
      const found = await this.#offsets(topic, facts.leaders.length, BigInt(ms));
      if (leftMs <= 0 || found.every((at) => at >= 0)) {
        const after = await this.stableEnds(topic, facts);
        return found.map((at, partition) => (at < 0 ? (before[partition] ?? 0) : Math.min(at, after[partition] ?? 0)));
      }
      await delay(CUT_OFF_AGAIN_MS);
    }
  }

  async #offsets(topic: string, partitions: number, timestamp: bigint): Promise<number[]> {
    const wanted = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp }));
    const [listed] = await ask(`list offsets of ${topic}`, () =>
      this.#admin.listOffsets({ topics: [{ name: topic, partitions: wanted }], isolationLevel: FetchIsolationLevels.READ_COMMITTED }),
    );
    const offsets = new Array<number>(partitions).fill(-1);
    for (const { partitionIndex, offset } of listed?.partitions ?? []) offsets[partitionIndex] = Number(offset);
    return offsets;
  }

  /**
   * Gives every committed message of the ranges, those of one transaction when its end is known. What lies behind a range is read only as far
   * as the markers of transactions that began in it. Throws PRLX_ALTERNATIVE_BROKER when nothing comes any more.
   */
  async read(topic: string, facts: TopicFacts, ranges: readonly LogRange[], take: TakeRecord, signal?: AbortSignal): Promise<void> {
    const readings = ranges
      .filter(({ from, to }) => to > from)
      .map((range): Reading => ({ range, transactions: new Transactions(), next: range.from, done: false }));
    const byLeader = Map.groupBy(readings, ({ range }) => facts.leaders[range.partition] ?? -1);
    for (const [leader, ofLeader] of byLeader) {
      let progress = this.#now();
      for (;;) {
        const open = ofLeader.filter(({ done }) => !done);
        if (open.length === 0) break;
        signal?.throwIfAborted();
        if (await this.#fetch(facts.id, leader, open, take)) progress = this.#now();
        else if (this.#now() - progress > FETCH_STALL_MS) throw stalled(topic, open);
      }
    }
  }

  /** The batches of one partition from the one that holds `from` on, as far as one fetch goes; messages of transactions among them. */
  async batches(facts: TopicFacts, partition: number, from: number): Promise<readonly LogBatch[]> {
    const response = await this.#request(facts.id, facts.leaders[partition] ?? -1, [{ partition, from }]);
    return response.responses.flatMap(({ partitions }) => partitions.flatMap(({ records }) => (records ?? []).map(batchOf)));
  }

  /** One fetch; whether it brought anything. */
  async #fetch(topicId: string, leader: number, open: readonly Reading[], take: TakeRecord): Promise<boolean> {
    const response = await this.#request(
      topicId,
      leader,
      open.map(({ range, next }) => ({ partition: range.partition, from: next })),
    );
    let any = false;
    for (const { partitions } of response.responses) {
      for (const { partitionIndex, records } of partitions) {
        const reading = open.find(({ range }) => range.partition === partitionIndex);
        for (const each of records ?? []) {
          if (reading === undefined || reading.done) break;
          any = this.#advance(reading, batchOf(each), take) || any;
        }
      }
    }
    return any;
  }

  #advance(reading: Reading, batch: LogBatch, take: TakeRecord): boolean {
    const { range, transactions } = reading;
    // A batch is fetched whole, also when the offset asked for is inside it.
    if (batch.lastOffset < reading.next) return false;
    reading.next = batch.lastOffset + 1;
    const beyond = batch.firstOffset >= range.to;
    if (!beyond || batch.marker !== null)
      for (const record of transactions.offer(batch))
        if (record.offset >= range.from && record.offset < range.to) take(record, range.partition);
    reading.done = reading.next >= range.to && transactions.decided;
    return true;
  }

  #request(topicId: string, leader: number, partitions: readonly { partition: number; from: number }[]): Promise<FetchResponse> {
    return ask('fetch messages', () =>
      this.#consumer.fetch({
        node: leader,
        topics: [
          {
            topicId,
            partitions: partitions.map(({ partition, from }) => ({
              partition,
              currentLeaderEpoch: -1,
              fetchOffset: BigInt(from),
              lastFetchedEpoch: -1,
              partitionMaxBytes: FETCH_PARTITION_BYTES_MAX,
            })),
          },
        ],
        // The markers are wanted too: see `Transactions`.
        isolationLevel: FetchIsolationLevels.READ_UNCOMMITTED,
        minBytes: 1,
        maxBytes: FETCH_BYTES_MAX,
        maxWaitTime: FETCH_WAIT_MS,
      }),
    );
  }
}

function stalled(topic: string, open: readonly Reading[]): ParallaxError {
  const where = open.map(({ range, next }) => `${range.partition} at ${next} of ${range.to}`).join(', ');
  return new ParallaxError('PRLX_ALTERNATIVE_BROKER', `nothing comes of ${topic} any more: partition ${where}`, { retryable: true });
}

async function ask<T>(what: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (cause) {
    if (cause instanceof ParallaxError) throw cause;
    throw new ParallaxError('PRLX_ALTERNATIVE_BROKER', `the verifier's Kafka broker did not ${what}`, {
      cause,
      retryable: true,
      advice: 'Check that the broker runs, and `alternative: { kafka: … }` in deploy.yaml when the verifier has one of its own.',
    });
  }
}
