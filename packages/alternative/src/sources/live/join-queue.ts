import type { TopicRecord } from './live-topic.ts';
import type { KeptMessage, QueueJournal } from './queue-journal.ts';
import { identityOf, samePayload } from './queue-message.ts';
import type { LogRecord } from './transactions.ts';

/** A message of the bridge's topic with the one of the own queue that it stands for. */
export interface Joined {
  readonly record: TopicRecord;
  readonly id: string | null;
  readonly payload: Buffer | null;
  /** `queue`: the payload is the own queue's; `differs`: it is, and the bridge's is another; `before`: sent before the own queue was there. */
  readonly by: 'queue' | 'differs' | 'before';
  /** The own queue's message; null: the bridge's payload stands in for it. */
  readonly own: KeptMessage | null;
}

/** A record of the bridge that has no counterpart yet. */
export interface Unmatched {
  readonly record: TopicRecord;
  readonly id: string | null;
}

/** The key of the bridge's records is the message id. */
export function idOfRecord({ key }: LogRecord): string | null {
  return key === null ? null : key.toString('utf8');
}

/** Joins a record with an unused message of the own queue that has its id and payload; null: there is none. */
export function joinSame(journal: QueueJournal, record: TopicRecord): Joined | null {
  const id = idOfRecord(record);
  for (const message of journal.of(identityOf(id, record.value))) {
    if (message.joined) continue;
    const payload = journal.payload(message);
    if (!samePayload(payload, record.value)) continue;
    journal.join(message);
    return { record, id, payload, by: 'queue', own: message };
  }
  return null;
}

/**
 * Finds the own queue's message for a record of the bridge's topic. The same id may have been sent several times: an unused message with the same
 * payload first, then a used one (the bridge may write a message twice), then an unused one with another payload.
 */
export function joinRecord(journal: QueueJournal, record: TopicRecord): Joined | Unmatched {
  const same = joinSame(journal, record);
  if (same !== null) return same;
  const id = idOfRecord(record);
  let other: { readonly message: KeptMessage; readonly payload: Buffer | null } | null = null;
  for (const message of journal.of(identityOf(id, record.value))) {
    const payload = journal.payload(message);
    if (samePayload(payload, record.value)) return { record, id, payload, by: 'queue', own: message };
    if (!message.joined) other ??= { message, payload };
  }
  if (other === null) return { record, id };
  journal.join(other.message);
  return { record, id, payload: other.payload, by: 'differs', own: other.message };
}
