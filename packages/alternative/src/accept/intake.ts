import { type MessageClass, ParallaxError } from '@parallax/core';
import { PENDING_EVENTS_MAX, REJECTED_KEPT_MAX } from '../limits.ts';
import type { EventParser } from '../parse/event-parser.ts';
import { type EventFields, type ParsedEvent, ParsedEvents } from '../parse/parsed-event.ts';
import { REASONS, type Reason } from '../parse/reason.ts';
import type { AcceptedEvents } from './accepted-events.ts';
import { ByteTable, hashBytes } from './byte-table.ts';
import { Claims } from './claims.ts';

/** Messages of one class, and of one reason when they are invalid. */
export interface ClassCount {
  readonly class: MessageClass;
  readonly reason: Reason | null;
  readonly n: number;
}

/** A message that was not accepted. Key, id and time (µs from the clock's origin) are null where it is invalid. */
export interface Rejected {
  readonly class: MessageClass;
  readonly reason: Reason | null;
  readonly key: string | null;
  readonly id: string | null;
  readonly time: number | null;
}

/** The limits of an iteration, µs from the clock's origin: events before `oldest` are late, those from `ahead` on are ahead. */
export interface Limits {
  readonly oldest: number;
  readonly ahead: number;
}

/**
 * Makes every message of one stream exactly one of invalid, late, ahead, duplicate, accepted (contract, section 3). Which of several events
 * with one id is accepted is known when the iteration's last message was seen: until then they wait here.
 */
export class Intake {
  readonly #parser: EventParser;
  readonly #ahead: ParsedEvents;
  readonly #claims = new Claims();
  readonly #width: number;
  readonly #payloadOf: (ref: number) => Buffer | null;
  #limits: Limits = { oldest: 0, ahead: 0 };
  #counts = { late: 0, ahead: 0, duplicate: 0 };
  #invalid = new Map<Reason, number>();
  /** Ids of the events that wait, each by the number of its event. */
  #waiting = new ByteTable();
  #keys: string[] = [];
  #ids: string[] = [];
  #times: number[] = [];
  #refs: number[] = [];
  #values = new Float64Array(0);
  #rejected: Rejected[] = [];

  /** @param payloadOf finds a payload of the iteration again, by the `ref` that was offered with it */
  constructor(parser: EventParser, payloadOf: (ref: number) => Buffer | null) {
    this.#parser = parser;
    this.#ahead = new ParsedEvents(parser);
    this.#width = parser.values.length;
    this.#payloadOf = payloadOf;
  }

  /** Starts an iteration. */
  begin(limits: Limits): void {
    this.#limits = limits;
    this.#claims.expire(limits.oldest);
    this.#counts = { late: 0, ahead: 0, duplicate: 0 };
    this.#invalid = new Map();
    this.#waiting = new ByteTable(this.#keys.length);
    this.#keys = [];
    this.#ids = [];
    this.#times = [];
    this.#refs = [];
    this.#rejected = [];
  }

  /** An event that was accepted before this side began: its id is claimed. */
  restore({ idBytes, idStart, idEnd, time }: Pick<EventFields, 'idBytes' | 'idStart' | 'idEnd' | 'time'>): void {
    this.#claims.add(idBytes, idStart, idEnd, hashBytes(idBytes, idStart, idEnd), time);
  }

  /** Parses a message of an iteration that has not begun: to be offered with its payload when it has. */
  parseAhead(payload: Buffer | null, transportId: string | null): ParsedEvent {
    return this.#ahead.parse(payload, transportId);
  }

  /** @param parsed what `parseAhead` made of the same message; null: it is parsed now */
  offer(payload: Buffer | null, transportId: string | null, ref: number, parsed: ParsedEvent | null = null): void {
    const reason = parsed === null ? this.#parser.parse(payload, transportId) : parsed.reason;
    if (reason !== null) {
      this.#invalid.set(reason, (this.#invalid.get(reason) ?? 0) + 1);
      this.#reject({ class: 'invalid', reason, key: null, id: null, time: null });
    } else this.#classify(parsed ?? this.#parser, payload as Buffer, ref);
  }

