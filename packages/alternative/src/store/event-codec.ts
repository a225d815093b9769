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
    const start = this.#length;
    this.#buffer.writeDoubleLE(time, start + 4);
    this.#length = start + 12;
    this.#text(key);
    this.#text(id);
    for (let i = at; i < at + width; i++) {
      const value = values[i] as number;
      this.#varint(Number.isNaN(value) ? 0 : value < 0 ? -2 * value : 2 * value + 1);
    }
    this.#buffer.writeUInt32LE(this.#length - start - 4, start);
  }

  #text(text: string): void {
    const length = Buffer.byteLength(text);
    this.#varint(length);
    this.#length += this.#buffer.write(text, this.#length, 'utf8');
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      const low = rest % 128;
      this.#buffer[this.#length++] = low + 128;
      rest = (rest - low) / 128;
    }
    this.#buffer[this.#length++] = rest;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + more));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

/** The event that was read last; its fields are overwritten by the next one. */
export class EventReader {
  key = '';
  time = 0;
  /** NaN is null. */
  readonly values: Float64Array;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #idStart = 0;
  #idEnd = 0;

  constructor(width: number) {
    this.values = new Float64Array(width);
  }

  /** Decoded only when asked: most readers have no need of it. */
  get id(): string {
    return this.#bytes.toString('utf8', this.#idStart, this.#idEnd);
  }

  /** Reads the event at `at`; returns where the next one begins, or −1 when the bytes end before this one does. */
  read(bytes: Buffer, at: number): number {
    if (at + 4 > bytes.length) return -1;
    const end = at + 4 + bytes.readUInt32LE(at);
    if (end > bytes.length) return -1;
    this.#bytes = bytes;
    this.time = bytes.readDoubleLE(at + 4);
    this.#at = at + 12;
    const keyEnd = this.#varint() + this.#at;
    this.key = bytes.toString('utf8', this.#at, keyEnd);
    this.#at = keyEnd;
    this.#idEnd = this.#varint() + this.#at;
    this.#idStart = this.#at;
    this.#at = this.#idEnd;
    for (let i = 0; i < this.values.length; i++) {
      const folded = this.#varint();
      this.values[i] = folded === 0 ? Number.NaN : folded % 2 === 0 ? -folded / 2 : (folded - 1) / 2;
    }
    if (this.#at !== end) throw new Error(`a stored event has ${this.#at - end} bytes too many`);
    return end;
  }

  #varint(): number {
    let value = 0;
    let unit = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++] as number;
      if (byte < 128) return value + byte * unit;
      value += (byte - 128) * unit;
      unit *= 128;
    }
  }
}
