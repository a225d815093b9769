/** Every message becomes exactly one of invalid, late, ahead, duplicate, accepted (contract, section 3). */
import { at, decodeUtf8, type Json, parseStrictObject } from './json.ts';
import { greater, readInt64, readScaled } from './numbers.ts';
import type { Project, Stream } from './project.ts';
import { floorTo, MINUTE, parseRfc3339 } from './time.ts';

export type Class = 'invalid' | 'late' | 'ahead' | 'duplicate' | 'accepted';
export type Reason = 'too_large' | 'utf8' | 'json' | 'key' | 'time' | 'id' | 'type' | 'range';

/** A message that can be read. */
export interface Event {
  readonly stream: Stream;
  /** Text, also of a bigint key (canonical). */
  readonly key: string;
  readonly time: bigint;
  readonly id: string;
  /** As the stream declares its variables; null where absent or null. */
  readonly values: readonly (bigint | null)[];
  readonly payload: Buffer;
  /** The iteration that the message belongs to. */
  readonly iteration: bigint;
}

export interface Classified {
  readonly class: Class;
  readonly reason: Reason | null;
  readonly event: Event | null;
}

const PAYLOAD_BYTES_MAX = 1024 * 1024;
const ID_BYTES_MAX = 256;

/** The key as text, or null when it is missing or not of the declared type. */
export function readKey(value: Json | null, type: Project['keyType']): string | null {
  if (type === 'bigint') return value?.kind === 'number' ? (readInt64(value.text)?.toString() ?? null) : null;
  return value?.kind === 'string' && !value.loneSurrogate ? value.text : null;
}

export function readTime(value: Json | null, format: Stream['timeFormat']): bigint | null {
  if (format === 'rfc3339') return value?.kind === 'string' ? parseRfc3339(value.text) : null;
  const integer = value?.kind === 'number' ? readInt64(value.text) : null;
  if (integer === null) return null;
  const micros = format === 'epoch_ms' ? integer * 1000n : integer;
  return BigInt.asIntN(64, micros) === micros ? micros : null;
}

/** The first reason that applies, or the event. */
export function readEvent(project: Project, stream: Stream, payload: Buffer | null, iteration: bigint): Event | Reason {
  if (payload === null) return 'json';
  if (payload.length > PAYLOAD_BYTES_MAX) return 'too_large';
  const text = decodeUtf8(payload);
  if (text === null) return 'utf8';
  const object = parseStrictObject(text);
  if (object === null) return 'json';
  const key = readKey(at(object, stream.keyField), project.keyType);
  if (key === null) return 'key';
  const time = readTime(at(object, stream.timeField), stream.timeFormat);
  if (time === null) return 'time';
  const id = at(object, stream.idField);
  if (id?.kind !== 'string' || id.loneSurrogate || id.text === '' || Buffer.byteLength(id.text) > ID_BYTES_MAX) return 'id';
  const found = stream.variables.map((variable) => at(object, variable.field));
  if (found.some((value) => value !== null && value.kind !== 'null' && value.kind !== 'number')) return 'type';
  const values: (bigint | null)[] = [];
  for (const [index, variable] of stream.variables.entries()) {
    const value = found[index];
    const scaled = value?.kind === 'number' ? readScaled(value.text, variable.places) : null;
    if (scaled === 'out_of_range') return 'range';
    values.push(scaled);
  }
  return { stream, key, time, id: id.text, values, payload, iteration };
}

/** All messages of one stream in one iteration, given all events that were accepted before. */
export function classify(project: Project, iteration: bigint, read: readonly (Event | Reason)[], before: readonly Event[]): Classified[] {
  const oldest = iteration - project.lateness;
  const claimed = new Set<string>();
  for (const event of before) if (event.time >= oldest) claimed.add(event.id);

  const inTime = (event: Event): boolean => event.time >= oldest && event.time < iteration + MINUTE + project.maxAhead;
  const least = new Map<string, Event>();
  for (const event of read) {
    if (typeof event === 'string' || !inTime(event) || claimed.has(event.id)) continue;
    const other = least.get(event.id);
    if (other === undefined || isBefore(event, other)) least.set(event.id, event);
  }

  return read.map((event) => {
    if (typeof event === 'string') return { class: 'invalid', reason: event, event: null };
    if (event.time < oldest) return { class: 'late', reason: null, event };
    if (!inTime(event)) return { class: 'ahead', reason: null, event };
    return { class: least.get(event.id) === event ? 'accepted' : 'duplicate', reason: null, event };
  });
}

function isBefore(a: Event, b: Event): boolean {
  return a.time !== b.time ? a.time < b.time : Buffer.compare(a.payload, b.payload) < 0;
}

export const minuteOf = (event: Event): bigint => floorTo(event.time, MINUTE);

/** The first iteration whose windows may hold the event (contract, section 4). */
export function effectiveMinute(event: Event): bigint {
  return greater(event.iteration, minuteOf(event));
}
