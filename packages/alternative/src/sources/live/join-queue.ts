import type { KeptMessage, QueueJournal } from './queue-journal.ts';
import { identityOf, samePayload } from './queue-message.ts';
import type { LogRecord } from './transactions.ts';

/** A message of the bridge's topic. */
export interface BridgedRecord extends LogRecord {
  readonly partition: number;
}

/** A message of the bridge's topic with the one of the own queue that it stands for. */
export interface Joined {
  readonly record: BridgedRecord;
  readonly id: string | null;
  readonly payload: Buffer | null;
  /** `queue`: the payload is the own queue's; `differs`: it is, and the bridge's is another; `before`: sent before the own queue was there. */
  readonly by: 'queue' | 'differs' | 'before';
  /** The own queue's message; null: the bridge's payload stands in for it. */
  readonly own: KeptMessage | null;
}

/** A record of the bridge that has no counterpart yet. */
export interface Unmatched {
  readonly record: BridgedRecord;
  readonly id: string | null;
}

/** The key of the bridge's records is the message id. */
export function idOfRecord({ key }: LogRecord): string | null {
  return key === null ? null : key.toString('utf8');
}

/**
 * Finds the own queue's message for a record of the bridge's topic. The same id may have been sent several times: an unused message with the same
 * payload first, then a used one (the bridge may write a message twice), then an unused one with another payload.
 */
export function joinRecord(journal: QueueJournal, record: BridgedRecord): Joined | Unmatched {
  const id = idOfRecord(record);
  const candidates = journal.of(identityOf(id, record.value));
  let other: { readonly message: KeptMessage; readonly payload: Buffer | null } | null = null;
  let used: Joined | null = null;
  for (const message of candidates) {
    const payload = journal.payload(message);
    const same = samePayload(payload, record.value);
    if (same && !message.joined) {
      journal.join(message);
      return { record, id, payload, by: 'queue', own: message };
    }
    if (same) used ??= { record, id, payload, by: 'queue', own: message };
    else if (!message.joined) other ??= { message, payload };
  }
  if (used !== null) return used;
  if (other !== null) {
    journal.join(other.message);
    return { record, id, payload: other.payload, by: 'differs', own: other.message };
  }
  return { record, id };
}
