import { AHEAD_RECORD_BYTES } from './limits.ts';
import type { LogRange } from './topic-log.ts';
import type { LogRecord } from './transactions.ts';

interface Held {
  /** Offsets `[from, upTo)` were read. */
  from: number;
  upTo: number;
  /** Those that nobody has taken, in the log's order. */
  records: LogRecord[];
  /** Behind the last one that was taken for a minute that has no range yet; null: none was. */
  taken: number | null;
  /** A record of the next minute was met: what lies behind it is not asked about any more. */
  ended: boolean;
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
    this.#held.set(partition, empty(from));
    return from;
  }

  /** Adds what was read of `[next, upTo)`. */
  add(partition: number, upTo: number, records: readonly LogRecord[]): void {
    const held = this.#held.get(partition);
    if (held === undefined) return;
    for (const each of records) {
      held.records.push(each);
      this.#bytes += bytesOf(each);
    }
    held.upTo = upTo;
  }

  /**
   * Offers what waits, from the first record of each partition to the one before the first that is of the next minute.
   *
   * @param isNext whether a record is of the next minute
   * @param offer takes a record, or leaves it here
   * @param most records that are taken
   */
  offer(isNext: (record: LogRecord) => boolean, offer: (record: LogRecord, partition: number) => boolean, most: number): void {
    let left = most;
    for (const [partition, held] of this.#held) {
      const kept: LogRecord[] = [];
      let at = 0;
      for (; at < held.records.length && left > 0 && !held.ended; at++) {
        const record = held.records[at] as LogRecord;
        if (isNext(record)) {
          held.ended = true;
          break;
        }
        if (offer(record, partition)) {
          held.taken = record.offset + 1;
          this.#bytes -= bytesOf(record);
          left--;
        } else kept.push(record);
      }
      if (at > kept.length) held.records = [...kept, ...held.records.slice(at)];
    }
  }

  /**
   * Gives the messages of a minute's range that were not taken and keeps those behind it.
   *
   * @returns what of the range is still to be read, null: nothing; `wrong` when what was taken does not all lie in the range
   */
  take({ partition, from, to }: LogRange, give: (record: LogRecord) => void): LogRange | 'wrong' | null {
    const before = this.#held.get(partition);
    const taken = before?.taken ?? null;
    if (before !== undefined && taken !== null && (before.from !== from || taken > to)) return 'wrong';
    const upTo = this.next(partition, from);
    const held = this.#held.get(partition) as Held;
    const rest: LogRecord[] = [];
    for (const each of held.records) {
      if (each.offset >= to) rest.push(each);
      else {
        this.#bytes -= bytesOf(each);
        if (each.offset >= from) give(each);
      }
    }
    held.records = rest;
    held.from = Math.max(from, Math.min(to, upTo));
    held.taken = null;
    held.ended = false;
    if (upTo >= to) return null;
    this.#held.set(partition, empty(to));
    return { partition, from: upTo, to };
  }

  /** Whether anything was taken for a minute that has no range yet. */
  get hasTaken(): boolean {
    for (const { taken } of this.#held.values()) if (taken !== null) return true;
    return false;
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

function empty(from: number): Held {
  return { from, upTo: from, records: [], taken: null, ended: false };
}

/** About what a waiting message takes. */
function bytesOf({ value }: LogRecord): number {
  return (value?.length ?? 0) + AHEAD_RECORD_BYTES;
}
