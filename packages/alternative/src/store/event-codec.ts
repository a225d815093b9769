import { hashKey, hashKeyBytes } from './bucket.ts';

/** An event as it is written: `EventParser` has it, and `EventReader`. */
export interface WrittenEvent {
  readonly key: string;
  /** µs from the clock's origin. */
  readonly time: number;
  /** The id: UTF-8 bytes `[idStart, idEnd)`. */
  readonly idBytes: Uint8Array;
  readonly idStart: number;
  readonly idEnd: number;
  /** NaN is null. */
  readonly values: Float64Array;
}

/** Bytes of an event's length; where its time and its key begin, bytes from its own beginning. */
export const LENGTH_BYTES = 4;
export const TIME_AT = 4;
const KEY_AT = 12;

/**
 * One event as bytes: length of the rest (uint32), time (float64), key and id with their lengths, then a number for each variable:
 * 0 for null, otherwise 2v + 1 or, of a negative v, −2v; seven bits a byte.
 */
export class EventWriter {
  #buffer = Buffer.allocUnsafe(64 * 1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The bytes since the last `clear`; valid until the next call. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** Adds an event; every value of it is a variable's. */
  event({ key, time, idBytes, idStart, idEnd, values }: WrittenEvent): void {
    // A UTF-16 unit has at most three bytes, a number at most six.
    this.#reserve(32 + key.length * 3 + (idEnd - idStart) + values.length * 6);
    const buffer = this.#buffer;
    const start = this.#length;
    buffer.writeDoubleLE(time, start + TIME_AT);
    let end = putBytes(buffer, putText(buffer, start + KEY_AT, key), idBytes, idStart, idEnd);
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      end = putVarint(buffer, end, Number.isNaN(value) ? 0 : value < 0 ? -2 * value : 2 * value + 1);
    }
    buffer.writeUInt32LE(end - start - LENGTH_BYTES, start);
    this.#length = end;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + more));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

/** Writes bytes [from, to) with their length; returns where they end. Ids are short: a loop costs less than a call. */
function putBytes(buffer: Buffer, at: number, bytes: Uint8Array, from: number, to: number): number {
  let end = putVarint(buffer, at, to - from);
  for (let i = from; i < to; i++) buffer[end++] = bytes[i] as number;
  return end;
}

/** Writes a text with its length in bytes; returns where it ends. Keys are ASCII nearly always: then a loop costs less than a call. */
function putText(buffer: Buffer, at: number, text: string): number {
  const start = putVarint(buffer, at, text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 128) return putWideText(buffer, at, text);
    buffer[start + i] = unit;
  }
  return start + text.length;
}

function putWideText(buffer: Buffer, at: number, text: string): number {
  const start = putVarint(buffer, at, Buffer.byteLength(text));
  return start + buffer.write(text, start, 'utf8');
}

/** Writes seven bits a byte, the lowest first; returns where they end. */
function putVarint(buffer: Buffer, at: number, value: number): number {
  let rest = value;
  let end = at;
  for (; rest >= SMALL; rest = Math.floor(rest / 128)) buffer[end++] = (rest % 128) + 128;
  for (; rest >= 128; rest >>>= 7) buffer[end++] = (rest & 127) | 128;
  buffer[end++] = rest;
  return end;
}

/** Below it numbers are shifted. */
const SMALL = 2 ** 31;

/** The event that was read last; its fields are overwritten by the next one. */
export class EventReader implements WrittenEvent {
  time = 0;
  /** Where the event lies. */
  bytes: Buffer = Buffer.alloc(0);
  /** Key and id: UTF-8 bytes `[keyStart, keyEnd)` and `[idStart, idEnd)`. */
  keyStart = 0;
  keyEnd = 0;
  idStart = 0;
  idEnd = 0;
  /** NaN is null. */
  readonly values: Float64Array;
  #at = 0;
  #start = 0;
  #end = 0;
  /** Empty: not decoded yet, since no key is. */
  #key = '';

  constructor(width: number) {
    this.values = new Float64Array(width);
  }

  get idBytes(): Buffer {
    return this.bytes;
  }

  get key(): string {
    if (this.#key === '') this.#key = this.bytes.toString('utf8', this.keyStart, this.keyEnd);
    return this.#key;
  }

  /** `hashKey` of the key, which need not be decoded for it. */
  get keyHash(): number {
    const hash = hashKeyBytes(this.bytes, this.keyStart, this.keyEnd);
    return hash < 0 ? hashKey(this.key) : hash;
  }

  /** Decoded only when asked: most readers have no need of it. */
  get id(): string {
    return this.bytes.toString('utf8', this.idStart, this.idEnd);
  }

  /** Copies the event whose head was read last, as it lies there. */
  copy(to: Buffer, at: number): void {
    this.bytes.copy(to, at, this.#start, this.#end);
  }

  /** Reads the event at `at`; returns where the next one begins, or −1 when the bytes end before this one does. */
  read(bytes: Buffer, at: number): number {
    const end = this.head(bytes, at);
    if (end >= 0) this.body();
    return end;
  }

  /** Finds time, key and id only; `body` reads the rest. */
  head(bytes: Buffer, at: number): number {
    if (at + LENGTH_BYTES > bytes.length) return -1;
    const end = at + LENGTH_BYTES + bytes.readUInt32LE(at);
    if (end > bytes.length) return -1;
    this.bytes = bytes;
    this.#start = at;
    this.#end = end;
    this.time = bytes.readDoubleLE(at + TIME_AT);
    this.#at = at + KEY_AT;
    this.keyEnd = this.#varint() + this.#at;
    this.keyStart = this.#at;
    this.#key = '';
    this.#at = this.keyEnd;
    this.idEnd = this.#varint() + this.#at;
    this.idStart = this.#at;
    this.#at = this.idEnd;
    return end;
  }

  /** Reads the values of the event whose head was read last. */
  body(): void {
    for (let i = 0; i < this.values.length; i++) {
      const folded = this.#varint();
      this.values[i] = folded === 0 ? Number.NaN : folded % 2 === 0 ? -folded / 2 : (folded - 1) / 2;
    }
    if (this.#at !== this.#end) throw new Error(`a stored event has ${this.#at - this.#end} bytes too many`);
  }

  #varint(): number {
    const bytes = this.bytes;
    const first = bytes[this.#at++] as number;
    if (first < 128) return first;
    let value = first & 127;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = bytes[this.#at++] as number;
      if (byte < 128) return value | (byte << shift);
      value |= (byte & 127) << shift;
    }
    for (let unit = 2 ** 28; ; unit *= 128) {
      const byte = bytes[this.#at++] as number;
      if (byte < 128) return value + byte * unit;
      value += (byte - 128) * unit;
    }
  }
}
