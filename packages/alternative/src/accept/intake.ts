import { type MessageClass, ParallaxError } from '@parallax/core';
import { PENDING_EVENTS_MAX, REJECTED_KEPT_MAX } from '../limits.ts';
import type { EventParser } from '../parse/event-parser.ts';
import { REASONS, type Reason } from '../parse/reason.ts';
import type { AcceptedEvents } from './accepted-events.ts';
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
  readonly #claims = new Claims();
  readonly #width: number;
  readonly #payloadOf: (ref: number) => Buffer | null;
  #limits: Limits = { oldest: 0, ahead: 0 };
  #counts = { late: 0, ahead: 0, duplicate: 0 };
  #invalid = new Map<Reason, number>();
  #indexOf = new Map<string, number>();
  #keys: string[] = [];
  #ids: string[] = [];
  #times: number[] = [];
  #refs: number[] = [];
  #values = new Float64Array(0);
  #rejected: Rejected[] = [];

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
    this.#indexOf = new Map();
    this.#keys = [];
    this.#ids = [];
    this.#times = [];
    this.#refs = [];
    this.#rejected = [];
  }

  offer(payload: Buffer | null, transportId: string | null, ref: number): void {
    const parser = this.#parser;
    const reason = parser.parse(payload, transportId);
    if (reason !== null) {
      this.#invalid.set(reason, (this.#invalid.get(reason) ?? 0) + 1);
      this.#reject({ class: 'invalid', reason, key: null, id: null, time: null });
    } else if (parser.time < this.#limits.oldest) this.#rejectParsed('late');
    else if (parser.time >= this.#limits.ahead) this.#rejectParsed('ahead');
    else if (this.#claims.has(parser.id)) this.#rejectParsed('duplicate');
    else this.#wait(payload as Buffer, ref);
  }

  #rejectParsed(kind: 'late' | 'ahead' | 'duplicate'): void {
    const { key, id, time } = this.#parser;
    this.#counts[kind]++;
    this.#reject({ class: kind, reason: null, key, id, time });
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
    for (let i = 0; i < this.#ids.length; i++) this.#claims.add(this.#ids[i] as string, this.#times[i] as number);
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

  #wait(payload: Buffer, ref: number): void {
    const { id, time } = this.#parser;
    const rival = this.#indexOf.get(id);
    if (rival === undefined) {
      if (this.#keys.length >= PENDING_EVENTS_MAX) throw tooMany();
      this.#indexOf.set(id, this.#keys.length);
      this.#put(this.#keys.length, ref);
      return;
    }
    const rivalTime = this.#times[rival] as number;
    if (time < rivalTime || (time === rivalTime && this.#isLess(payload, this.#refs[rival] as number))) {
      this.#counts.duplicate++;
      this.#reject({ class: 'duplicate', reason: null, key: this.#keys[rival] as string, id, time: rivalTime });
      this.#put(rival, ref);
    } else this.#rejectParsed('duplicate');
  }

  /** Equal times and ids: the payload's bytes decide. Most often it is the same message once more. */
  #isLess(payload: Buffer, rivalRef: number): boolean {
    const rival = this.#payloadOf(rivalRef);
    return rival !== null && Buffer.compare(payload, rival) < 0;
  }

  #put(index: number, ref: number): void {
    const { key, id, time, values } = this.#parser;
    this.#keys[index] = key;
    this.#ids[index] = id;
    this.#times[index] = time;
    this.#refs[index] = ref;
    const at = index * this.#width;
    if (at + this.#width > this.#values.length) {
      const grown = new Float64Array(Math.max(this.#width * 1024, this.#values.length * 2));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values.set(values, at);
  }
}

function tooMany(): ParallaxError {
  return new ParallaxError('PRLX_ALTERNATIVE_LIMIT', `more than ${PENDING_EVENTS_MAX} events of one stream in one minute`, {
    advice: 'Split the stream, or raise PENDING_EVENTS_MAX with the memory that it takes.',
  });
}
