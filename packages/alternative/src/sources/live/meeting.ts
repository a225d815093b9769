import { ONE_SIDE_MS } from './limits.ts';
import type { KeptMessage } from './queue-journal.ts';

/** A message of the bridge's topic: where it lies, and when it was appended. */
export interface BridgedPlace {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
}

/** As it is kept on disk. */
export interface MeetingRecord {
  /** Append time of the first message of the bridge that both sides have, epoch ms. */
  readonly ms: number;
  /** By partition: its first offset that both sides have. */
  readonly offsets: readonly (readonly [partition: number, offset: number])[];
  /** The own queue's first message that both sides have. */
  readonly own: readonly [file: number, at: number];
}

/** A message that both sides have: the last place of its like in the bridge's topic, and in the own queue. */
export interface MetMessage {
  readonly place: BridgedPlace;
  readonly own: Pick<KeptMessage, 'file' | 'at'>;
}

/**
 * Since when both sides hold the same messages. The address is multicast and each side's durable queue hands over, in their order, the messages that
 * were sent since it was made. So the queue that was made later holds an end of what the other holds: before the first message that both have, one of
 * them has messages of its own, and none is lost. Behind it a message on one side only is a difference.
 *
 * A message may have been sent twice, before a queue was made and after: its first copy would be taken for one that both have. So of messages that are alike
 * the last place counts; that puts nothing before the place where the queues truly meet.
 */
export class Meeting {
  #ms: number | null = null;
  readonly #offsets = new Map<number, number>();
  #own: readonly [number, number] | null = null;

  static of(record: MeetingRecord | null): Meeting {
    const meeting = new Meeting();
    if (record === null) return meeting;
    meeting.#ms = record.ms;
    for (const [partition, offset] of record.offsets) meeting.#offsets.set(partition, offset);
    meeting.#own = record.own;
    return meeting;
  }

  /** Whether there was a message that both sides have. */
  get known(): boolean {
    return this.#ms !== null;
  }

  /** Whether a message of the bridge came so long after that it says nothing of the beginning any more. */
  isPast({ timestampMs }: BridgedPlace): boolean {
    return this.#ms !== null && timestampMs > this.#ms + ONE_SIDE_MS;
  }

  /** Learns from what both sides have in one minute, once; of a partition that had nothing then, from its own first minute. */
  learn(met: Iterable<MetMessage>): void {
    const { known } = this;
    const learned = new Map<number, number>();
    for (const { place, own } of met) {
      const { partition, offset, timestampMs } = place;
      if (!this.#offsets.has(partition)) learned.set(partition, Math.min(offset, learned.get(partition) ?? offset));
      if (known) continue;
      this.#ms = Math.min(timestampMs, this.#ms ?? timestampMs);
      if (this.#own === null || isBefore(own, this.#own)) this.#own = [own.file, own.at];
    }
    for (const [partition, offset] of learned) this.#offsets.set(partition, offset);
  }

  /** Whether the bridge has a message since its queue was there first. What is appended well after the first one that both have never is. */
  isBeforeOwn(place: BridgedPlace): boolean {
    if (this.#ms === null || this.isPast(place)) return false;
    return place.offset < (this.#offsets.get(place.partition) ?? Number.POSITIVE_INFINITY);
  }

  /** Whether the own queue has a message since it was there first. */
  isBeforeBridge(own: Pick<KeptMessage, 'file' | 'at'>): boolean {
    return this.#own !== null && isBefore(own, this.#own);
  }

  record(): MeetingRecord | null {
    return this.#ms === null || this.#own === null ? null : { ms: this.#ms, offsets: [...this.#offsets], own: this.#own };
  }
}

function isBefore({ file, at }: Pick<KeptMessage, 'file' | 'at'>, [ofFile, ofAt]: readonly [number, number]): boolean {
  return file < ofFile || (file === ofFile && at < ofAt);
}
