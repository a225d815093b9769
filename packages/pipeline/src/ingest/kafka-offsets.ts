import { type OffsetRange, ParallaxError } from '@parallax/core';
import { Admin, type ClusterTopicMetadata, FetchIsolationLevels, ListOffsetTimestamps, ResourceTypes } from '@platformatic/kafka';
import { BROKER_TIMEOUT_MS } from '../limits.ts';

/** One topic as the broker describes it now. */
export interface TopicFacts {
  readonly id: string;
  readonly partitions: number;
  /** `approximate` when timestamps are the producers' (CreateTime). */
  readonly arrival: 'log' | 'approximate';
}

/** Where a minute ends in a topic. */
export interface CutOffs {
  /** Of each partition. */
  readonly offsets: readonly number[];
  /** Whether each partition has a message at or after the cut-off: then none can come that was stamped before it, where the broker stamps them. */
  readonly isPassed: boolean;
}

/** Asks the broker for what a seal needs; nothing else of the Spark side talks offsets. */
export class OffsetReader {
  readonly #admin: Admin;

  constructor(bootstrap: string, clientId: string) {
    this.#admin = new Admin({ clientId, bootstrapBrokers: bootstrap.split(','), timeout: BROKER_TIMEOUT_MS, retries: 3 });
  }

  async close(): Promise<void> {
    await this.#admin.close();
  }

  /** Throws PRLX_TOPIC when the topic is not there or is compacted: a compacted log cannot be read twice alike. */
  async describe(topic: string): Promise<TopicFacts> {
    const found = await this.#ask(`describe the topic ${topic}`, () => this.#lookUp(topic));
    if (found === undefined)
      throw new ParallaxError('PRLX_TOPIC', `the topic ${topic} does not exist`, {
        retryable: true,
        advice: 'Create it, or correct the stream file.',
      });
    const [described] = await this.#ask(`read the settings of ${topic}`, () =>
      this.#admin.describeConfigs({
        resources: [
          { resourceType: ResourceTypes.TOPIC, resourceName: topic, configurationKeys: ['cleanup.policy', 'message.timestamp.type'] },
        ],
      }),
    );
    const settings = new Map(described?.configs.map((c) => [c.name, c.value]));
    if (settings.get('cleanup.policy')?.includes('compact')) {
      throw new ParallaxError('PRLX_TOPIC', `the topic ${topic} is compacted`, {
        exitCode: 2,
        advice: 'Use a topic with cleanup.policy=delete: a compacted one cannot be replayed.',
      });
    }
    return {
      id: found.id,
      partitions: found.partitionsCount,
      arrival: settings.get('message.timestamp.type') === 'LogAppendTime' ? 'log' : 'approximate',
    };
  }

  async #lookUp(topic: string): Promise<ClusterTopicMetadata | undefined> {
    try {
      return (await this.#admin.metadata({ topics: [topic], forceUpdate: true })).topics.get(topic);
    } catch (error) {
      if (await this.#isMissing(topic)) return undefined;
      throw error;
    }
  }

  async #isMissing(topic: string): Promise<boolean> {
    return !(await this.#admin.listTopics()).includes(topic);
  }

  /** The first offset of each partition that the log still holds. */
  logStarts(topic: string, partitions: number): Promise<number[]> {
    return this.#list(topic, partitions, ListOffsetTimestamps.EARLIEST);
  }

  /** The last stable offset of each partition. */
  ends(topic: string, partitions: number): Promise<number[]> {
    return this.#list(topic, partitions, ListOffsetTimestamps.LATEST);
  }

  /**
   * For each partition the first offset whose broker timestamp is at or after `at` (epoch ms), or its end; never past the last stable
   * offset. The first method of KIP-79 (offsetsForTimes) and of KIP-98 (read_committed).
   */
  async cutOffs(topic: string, partitions: number, atMs: bigint): Promise<CutOffs> {
    const ends = await this.ends(topic, partitions);
    const found = await this.#list(topic, partitions, atMs);
    const offsets = found.map((offset, p) => {
      const end = ends[p] ?? 0;
      return offset < 0 ? end : Math.min(offset, end);
    });
    return { offsets, isPassed: found.every((offset) => offset >= 0) };
  }

  async #list(topic: string, partitions: number, timestamp: bigint): Promise<number[]> {
    const [listed] = await this.#ask(`list offsets of ${topic}`, () =>
      this.#admin.listOffsets({
        topics: [{ name: topic, partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp })) }],
        isolationLevel: FetchIsolationLevels.READ_COMMITTED,
      }),
    );
    const offsets = new Array<number>(partitions).fill(-1);
    for (const { partitionIndex, offset } of listed?.partitions ?? []) offsets[partitionIndex] = safeOffset(offset);
    return offsets;
  }

  async #ask<T>(what: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (cause) {
      if (cause instanceof ParallaxError) throw cause;
      throw new ParallaxError('PRLX_BROKER', `the Kafka broker did not ${what}`, {
        cause,
        retryable: true,
        advice: 'Check that the broker runs and that the bootstrap address is right.',
      });
    }
  }
}

/**
 * The ranges of one minute (contract, section 2): from the previous iteration's `to` (a new partition: its log start) up to
 * the cut-off. What the log has lost below its start is named and left out.
 */
export function rangesOf(
  previous: readonly OffsetRange[] | null,
  first: readonly number[],
  starts: readonly number[],
  cutOffs: readonly number[],
): { ranges: OffsetRange[]; lost: OffsetRange[] } {
  const ranges: OffsetRange[] = [];
  const lost: OffsetRange[] = [];
  for (const [partition, cutOff] of cutOffs.entries()) {
    const start = starts[partition] ?? 0;
    const before = previous === null ? (first[partition] ?? start) : (previous.find((r) => r.partition === partition)?.to ?? start);
    const from = Math.max(before, start);
    if (from > before) lost.push({ partition, from: before, to: from });
    ranges.push({ partition, from, to: Math.max(from, cutOff) });
  }
  return { ranges, lost };
}

function safeOffset(offset: bigint): number {
  if (offset > BigInt(Number.MAX_SAFE_INTEGER))
    throw new ParallaxError('PRLX_BROKER', `an offset (${offset}) is beyond what this program can hold`);
  return Number(offset);
}
