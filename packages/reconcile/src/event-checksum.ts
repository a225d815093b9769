import { textOf } from './spark-side/bytes.ts';

/** Where key and id of an event lie. */
export interface PackedNames {
  readonly bytes: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly idStart: number;
  readonly idEnd: number;
}

/**
 * A checksum of events that does not depend on their order: the sum of a 64-bit hash of each, in two halves. For telling apart what differs by
 * a fault, not by an adversary.
 */
export class EventChecksum {
  #sumA = 0;
  #sumB = 0;
  #a = 0;
  #b = 0;
  events = 0;

  /** Adds one event. `micros` is counted from any instant, the same on both sides; NaN is null. */
  add(key: string, id: string, micros: number, values: Float64Array, from: number, width: number): void {
    this.#begin();
    this.#text(key);
    this.#text(id);
    this.#end(micros, values, from, width);
  }

  /** The same of an event whose key and id are UTF-8: bytes[keyStart, keyEnd) and bytes[idStart, idEnd). */
  addPacked(
    { bytes, keyStart, keyEnd, idStart, idEnd }: PackedNames,
    micros: number,
    values: Float64Array,
    from: number,
    width: number,
  ): void {
    this.#begin();
    this.#bytes(bytes, keyStart, keyEnd);
    this.#bytes(bytes, idStart, idEnd);
    this.#end(micros, values, from, width);
  }

  /** Adds all events of another checksum. */
  addAll(other: EventChecksum): void {
    this.#sumA = (this.#sumA + other.#sumA) | 0;
    this.#sumB = (this.#sumB + other.#sumB) | 0;
    this.events += other.events;
  }

  #begin(): void {
    this.#a = 0x2545f491;
    this.#b = 0x6c62272e;
  }

  #end(micros: number, values: Float64Array, from: number, width: number): void {
    this.#number(micros);
    for (let i = 0; i < width; i++) {
      const value = values[from + i] as number;
      if (Number.isNaN(value)) continue;
      this.#mix(i);
      this.#number(value);
    }
    this.#sumA = (this.#sumA + this.#a) | 0;
    this.#sumB = (this.#sumB + this.#b) | 0;
    this.events++;
  }

  /** 16 hexadecimal digits. */
  get hex(): string {
    return [this.#sumA, this.#sumB].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #text(text: string): void {
    this.#mix(text.length);
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i));
  }

  /** ASCII, as nearly all keys and ids are, is mixed as it lies there: its bytes are its code units. */
  #bytes(bytes: Uint8Array, from: number, to: number): void {
    if (!isAscii(bytes, from, to)) {
      this.#text(textOf(bytes, from, to));
      return;
    }
    this.#mix(to - from);
    for (let i = from; i < to; i++) this.#mix(bytes[i] as number);
  }

  /** An integer within ±2⁵³. */
  #number(value: number): void {
    this.#mix(value | 0);
    this.#mix(Math.floor(value / 4_294_967_296) | 0);
  }

  #mix(x: number): void {
    const a = Math.imul(this.#a ^ x, 0x9e3779b1);
    const b = Math.imul(this.#b + x, 0x85ebca77);
    this.#a = a ^ (a >>> 15);
    this.#b = b ^ (b >>> 13) ^ (a << 7);
  }
}

function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if ((bytes[i] as number) >= 0x80) return false;
  return true;
}
