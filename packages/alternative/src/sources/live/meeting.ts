import { MEETING_MESSAGES, ONE_SIDE_MS } from './limits.ts';
import type { KeptMessage } from './queue-journal.ts';

/** A message of the bridge's topic: where it lies, and when it was appended. */
export interface BridgedPlace {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
}

type OwnPlace = Pick<KeptMessage, 'file' | 'at'>;

/** A message of the bridge, and the one of the own queue that it stands for; null: none yet. */
export interface SeenMessage {
  readonly place: BridgedPlace;
  readonly own: OwnPlace | null;
}

/** As it is kept on disk. */
export interface MeetingRecord {
  /** Append time of a message of the bridge that both sides have, near the first one, epoch ms. */
  readonly ms: number;
  /** By partition: an offset from which on both sides have everything; null: the bridge has nothing from before. */
  readonly offsets: readonly (readonly [partition: number, offset: number])[] | null;
  /** A message of the own queue from which on both sides have everything; null: the own queue has nothing from before. */
  readonly own: readonly [file: number, at: number] | null;
}

/**
 * Since when both sides hold the same messages. The address is multicast and each side's durable queue hands over, in their order, the messages that
 * were sent since it was made. So the queue that was made later holds an end of what the other holds: its first messages are on both sides, and what the other
 * one has from before them is no loss. Behind them a message on one side only is a difference.
 *
 * A message may have been sent twice, before the later queue was made and after, and its first copy be taken for the second. So it is not one message that says
 * where the queues meet, but the middle one of the later queue's first `MEETING_MESSAGES` (of each partition).
 */
export class Meeting {
  #record: MeetingRecord | null = null;
  #offsets = new Map<number, number>();

  static of(record: MeetingRecord | null): Meeting {
    const meeting = new Meeting();
    if (record !== null) meeting.#know(record);
    return meeting;
  }

  #know(record: MeetingRecord): void {
    this.#record = record;
    this.#offsets = new Map(record.offsets);
  }

  get known(): boolean {
    return this.#record !== null;
  }

  record(): MeetingRecord | null {
    return this.#record;
  }

  /**
   * Learns where the queues meet, once, as soon as it can be told which of them was made later: the one whose first messages the other one has.
   *
   * @param seen the bridge's messages so far, those of a partition by offset
   * @param first the own queue's first messages
   */
  learn(seen: readonly SeenMessage[], first: readonly (OwnPlace & { readonly joined: boolean })[]): void {
    if (this.known) return;
    const met = seen.filter((each): each is MetMessage => each.own !== null);
    const [earliest] = met;
    if (earliest === undefined) return;
    if (isMost(first, ({ joined }) => joined)) {
      const partitions = Map.groupBy(met, ({ place }) => place.partition);
      const middles = [...partitions].map(([partition, of]) => [partition, middle(firstOwn(of), byOffset).place] as const);
      this.#know({
        ms: Math.max(...middles.map(([, { timestampMs }]) => timestampMs)),
        offsets: middles.map(([partition, { offset }]) => [partition, offset]),
        own: null,
      });
      return;
    }
    const bridged = [...Map.groupBy(seen, ({ place }) => place.partition).values()].flatMap((of) => of.slice(0, MEETING_MESSAGES));
    if (!isMost(bridged, ({ own }) => own !== null)) return;
    const { place, own } = middle(
      bridged.filter((each): each is MetMessage => each.own !== null),
      byOwn,
    );
    this.#know({ ms: place.timestampMs, offsets: null, own: [own.file, own.at] });
  }

  /** Whether a message of the bridge came so long after that it is not from before. */
  #isPast({ timestampMs }: BridgedPlace): boolean {
    return this.#record === null || timestampMs > this.#record.ms + ONE_SIDE_MS;
  }

  /** Whether the bridge has a message since its queue was there first. Of a partition that had none that both have, as long as a message may be late. */
  isBeforeOwn(place: BridgedPlace): boolean {
    if (this.#record?.offsets == null || this.#isPast(place)) return false;
    return place.offset < (this.#offsets.get(place.partition) ?? Number.POSITIVE_INFINITY);
  }

  /** Whether the own queue has a message since it was there first. */
  isBeforeBridge({ file, at }: OwnPlace): boolean {
    if (this.#record?.own == null) return false;
    const [ofFile, ofAt] = this.#record.own;
    return file < ofFile || (file === ofFile && at < ofAt);
  }
}

type MetMessage = SeenMessage & { readonly own: OwnPlace };

const byOffset = (a: MetMessage, b: MetMessage): number => a.place.offset - b.place.offset;
const byOwn = (a: MetMessage, b: MetMessage): number => a.own.file - b.own.file || a.own.at - b.own.at;

/** Those that the own queue has first. */
function firstOwn(met: readonly MetMessage[]): readonly MetMessage[] {
  return [...met].sort(byOwn).slice(0, MEETING_MESSAGES);
}

function middle(met: readonly MetMessage[], order: (a: MetMessage, b: MetMessage) => number): MetMessage {
  return [...met].sort(order)[Math.floor(met.length / 2)] as MetMessage;
}

function isMost<T>(all: readonly T[], holds: (each: T) => boolean): boolean {
  return all.length > 0 && 2 * all.filter(holds).length >= all.length;
}
