import type { TimeFormat } from '@parallax/core';
import { type Captures, TOKEN } from './shape.ts';
import { decodeEscaped } from './text.ts';

/** An instant as whole seconds since 1970 and microseconds of the second: both exact as doubles, for every time that exists here. */
export interface Instant {
  readonly seconds: number;
  readonly micros: number;
}

const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const ZERO = 0x30;

/** Two digits at `at`, or −1. */
function two(bytes: Buffer, at: number): number {
  const tens = (bytes[at] as number) - ZERO;
  const ones = (bytes[at + 1] as number) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar; years from March on, so that the leap day is a year's last. */
function daysTo(year: number, month: number, day: number): number {
  const years = month > 2 ? year : year - 1;
  const era = Math.floor(years / 400);
  const ofEra = years - era * 400;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : (LENGTHS[month - 1] as number);
}

/** An RFC 3339 text with its offset, more than six decimals floored (contract, section 1); null when it is anything else. */
export function parseRfc3339(bytes: Buffer, start: number, end: number): Instant | null {
  if (end - start < 20) return null;
  const century = two(bytes, start);
  const ofCentury = two(bytes, start + 2);
  const month = two(bytes, start + 5);
  const day = two(bytes, start + 8);
  const hour = two(bytes, start + 11);
  const minute = two(bytes, start + 14);
  const second = two(bytes, start + 17);
  if (century < 0 || ofCentury < 0 || month < 1 || month > 12 || hour < 0 || hour > 23 || minute < 0 || minute > 59) return null;
  if (second < 0 || second > 59 || bytes[start + 4] !== 0x2d || bytes[start + 7] !== 0x2d) return null;
  if (bytes[start + 13] !== 0x3a || bytes[start + 16] !== 0x3a || ((bytes[start + 10] as number) | 0x20) !== 0x74) return null;
  const year = century * 100 + ofCentury;
  if (day < 1 || day > daysIn(year, month)) return null;

  let at = start + 19;
  let micros = 0;
  if (bytes[at] === 0x2e) {
    const first = ++at;
    for (; at < end && (bytes[at] as number) >= ZERO && (bytes[at] as number) <= 0x39; at++) {
      if (at - first < 6) micros = micros * 10 + ((bytes[at] as number) - ZERO);
    }
    if (at === first) return null;
    for (let have = at - first; have < 6; have++) micros *= 10;
  }
  const offset = offsetSeconds(bytes, at, end);
  if (offset === null) return null;
  return { seconds: daysTo(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset, micros };
}

/** `Z` or `±hh:mm` up to the text's end, in seconds; null when it is anything else. */
function offsetSeconds(bytes: Buffer, at: number, end: number): number | null {
  const first = bytes[at] as number;
  if (at + 1 === end && (first | 0x20) === 0x7a) return 0;
  if (at + 6 !== end || (first !== 0x2b && first !== 0x2d) || bytes[at + 3] !== 0x3a) return null;
  const hours = two(bytes, at + 1);
  const minutes = two(bytes, at + 4);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return null;
  const seconds = hours * 3_600 + minutes * 60;
  return first === 0x2d ? -seconds : seconds;
}

/** Microseconds since 1970 of an RFC 3339 text; null when it is none. */
export function parseInstantText(text: string): bigint | null {
  const bytes = Buffer.from(text);
  const instant = parseRfc3339(bytes, 0, bytes.length);
  return instant === null ? null : BigInt(instant.seconds) * 1_000_000n + BigInt(instant.micros);
}

/** What is further from the origin than this, in either direction, µs: no minute's limits reach there, and all below is an exact double. */
export const FAR = 4e15;
const FAR_SECONDS = FAR / 1e6;
const INT64_MAX = 2n ** 63n - 1n;

/**
 * Event times as microseconds from an origin: exact doubles up to FAR, which stands for everything beyond. The origin is a whole minute, so
 * that minutes can be counted from it.
 */
export class EventClock {
  /** µs since 1970. */
  readonly origin: bigint;
  readonly #originSeconds: number;

  constructor(origin: bigint) {
    if (origin % 60_000_000n !== 0n) throw new RangeError(`not a whole minute: ${origin}`);
    this.origin = origin;
    this.#originSeconds = Number(origin / 1_000_000n);
  }

  /** µs from the origin of a time since 1970. */
  relative(time: bigint): number {
    const distance = time - this.origin;
    return distance > BigInt(FAR) ? FAR : distance < -BigInt(FAR) ? -FAR : Number(distance);
  }

  /** The time at a captured field; NaN when it is none. */
  at(bytes: Buffer, captures: Captures, field: number, format: TimeFormat): number {
    const kind = captures.kinds[field];
    const start = captures.starts[field] as number;
    const end = captures.ends[field] as number;
    if (format !== 'rfc3339')
      return kind === TOKEN.number ? this.#epoch(bytes, start, end, format === 'epoch_ms' ? 1000n : 1n) : Number.NaN;
    if (kind === TOKEN.text) return this.#distance(parseRfc3339(bytes, start, end));
    if (kind !== TOKEN.escaped) return Number.NaN;
    const text = Buffer.from(decodeEscaped(bytes, start, end));
    return this.#distance(parseRfc3339(text, 0, text.length));
  }

  #distance(instant: Instant | null): number {
    if (instant === null) return Number.NaN;
    const seconds = instant.seconds - this.#originSeconds;
    if (seconds > FAR_SECONDS) return FAR;
    return seconds < -FAR_SECONDS ? -FAR : seconds * 1_000_000 + instant.micros;
  }

  #epoch(bytes: Buffer, start: number, end: number, unit: bigint): number {
    // 19 digits and a sign are the longest int64.
    if (end - start > 20) return Number.NaN;
    const text = bytes.toString('latin1', start, end);
    if (!/^-?[0-9]+$/.test(text)) return Number.NaN;
    const micros = BigInt(text) * unit;
    return micros > INT64_MAX || micros < -INT64_MAX - 1n ? Number.NaN : this.relative(micros);
  }
}
