import type { ParsedEvent } from '../../parse/parsed-event.ts';
import { AHEAD_RECORD_BYTES } from './limits.ts';
import type { LogRange } from './topic-log.ts';
import type { LogRecord } from './transactions.ts';

/** A message of a topic; `parsed` is there when it was read ahead and its payload is all that is needed. */
export interface TopicRecord {
  readonly partition: number;
  readonly record: LogRecord;
  readonly parsed: ParsedEvent | null;
}

interface Held {
  /** Offsets `[from, upTo)` were read. */
  from: number;
  upTo: number;
  records: TopicRecord[];
}

/** Messages of one topic that were read before their minute was sealed, by partition. */
export class AheadBuffer {
  readonly #held = new Map<number, Held>();
  #bytes = 0;

  /** About the bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Where reading goes on in a partition, when the minute begins at `from`. What was read of anything else is forgotten. */
  next(partition: number, from: number): number {
    const held = this.#held.get(partition);
    if (held !== undefined && held.from <= from && from <= held.upTo) return held.upTo;
    this.#forget(partition);
    this.#held.set(partition, { from, upTo: from, records: [] });
    return from;
  }

  /** Adds what was read of `[next, upTo)`. */
  add(partition: number, upTo: number, records: readonly TopicRecord[]): void {
    const held = this.#held.get(partition);
    if (held === undefined) return;
    for (const each of records) {
      held.records.push(each);
      this.#bytes += bytesOf(each);
    }
    held.upTo = upTo;
  }

  /** Gives the messages of a range and keeps those behind it; returns what of the range is still to be read, null: nothing. */
  take({ partition, from, to }: LogRange, give: (record: TopicRecord) => void): LogRange | null {
    const upTo = this.next(partition, from);
    const held = this.#held.get(partition) as Held;
    const rest: TopicRecord[] = [];
    for (const each of held.records) {
      if (each.record.offset >= to) rest.push(each);
      else {
        this.#bytes -= bytesOf(each);
        if (each.record.offset >= from) give(each);
      }
    }
    held.records = rest;
    held.from = Math.max(from, Math.min(to, upTo));
    if (upTo >= to) return null;
    this.#held.set(partition, { from: to, upTo: to, records: [] });
    return { partition, from: upTo, to };
  }

  /** Forgets all that waits: it is read again when it is needed. */
  clear(): void {
    this.#held.clear();
    this.#bytes = 0;
  }

  #forget(partition: number): void {
    for (const each of this.#held.get(partition)?.records ?? []) this.#bytes -= bytesOf(each);
    this.#held.delete(partition);
  }
}

/** About what a waiting message takes. */
function bytesOf({ record }: TopicRecord): number {
  return (record.value?.length ?? 0) + AHEAD_RECORD_BYTES;
}
