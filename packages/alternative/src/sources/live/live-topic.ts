import { type InputFinding, MICROS_PER_MINUTE, type Micros, ParallaxError, type Project } from '@parallax/core';
import type { TopicPosition } from '../../store/checkpoint.ts';
import { AheadBuffer } from './ahead-buffer.ts';
import { aheadOfSeal } from './ahead-of-seal.ts';
import { checkStream, type TopicSeal } from './check-stream.ts';
import {
  AGAIN_OFFSETS_BETWEEN,
  AHEAD_GIVEN_MAX,
  AHEAD_OFFSETS_MAX,
  EARLIER_OFFSETS_MAX,
  MARKER_FETCHES_MAX,
  PARTITIONS_MAX,
} from './limits.ts';
import type { LogRange, TakeRecord, TopicFacts, TopicLog } from './topic-log.ts';
import type { LogRecord } from './transactions.ts';

/** What this side reads of a topic in one minute, and what is wrong with the seal. */
export interface TopicMinute {
  readonly facts: TopicFacts;
  readonly ranges: readonly LogRange[];
  readonly findings: readonly InputFinding[];
}

/** A message of a topic. */
export interface TopicRecord extends LogRecord {
  readonly partition: number;
}

/** Where a message lies in its topic, as one number: those of a partition ascend. Throws PRLX_ALTERNATIVE_LIMIT for one that no number stands for exactly. */
export function placeOf({ offset }: Pick<LogRecord, 'offset'>, partition: number): number {
  const place = offset * PARTITIONS_MAX + partition;
  if (partition >= PARTITIONS_MAX || !Number.isSafeInteger(place))
    throw new ParallaxError(
      'PRLX_ALTERNATIVE_LIMIT',
      `the offset ${offset} of partition ${partition} is beyond what the verifier can read`,
    );
  return place;
}

/** The topic of one stream (of an AMQP stream the bridge's), minute by minute. */
export class LiveTopic {
  readonly #log: TopicLog;
  readonly #topic: string;
  readonly #graceUs: bigint;
  readonly #ahead = new AheadBuffer();
  /** What was read of the last minute, of which topic. */
  #read: TopicPosition | null = null;
  #aheadFacts: TopicFacts | null = null;

  constructor(log: TopicLog, topic: string, project: Pick<Project, 'graceUs'>) {
    this.#log = log;
    this.#topic = topic;
    this.#graceUs = project.graceUs;
  }

  /** Finds the minute's ranges in the log, and holds the seal against them. */
  async check(minute: Micros, seal: TopicSeal, previous: TopicSeal | null): Promise<TopicMinute> {
    const facts = await this.#log.facts(this.#topic);
    if (facts === null)
      throw new ParallaxError('PRLX_ALTERNATIVE_BROKER', `the verifier's broker has no topic ${this.#topic}`, {
        retryable: true,
        advice:
          'The verifier reads the same topics as the run, of the same cluster: a mirror of another name, ids or offsets is another topic.',
      });
    const ms = this.#endMs(minute);
    const starts = await this.#log.starts(this.#topic, facts);
    const cutOffs = await this.#log.cutOffs(this.#topic, facts, ms);
    const previousCutOffs = previous === null ? await this.#log.cutOffs(this.#topic, facts, ms - 60_000) : [];
    const heldBack = await this.#heldBack(facts, seal, cutOffs, ms);
    const read = this.#read?.id === facts.id ? this.#read.ranges : null;
    const own = { id: facts.id, arrival: facts.arrival, starts, cutOffs, previousCutOffs, heldBack };
    const { ranges, findings } = checkStream({ seal, previous, read, own });
    return { facts, ranges, findings };
  }

  /** The messages just before the minute: those of a run's first one belong to no minute. */
  async earlier({ facts, ranges }: TopicMinute, take: TakeRecord, signal?: AbortSignal): Promise<void> {
    const starts = await this.#log.starts(this.#topic, facts);
    const before = ranges.map(({ partition, from }) => ({
      partition,
      from: Math.max(starts[partition] ?? 0, from - EARLIER_OFFSETS_MAX),
      to: from,
    }));
    await this.#log.read(this.#topic, facts, before, take, signal);
  }

