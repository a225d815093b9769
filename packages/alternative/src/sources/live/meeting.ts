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

/**
 * Since when both sides hold the same messages. The address is multicast and each side's durable queue hands over, in their order, the messages that
 * were sent since it was made. So the queue that was made later holds an end of what the other holds: before the first message that both have, one of
 * them has messages of its own, and none is lost. Behind it a message on one side only is a difference.
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

  /** A message that both have. */
  met({ partition, offset, timestampMs }: BridgedPlace, own: Pick<KeptMessage, 'file' | 'at'>): void {
    this.#offsets.set(partition, Math.min(offset, this.#offsets.get(partition) ?? offset));
    this.#ms = Math.min(timestampMs, this.#ms ?? timestampMs);
    if (this.#own === null || isBefore(own, this.#own)) this.#own = [own.file, own.at];
  }

  /** Whether the bridge has a message since its queue was there first. What is appended well after the first one that both have never is. */
  isBeforeOwn({ partition, offset, timestampMs }: BridgedPlace): boolean {
    if (this.#ms === null || timestampMs > this.#ms + ONE_SIDE_MS) return false;
    return offset < (this.#offsets.get(partition) ?? Number.POSITIVE_INFINITY);
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
