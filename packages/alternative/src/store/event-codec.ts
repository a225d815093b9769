import { hashKey, hashKeyBytes } from './bucket.ts';

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

  event(key: string, id: string, time: number, values: Float64Array, at: number, width: number): void {
    // A UTF-16 unit has at most three bytes, a number at most six.
    this.#reserve(32 + (key.length + id.length) * 3 + width * 6);
    const buffer = this.#buffer;
    const start = this.#length;
    buffer.writeDoubleLE(time, start + 4);
    let end = putText(buffer, putText(buffer, start + 12, key), id);
    for (let i = at; i < at + width; i++) {
      const value = values[i] as number;
      end = putVarint(buffer, end, Number.isNaN(value) ? 0 : value < 0 ? -2 * value : 2 * value + 1);
    }
    buffer.writeUInt32LE(end - start - 4, start);
    this.#length = end;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + more));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

/** Writes a text with its length in bytes; returns where it ends. Keys and ids are ASCII nearly always: then a loop costs less than a call. */
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
export class EventReader {
  time = 0;
  /** The id: UTF-8 bytes `[idStart, idEnd)`. */
  idBytes: Buffer = Buffer.alloc(0);
  idStart = 0;
  idEnd = 0;
  /** NaN is null. */
  readonly values: Float64Array;
  #at = 0;
  #end = 0;
  #keyStart = 0;
  #keyEnd = 0;
  /** Empty: not decoded yet, since no key is. */
  #key = '';

  constructor(width: number) {
    this.values = new Float64Array(width);
  }

  get key(): string {
    if (this.#key === '') this.#key = this.idBytes.toString('utf8', this.#keyStart, this.#keyEnd);
    return this.#key;
  }

  /** `hashKey` of the key, which need not be decoded for it. */
  get keyHash(): number {
    const hash = hashKeyBytes(this.idBytes, this.#keyStart, this.#keyEnd);
    return hash < 0 ? hashKey(this.key) : hash;
  }

  /** Decoded only when asked: most readers have no need of it. */
  get id(): string {
    return this.idBytes.toString('utf8', this.idStart, this.idEnd);
  }

  /** Reads the event at `at`; returns where the next one begins, or −1 when the bytes end before this one does. */
  read(bytes: Buffer, at: number): number {
    const end = this.head(bytes, at);
    if (end >= 0) this.body();
    return end;
  }

  /** Finds time and key only; `body` reads the rest. */
  head(bytes: Buffer, at: number): number {
    if (at + 4 > bytes.length) return -1;
    const end = at + 4 + bytes.readUInt32LE(at);
    if (end > bytes.length) return -1;
    this.idBytes = bytes;
    this.#end = end;
    this.time = bytes.readDoubleLE(at + 4);
    this.#at = at + 12;
    this.#keyEnd = this.#varint() + this.#at;
    this.#keyStart = this.#at;
    this.#key = '';
    this.#at = this.#keyEnd;
    return end;
  }

  /** Reads id and values of the event whose head was read last. */
  body(): void {
    this.idEnd = this.#varint() + this.#at;
    this.idStart = this.#at;
    this.#at = this.idEnd;
    for (let i = 0; i < this.values.length; i++) {
      const folded = this.#varint();
      this.values[i] = folded === 0 ? Number.NaN : folded % 2 === 0 ? -folded / 2 : (folded - 1) / 2;
    }
    if (this.#at !== this.#end) throw new Error(`a stored event has ${this.#at - this.#end} bytes too many`);
  }

  #varint(): number {
    const bytes = this.idBytes;
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