  /**
   * Gives all committed messages of the minute but for those that were taken ahead, in no order of partitions, as they are read. Throws PRLX_ALTERNATIVE_AHEAD when
   * one of those is of another minute.
   */
  async read({ facts, ranges }: TopicMinute, take: TakeRecord, signal?: AbortSignal): Promise<void> {
    // Of a topic that was made anew other messages have the same offsets.
    if (this.#aheadFacts?.id !== facts.id) {
      if (this.#ahead.hasTaken) throw aheadOfSeal(`${this.#topic} was made anew`);
      this.#ahead.clear();
    }
    const rest = ranges.flatMap((range) => {
      const left = this.#ahead.take(range, (record) => take(record, range.partition));
      if (left === 'wrong') throw aheadOfSeal(`partition ${range.partition} of ${this.#topic} is read as [${range.from}, ${range.to})`);
      return left ?? [];
    });
    await this.#log.read(this.#topic, facts, rest, take, signal);
    this.#read = { id: facts.id, ranges };
    this.#aheadFacts = facts;
  }

  /** Messages once more, by the `placeOf` them, which ascend; what lies between two that are near each other is read with them. */
  async again(places: readonly number[], take: TakeRecord, signal?: AbortSignal): Promise<void> {
    const facts = this.#aheadFacts;
    if (facts === null) throw new Error(`nothing of ${this.#topic} was read`);
    const wanted = new Set(places);
    const ranges = new Map<number, { readonly partition: number; readonly from: number; to: number }[]>();
    for (const place of places) {
      const [partition, offset] = [place % PARTITIONS_MAX, Math.floor(place / PARTITIONS_MAX)];
      const ofPartition = ranges.get(partition) ?? [];
      ranges.set(partition, ofPartition);
      const last = ofPartition.at(-1);
      if (last !== undefined && offset - last.to < AGAIN_OFFSETS_BETWEEN) last.to = offset + 1;
      else ofPartition.push({ partition, from: offset, to: offset + 1 });
    }
    for (const range of [...ranges.values()].flat()) {
      const given: TakeRecord = (record, partition) => {
        if (wanted.has(placeOf(record, partition))) take(record, partition);
      };
      await this.#log.read(this.#topic, facts, [range], given, signal);
    }
  }

  /** How far the topic was read; null: not at all. */
  get position(): TopicPosition | null {
    return this.#read;
  }

  /** Goes on at a position that was kept, or with the next seal's beginning; forgets what was read ahead. */
  restart(position: TopicPosition | null): void {
    this.#read = position;
    this.#ahead.clear();
  }

  /** About the bytes that were read ahead. */
  get aheadBytes(): number {
    return this.#ahead.bytes;
  }

  /** Reads on behind the last minute, some offsets of each partition, as far as all is decided. Whether anything more came. */
  async readAhead(signal: AbortSignal): Promise<boolean> {
    const facts = this.#aheadFacts;
    const last = this.#read;
    if (facts === null || last === null || facts.id !== last.id) return false;
    const ends = await this.#log.stableEnds(this.#topic, facts);
    const found = new Map<number, LogRecord[]>();
    const wanted = last.ranges.flatMap(({ partition, to }) => {
      const from = this.#ahead.next(partition, to);
      const upTo = Math.min(ends[partition] ?? 0, from + AHEAD_OFFSETS_MAX);
      return upTo > from ? [{ partition, from, to: upTo }] : [];
    });
    if (wanted.length === 0) return false;
    for (const { partition } of wanted) found.set(partition, []);
    const take = (record: LogRecord, partition: number) => found.get(partition)?.push(record);
    await this.#log.read(this.#topic, facts, wanted, take, signal);
    for (const { partition, to } of wanted) this.#ahead.add(partition, to, found.get(partition) ?? []);
    return true;
  }

  /**
   * Offers some of what was read ahead of the minute that runs: what came before the first message of its cut-off time or later is of it, whatever comes
   * after, as long as that time has not come.
   */
  offerAhead(minute: Micros, offer: (record: LogRecord, partition: number) => boolean): void {
    const endMs = this.#endMs(minute);
    this.#ahead.offer(({ timestampMs }) => timestampMs >= endMs, offer, AHEAD_GIVEN_MAX);
  }

  #endMs(minute: Micros): number {
    return Number((minute + MICROS_PER_MINUTE + this.#graceUs + 999n) / 1000n);
  }

  /** The partitions whose sealed end is the beginning of a transaction that ended only after the seal's instant. */
  async #heldBack(facts: TopicFacts, seal: TopicSeal, cutOffs: readonly number[], sealedMs: number): Promise<ReadonlySet<number>> {
    const held = new Set<number>();
    if (seal.arrival === 'approximate' || facts.arrival === 'approximate') return held;
    for (const { partition, to } of seal.ranges) {
      if (to < (cutOffs[partition] ?? 0) && (await this.#wasOpen(facts, partition, to, sealedMs))) held.add(partition);
    }
    return held;
  }

  async #wasOpen(facts: TopicFacts, partition: number, offset: number, atMs: number): Promise<boolean> {
    let producer: bigint | null = null;
    let next = offset;
    for (let fetch = 0; fetch < MARKER_FETCHES_MAX; fetch++) {
      const batches = await this.#log.batches(facts, partition, next);
      for (const batch of batches) {
        if (batch.lastOffset < offset) continue;
        if (producer === null) {
          if (!batch.transactional || batch.marker !== null) return false;
          producer = batch.producerId;
        } else if (batch.marker !== null && batch.producerId === producer) return batch.timestampMs >= atMs;
        next = batch.lastOffset + 1;
      }
      // Without a marker so far it is open still.
      if (batches.length === 0) return true;
    }
    return false;
  }
}
