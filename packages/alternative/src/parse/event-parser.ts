import { isUtf8 } from 'node:buffer';
import type { KeyType, Stream } from '@parallax/core';
import { ID_BYTES_MAX, PAYLOAD_BYTES_MAX } from '../limits.ts';
import { Interner } from './interner.ts';
import { JsonScanner } from './json-scanner.ts';
import { keyAt } from './key.ts';
import { OUT_OF_RANGE, scaledNumber } from './number.ts';
import type { Reason } from './reason.ts';
import { Captures, type Shape, shapeOf, TOKEN } from './shape.ts';
import { textAt } from './text.ts';
import type { EventClock } from './time.ts';

interface NumberField {
  readonly field: number;
  readonly places: number;
}

/**
 * Reads the messages of one stream (contract, section 3.1). What `parse` found of a valid message stands in the parser's own fields until the
 * next call: a minute has hundreds of thousands of them.
 */
export class EventParser {
  key = '';
  /** µs from the clock's origin; ±FAR beyond. */
  time = 0;
  /** The event id: UTF-8 bytes `[idStart, idEnd)`. */
  idBytes: Buffer = NOTHING;
  idStart = 0;
  idEnd = 0;
  /** Scaled integers as the stream declares its variables; NaN stands for null. */
  readonly values: Float64Array;

  readonly #keyType: KeyType;
  readonly #timeFormat: Stream['time']['format'];
  readonly #clock: EventClock;
  readonly #shape: Shape;
  readonly #captures: Captures;
  readonly #scanner = new JsonScanner();
  readonly #keyField: number;
  readonly #timeField: number;
  /** −1: the transport's id is the event's. */
  readonly #idField: number;
  readonly #numbers: readonly NumberField[];

  readonly #interner: Interner;

  /** @param interner shared by the parsers of one project, so that a customer's key is one text */
  constructor(stream: Stream, keyType: KeyType, clock: EventClock, interner: Interner = new Interner()) {
    this.#interner = interner;
    const paths = [stream.keyPath, stream.time.path, ...stream.variables.map(({ path }) => path)];
    this.#shape = shapeOf(stream.eventIdPath === null ? paths : [...paths, stream.eventIdPath]);
    this.#captures = new Captures(this.#shape.fields);
    this.#keyType = keyType;
    this.#timeFormat = stream.time.format;
    this.#clock = clock;
    const [keyField = -1, timeField = -1, ...others] = this.#shape.fieldOf;
    this.#keyField = keyField;
    this.#timeField = timeField;
    this.#idField = stream.eventIdPath === null ? -1 : (others.at(-1) ?? -1);
    this.#numbers = stream.variables.map(({ places }, index) => ({ field: others[index] as number, places }));
    this.values = new Float64Array(stream.variables.length);
  }

  /**
   * @param payload null for a tombstone
   * @param transportId the message id of the transport, for a stream without `event_id`
   * @returns the first reason that applies, or null: the message is valid, and the fields are its own
   */
  parse(payload: Buffer | null, transportId: string | null): Reason | null {
    if (payload === null) return 'json';
    if (payload.length > PAYLOAD_BYTES_MAX) return 'too_large';
    if (!isUtf8(payload)) return 'utf8';
    if (!this.#scanner.object(payload, 0, payload.length, this.#shape, this.#captures)) return 'json';
    const key = keyAt(payload, this.#captures, this.#keyField, this.#keyType, this.#interner);
    if (key === null) return 'key';
    const time = this.#clock.at(payload, this.#captures, this.#timeField, this.#timeFormat);
    if (Number.isNaN(time)) return 'time';
    if (!this.#readId(payload, transportId)) return 'id';
    const reason = this.#readValues(payload);
    if (reason !== null) return reason;
    this.key = key;
    this.time = time;
    return null;
  }

  /** The event id as text: made when it is asked for. */
  get id(): string {
    return this.idBytes.toString('utf8', this.idStart, this.idEnd);
  }

  /** Whether there is an id of the allowed length. */
  #readId(payload: Buffer, transportId: string | null): boolean {
    const { kinds, starts, ends } = this.#captures;
    if (this.#idField >= 0 && kinds[this.#idField] === TOKEN.text) {
      this.idBytes = payload;
      this.idStart = starts[this.#idField] as number;
      this.idEnd = ends[this.#idField] as number;
    } else {
      const id = this.#idField < 0 ? transportId : textAt(payload, this.#captures, this.#idField);
      if (id === null || !id.isWellFormed()) return false;
      this.idBytes = Buffer.from(id);
      this.idStart = 0;
      this.idEnd = this.idBytes.length;
    }
    const length = this.idEnd - this.idStart;
    return length > 0 && length <= ID_BYTES_MAX;
  }

  #readValues(payload: Buffer): Reason | null {
    const { kinds, starts, ends } = this.#captures;
    for (const { field } of this.#numbers) {
      const kind = kinds[field] as number;
      if (kind !== TOKEN.number && kind !== TOKEN.absent && kind !== TOKEN.null) return 'type';
    }
    for (let index = 0; index < this.#numbers.length; index++) {
      const { field, places } = this.#numbers[index] as NumberField;
      if (kinds[field] !== TOKEN.number) {
        this.values[index] = Number.NaN;
        continue;
      }
      const value = scaledNumber(payload, starts[field] as number, ends[field] as number, places);
      if (value === OUT_OF_RANGE) return 'range';
      this.values[index] = value;
    }
    return null;
  }
}

const NOTHING = Buffer.alloc(0);
