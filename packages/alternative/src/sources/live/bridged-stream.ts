import type { InputFinding } from '@parallax/core';
import { type Joined, joinRecord, joinSame, type Unmatched } from './join-queue.ts';
import { JOURNAL_KEEP_MS, MEETING_MESSAGES, ONE_SIDE_MS, QUEUE_POLL_MS } from './limits.ts';
import type { TopicRecord } from './live-topic.ts';
import type { SeenMessage } from './meeting.ts';
import type { OwnQueue } from './own-queue.ts';
import type { KeptMessage, QueueJournal } from './queue-journal.ts';
import { identityOf, idOfIdentity, samePayload } from './queue-message.ts';
import type { LogRecord } from './transactions.ts';

export interface BridgedMinute {
  readonly findings: readonly InputFinding[];
  /** Messages whose payload is the bridge's, since the own queue was not there yet. */
  readonly before: number;
  /** Messages of the own queue that the bridge never had, since its queue was not there yet. */
  readonly beforeBridge: number;
}

export interface BridgedOptions {
  readonly stream: string;
  readonly queue: OwnQueue;
  readonly journal: QueueJournal;
  readonly now: () => number;
  /** How long the own queue may take, from when a minute is read, ms: after a restart it has to attach first. */
  readonly patienceMs: number;
  /** The customer that a payload names; null when it names none. */
  readonly customerOf: (payload: Buffer | null) => string | null;
}

/** The messages of an AMQP stream: which ones belong to a minute is said by the bridge's topic, what is in them by this side's own queue. */
export class BridgedStream {
  readonly #options: BridgedOptions;

  /** Messages that the bridge has carried over early, before the run's first minute too, and that the own queue had not handed over then. */
  readonly #earlier = new Set<string>();

  /** The bridge's messages so far by where they lie, until it is known where both queues meet. */
  readonly #seen = new Map<string, SeenMessage>();
  /** The last minute that was read ended then, epoch ms. */
  #endMs = 0;

  constructor(options: BridgedOptions) {
    this.#options = options;
  }

  /** A message of the bridge from before the run's first minute: no minute will use it. */
  earlier(record: TopicRecord): void {
    const found = this.#joined(record);
    if (!('by' in found)) this.#earlier.add(identityOf(found.id, record.value));
  }

