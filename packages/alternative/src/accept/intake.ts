import { type MessageClass, ParallaxError } from '@parallax/core';
import { PENDING_EVENTS_MAX, REJECTED_KEPT_MAX } from '../limits.ts';
import type { EventParser } from '../parse/event-parser.ts';
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

/** An event that had been accepted so far, and whose place another one with its id has taken. */
export interface Ousted {
  readonly key: string;
  /** µs from the clock's origin. */
  readonly time: number;
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
 * with one id is accepted is known when the iteration's last message was seen: until then one may oust another.
 */
export class Intake {
  readonly #parser: EventParser;
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
  /** Events that `fresh` has shown. */
  #shown = 0;
  /** What of them was ousted since, by the number of its event. */
  #ousted = new Map<number, Ousted>();

  /** @param payloadOf finds a payload of the iteration again, by the `ref` that was offered with it */
  constructor(parser: EventParser, payloadOf: (ref: number) => Buffer | null) {
    this.#parser = parser;
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
    this.#shown = 0;
    this.#ousted = new Map();
  }

  /** An event that was accepted before this side began: its id is claimed. */
  restore({ idBytes, idStart, idEnd, time }: Pick<EventParser, 'idBytes' | 'idStart' | 'idEnd' | 'time'>): void {
    this.#claims.add(idBytes, idStart, idEnd, hashBytes(idBytes, idStart, idEnd), time);
  }

  /** Takes a message of the iteration. */
  offer(payload: Buffer | null, transportId: string | null, ref: number): void {
    const reason = this.#parser.parse(payload, transportId);
    if (reason !== null) {
      this.#invalid.set(reason, (this.#invalid.get(reason) ?? 0) + 1);
      this.#reject({ class: 'invalid', reason, key: null, id: null, time: null });
    } else this.#classify(payload as Buffer, ref);
  }

  #classify(payload: Buffer, ref: number): void {
    const parser = this.#parser;
    if (parser.time < this.#limits.oldest) this.#rejectParsed('late', parser);
    else if (parser.time >= this.#limits.ahead) this.#rejectParsed('ahead', parser);
    else {
      const { idBytes, idStart, idEnd } = parser;
      const hash = hashBytes(idBytes, idStart, idEnd);
      if (this.#claims.has(idBytes, idStart, idEnd, hash)) this.#rejectParsed('duplicate', parser);
      else this.#wait(payload, ref, hash);
    }
  }

  #rejectParsed(kind: 'late' | 'ahead' | 'duplicate', event: EventParser): void {
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

  /** Ends the iteration: the events that were not ousted are accepted and claim their ids. */
  end(): AcceptedEvents {
    const ids = this.#waiting;
    for (let i = 0; i < ids.size; i++) {
      this.#claims.add(ids.blockOf(i), ids.startOf(i), ids.endOf(i), ids.hashOf(i), this.#times[i] as number);
    }
    return this.accepted;
  }

  /** The events that came since it was called last: those from `from` on; and what was ousted of the ones before. */
  fresh(): { readonly from: number; readonly ousted: ReadonlyMap<number, Ousted> } {
    const found = { from: this.#shown, ousted: this.#ousted };
    this.#shown = this.#keys.length;
    this.#ousted = new Map();
    return found;
  }

  /** What is accepted so far. The columns grow, and what is ousted is overwritten. */
  get accepted(): AcceptedEvents {
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
  #wait(payload: Buffer, ref: number, hash: number): void {
    const event = this.#parser;
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
      if (rival < this.#shown && !this.#ousted.has(rival)) this.#ousted.set(rival, { key: this.#keys[rival] as string, time: rivalTime });
      this.#put(rival, event, ref);
    } else this.#rejectParsed('duplicate', event);
  }

  /** Equal times and ids: the payload's bytes decide. Most often it is the same message once more. */
  #isLess(payload: Buffer, rivalRef: number): boolean {
    const rival = this.#payloadOf(rivalRef);
    return rival !== null && Buffer.compare(payload, rival) < 0;
  }

  #put(index: number, event: EventParser, ref: number): void {
    const { key, time, values } = event;
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
    for (let i = 0; i < this.#width; i++) this.#values[at + i] = values[i] as number;
  }
}

/** The event id as text. */
function idOf({ idBytes, idStart, idEnd }: EventParser): string {
  return idBytes.toString('utf8', idStart, idEnd);
}

function tooMany(): ParallaxError {
  return new ParallaxError('PRLX_ALTERNATIVE_LIMIT', `more than ${PENDING_EVENTS_MAX} events of one stream in one minute`, {
    advice: 'Split the stream, or raise PENDING_EVENTS_MAX with the memory that it takes.',
  });
}
