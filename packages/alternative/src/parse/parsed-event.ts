import type { EventParser } from './event-parser.ts';
import type { Reason } from './reason.ts';

/** Events whose values share one block of memory. */
const BLOCK_EVENTS = 1024;

/** What one message says, as its parser shows it until the next one, or as it was kept. */
export interface EventFields {
  readonly key: string;
  /** µs from the clock's origin. */
  readonly time: number;
  /** The event id: UTF-8 bytes `[idStart, idEnd)`. */
  readonly idBytes: Buffer;
  readonly idStart: number;
  readonly idEnd: number;
  /** Those of the event begin at `valuesAt`; NaN is null. */
  readonly values: Float64Array;
  readonly valuesAt: number;
}

/** A message that was parsed before its minute was sealed. Whether it is late or a duplicate only the minute can say. */
export interface ParsedEvent extends EventFields {
  /** Why it is invalid; null: it is not, and the fields are its own. */
  readonly reason: Reason | null;
}

/** Keeps what a parser found beyond its next message. */
export class ParsedEvents {
  readonly #parser: EventParser;
  #block = new Float64Array(0);
  #used = 0;

  constructor(parser: EventParser) {
    this.#parser = parser;
  }

  /** @param payload null for a tombstone */
  parse(payload: Buffer | null, transportId: string | null): ParsedEvent {
    const parser = this.#parser;
    const reason = parser.parse(payload, transportId);
    if (reason !== null) return { reason, key: '', time: 0, idBytes: NO_BYTES, idStart: 0, idEnd: 0, values: NO_VALUES, valuesAt: 0 };
    const width = parser.values.length;
    if (this.#used + width > this.#block.length) {
      this.#block = new Float64Array(width * BLOCK_EVENTS);
      this.#used = 0;
    }
    const valuesAt = this.#used;
    this.#block.set(parser.values, valuesAt);
    this.#used += width;
    const { key, time, idBytes, idStart, idEnd } = parser;
    return { reason, key, time, idBytes, idStart, idEnd, values: this.#block, valuesAt };
  }
}

const NO_BYTES = Buffer.alloc(0);
const NO_VALUES = new Float64Array(0);