  #joined(record: TopicRecord): Joined | Unmatched {
    const { journal } = this.#options;
    const found = joinRecord(journal, record);
    if (journal.meeting.known) return found;
    const { partition, offset, timestampMs } = record;
    this.#seen.set(`${partition} ${offset}`, { place: { partition, offset, timestampMs }, own: 'by' in found ? found.own : null });
    return found;
  }

  /** A message of the minute, if the own queue has it and says the same; null: it has to wait for the minute's end. */
  ahead(record: TopicRecord): Joined | null {
    const { journal } = this.#options;
    return journal.meeting.known ? joinSame(journal, record) : null;
  }

  /**
   * Gives the messages of a minute, each as soon as both sides have it.
   *
   * @param read gives the bridge's
   * @param endMs the minute's cut-off, epoch ms
   * @param known the minute was verified before: its own messages are not kept any more, and those of the bridge stand in
   */
  async minute(
    read: (take: (record: TopicRecord) => void) => Promise<void>,
    give: (message: Joined) => void,
    endMs: number,
    known: boolean,
    signal?: AbortSignal,
  ): Promise<BridgedMinute> {
    const unmatched: Unmatched[] = [];
    const differing: InputFinding[] = [];
    let before = 0;
    this.#endMs = endMs;
    const giveJoined = (message: Joined): void => {
      if (message.by === 'before') before++;
      if (message.by === 'differs') differing.push(this.#differs(message));
      give(message);
    };
    const others: TopicRecord[] = [];
    await read((record) => {
      const same = this.ahead(record);
      if (same === null) others.push(record);
      else give(same);
    });
    // What both sides have alike is told first: a reading that is broken off and done again finds it once more.
    for (const record of others) {
      const found = this.#joined(record);
      if ('by' in found) giveJoined(found);
      else unmatched.push(found);
    }
    if (known) {
      for (const each of unmatched) give(standIn(each));
      return { findings: [], before: unmatched.length, beforeBridge: 0 };
    }
    const missing = await this.#await(unmatched, giveJoined, signal);
    if (this.#options.journal.meeting.known) this.#seen.clear();
    const unproven = this.#unproven(missing);
    for (const each of unproven) giveJoined(standIn(each));
    const lost = unproven.length > 0 ? [] : missing;
    const onlyHere = this.#onlyHere(endMs);
    const findings = [
      ...differing,
      ...unproven.map(({ record, id }) =>
        this.#finding(
          'before_queue',
          `the bridge has ${nameOf(id, record)}, and no message has come by this side's queue since it was made`,
          record.value,
        ),
      ),
      ...lost.map(({ record, id }) =>
        this.#finding('one_side_only', `the bridge has ${nameOf(id, record)}, this side's queue does not`, record.value),
      ),
      ...onlyHere.findings,
    ];
    return { findings, before, beforeBridge: onlyHere.beforeBridge };
  }

  /**
   * Messages of the bridge of which nobody can tell whether they were sent before the own queue was made: nothing has come by it yet. Two minutes after
   * it was made that is no excuse any more.
   */
  #unproven(missing: readonly Unmatched[]): readonly Unmatched[] {
    const { meeting, sinceMs } = this.#options.journal;
    return !meeting.known && missing.every(({ record }) => record.timestampMs < sinceMs + ONE_SIDE_MS) ? missing : [];
  }

  /** Makes durable what the minute has used. */
  async done(): Promise<void> {
    // By the log's time, not the clock's: who catches up meets what is alike soon after, however late it is.
    await this.#options.journal.checkpoint(this.#endMs - JOURNAL_KEEP_MS);
  }

  /**
   * Waits for messages that the own queue has not handed over yet; returns those that it does not have in time. What was sent before it was there is not
   * waited for: the bridge's payload stands in.
   */
  async #await(unmatched: readonly Unmatched[], give: (message: Joined) => void, signal?: AbortSignal): Promise<readonly Unmatched[]> {
    const { queue, now, patienceMs } = this.#options;
    const begun = now();
    let left = this.#withoutBefore(unmatched, give);
    while (left.length > 0) {
      signal?.throwIfAborted();
      // A message that came long ago has been waited for already, but for the moment that the queue may need after a restart.
      const waits = left.some(({ record }) => now() < Math.max(record.timestampMs + ONE_SIDE_MS, begun + patienceMs));
      if (!waits) break;
      await queue.arrival(QUEUE_POLL_MS);
      const missing = left.filter(({ record }) => {
        const found = this.#joined(record);
        if ('by' in found) give(found);
        return !('by' in found);
      });
      left = this.#withoutBefore(missing, give);
    }
    return left;
  }

  /** Those that the own queue must have. The others are given. */
  #withoutBefore(unmatched: readonly Unmatched[], give: (message: Joined) => void): readonly Unmatched[] {
    const { journal } = this.#options;
    const { meeting } = journal;
    if (!meeting.known) meeting.learn([...this.#seen.values()], journal.first(MEETING_MESSAGES));
    return unmatched.filter((each) => {
      const before = meeting.known ? meeting.isBeforeOwn(each.record) : this.#isEarly(each.record);
      if (!before) return true;
      give(standIn(each));
      // Clocks differ: should the own queue hand it over after all, both have it.
      if (!meeting.known) this.#earlier.add(identityOf(each.id, each.record.value));
      return false;
    });
  }

  /**
   * Whether a record was sent before the own queue was there, as far as that can be told when both have nothing in common yet: by the clock, or since what
   * came by the own queue waits to be carried over, not longer than a message may.
   */
  #isEarly({ timestampMs }: TopicRecord): boolean {
    const { sinceMs, oldestUnusedMs } = this.#options.journal;
    return timestampMs < sinceMs || timestampMs < oldestUnusedMs + ONE_SIDE_MS;
  }

  #differs({ record, id, payload }: Joined): InputFinding {
    return this.#finding('payload', `${nameOf(id, record)} is not the same in the bridge's topic and in this side's queue`, payload);
  }

  /** What no minute up to this one has used, though the bridge had time to carry it over. */
  #onlyHere(endMs: number): { readonly findings: readonly InputFinding[]; readonly beforeBridge: number } {
    const { journal } = this.#options;
    const findings: InputFinding[] = [];
    let beforeBridge = 0;
    for (const message of journal.unused(endMs - ONE_SIDE_MS)) {
      if (message.reported) continue;
      if (this.#earlier.delete(message.identity) || this.#cameAgain(message)) {
        journal.join(message);
        continue;
      }
      if (journal.meeting.isBeforeBridge(message)) {
        journal.join(message);
        beforeBridge++;
        continue;
      }
      message.reported = true;
      const id = idOfIdentity(message.identity);
      const what = id === null ? 'a message without id' : `the message ${id}`;
      findings.push(this.#finding('one_side_only', `this side's queue has ${what}, the bridge does not`, journal.payload(message)));
    }
    return { findings, beforeBridge };
  }

  /** Whether a minute has used the same message: a queue hands over once more what was journaled and not accepted before this side was killed. */
  #cameAgain(message: KeptMessage): boolean {
    const { journal } = this.#options;
    const payload = journal.payload(message);
    return journal.of(message.identity).some((other) => other.joined && samePayload(journal.payload(other), payload));
  }

  #finding(kind: 'one_side_only' | 'payload' | 'before_queue', detail: string, payload: Buffer | null): InputFinding {
    const customer = this.#options.customerOf(payload);
    return { stage: 'inputs', kind, source: this.#options.stream, detail, customers: customer === null ? [] : [customer] };
  }
}

function nameOf(id: string | null, { offset }: LogRecord): string {
  return id === null ? `the message without id at ${offset}` : `the message ${id}`;
}

/** The bridge's payload in place of the own queue's. */
function standIn({ record, id }: Unmatched): Joined {
  return { record, id, payload: record.value, by: 'before', own: null };
}