  #classify(parser: EventFields, payload: Buffer, ref: number): void {
    if (parser.time < this.#limits.oldest) this.#rejectParsed('late', parser);
    else if (parser.time >= this.#limits.ahead) this.#rejectParsed('ahead', parser);
    else {
      const { idBytes, idStart, idEnd } = parser;
      const hash = hashBytes(idBytes, idStart, idEnd);
      if (this.#claims.has(idBytes, idStart, idEnd, hash)) this.#rejectParsed('duplicate', parser);
      else this.#wait(parser, payload, ref, hash);
    }
  }

  #rejectParsed(kind: 'late' | 'ahead' | 'duplicate', event: EventFields): void {
    const { key, time } = event;
    this.#counts[kind]++;
    if (this.#rejected.length < REJECTED_KEPT_MAX) this.#reject({ class: kind, reason: null, key, id: idOf(event), time });
  }

  /** The first ones are kept, for whoever asks what became of a message. */
  #reject(rejected: Rejected): void {
    if (this.#rejected.length < REJECTED_KEPT_MAX) this.#rejected.push(rejected);
  }

  /** What the iteration did not accept. */
  rejected(): readonly Rejected[] {
    return this.#rejected;
  }

  /** Ends the iteration: the events that wait are accepted and claim their ids. */
  end(): AcceptedEvents {
    const ids = this.#waiting;
    for (let i = 0; i < ids.size; i++) {
      this.#claims.add(ids.blockOf(i), ids.startOf(i), ids.endOf(i), ids.hashOf(i), this.#times[i] as number);
    }
    return {
      count: this.#keys.length,
      keys: this.#keys,
      ids: this.#ids,
      times: this.#times,
      values: this.#values,
      width: this.#width,
    };
  }

  /** The classes that the iteration had, sorted by name, then by reason. */
  counts(): readonly ClassCount[] {
    const invalid = [...REASONS].sort().map((reason) => ({ class: 'invalid', reason, n: this.#invalid.get(reason) ?? 0 }) as const);
    const { late, ahead, duplicate } = this.#counts;
    const all: ClassCount[] = [
      { class: 'accepted', reason: null, n: this.#keys.length },
      { class: 'ahead', reason: null, n: ahead },
      { class: 'duplicate', reason: null, n: duplicate },
      ...invalid,
      { class: 'late', reason: null, n: late },
    ];
    return all.filter(({ n }) => n > 0);
  }

  /** @param hash of the event's id */
  #wait(event: EventFields, payload: Buffer, ref: number, hash: number): void {
    const { idBytes, idStart, idEnd, time } = event;
    const rival = this.#waiting.find(idBytes, idStart, idEnd, hash);
    if (rival < 0) {
      if (this.#keys.length >= PENDING_EVENTS_MAX) throw tooMany();
      this.#waiting.add(idBytes, idStart, idEnd, hash);
      this.#put(this.#keys.length, event, ref);
      return;
    }
    const rivalTime = this.#times[rival] as number;
    if (time < rivalTime || (time === rivalTime && this.#isLess(payload, this.#refs[rival] as number))) {
      this.#counts.duplicate++;
      this.#reject({ class: 'duplicate', reason: null, key: this.#keys[rival] as string, id: this.#ids[rival] as string, time: rivalTime });
      this.#put(rival, event, ref);
    } else this.#rejectParsed('duplicate', event);
  }

  /** Equal times and ids: the payload's bytes decide. Most often it is the same message once more. */
  #isLess(payload: Buffer, rivalRef: number): boolean {
    const rival = this.#payloadOf(rivalRef);
    return rival !== null && Buffer.compare(payload, rival) < 0;
  }

  #put(index: number, event: EventFields, ref: number): void {
    const { key, time, values, valuesAt } = event;
    this.#keys[index] = key;
    this.#ids[index] = idOf(event);
    this.#times[index] = time;
    this.#refs[index] = ref;
    const at = index * this.#width;
    if (at + this.#width > this.#values.length) {
      const grown = new Float64Array(Math.max(this.#width * 1024, this.#values.length * 2));
      grown.set(this.#values);
      this.#values = grown;
    }
    for (let i = 0; i < this.#width; i++) this.#values[at + i] = values[valuesAt + i] as number;
  }
}

/** The event id as text. */
function idOf({ idBytes, idStart, idEnd }: EventFields): string {
  return idBytes.toString('utf8', idStart, idEnd);
}

function tooMany(): ParallaxError {
  return new ParallaxError('PRLX_ALTERNATIVE_LIMIT', `more than ${PENDING_EVENTS_MAX} events of one stream in one minute`, {
    advice: 'Split the stream, or raise PENDING_EVENTS_MAX with the memory that it takes.',
  });
}
