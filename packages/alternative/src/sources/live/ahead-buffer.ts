import type { LogRange } from './topic-log.ts';
import type { LogRecord } from './transactions.ts';

interface Held {
  /** Offsets `[from, upTo)` were read. */
  from: number;
  upTo: number;
  records: LogRecord[];
}

/** Messages of one topic that were read before their minute was sealed, by partition. */
export class AheadBuffer {
  readonly #held = new Map<number, Held>();
  #bytes = 0;

  /** Bytes of the payloads that wait. */
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
  add(partition: number, upTo: number, records: readonly LogRecord[]): void {
    const held = this.#held.get(partition);
    if (held === undefined) return;
    for (const record of records) {
      held.records.push(record);
      this.#bytes += record.value?.length ?? 0;
    }
    held.upTo = upTo;
  }

  /** Gives the messages of a range and keeps those behind it; returns what of the range is still to be read, null: nothing. */
  take({ partition, from, to }: LogRange, give: (record: LogRecord) => void): LogRange | null {
    const upTo = this.next(partition, from);
    const held = this.#held.get(partition) as Held;
    const rest: LogRecord[] = [];
    for (const record of held.records) {
      if (record.offset >= to) rest.push(record);
      else {
        this.#bytes -= record.value?.length ?? 0;
        if (record.offset >= from) give(record);
      }
    }
    held.records = rest;
    held.from = Math.max(from, Math.min(to, upTo));
    if (upTo >= to) return null;
    this.#held.set(partition, { from: to, upTo: to, records: [] });
    return { partition, from: upTo, to };
  }

  #forget(partition: number): void {
    for (const record of this.#held.get(partition)?.records ?? []) this.#bytes -= record.value?.length ?? 0;
    this.#held.delete(partition);
  }
}
