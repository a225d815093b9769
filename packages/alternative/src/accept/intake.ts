import { type MessageClass, ParallaxError } from '@parallax/core';
import { PENDING_EVENTS_MAX, REJECTED_KEPT_MAX, TIES_AT_ONCE } from '../limits.ts';
import type { EventParser } from '../parse/event-parser.ts';
import { REASONS, type Reason } from '../parse/reason.ts';
import type { EventReader } from '../store/event-codec.ts';
import { AcceptedEvents } from './accepted-events.ts';
import { AcceptedMinute } from './accepted-minute.ts';
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

/** A message with the id and the time of an event that is accepted so far, and another content: their payloads' bytes decide. */
interface Tie {
  /** The event's number. */
  readonly rival: number;
  readonly time: number;
  readonly ref: number;
  readonly transportId: string | null;
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

/** A message of a tie, read once more. */
interface Candidate {
  /** Null: it is the event that is accepted so far. */
  readonly tie: Tie | null;
  readonly payload: Buffer;
}

export interface IntakeOptions {
  readonly parser: EventParser;
  /** Where the accepted events of an iteration are kept while it is at hand: a file of this intake's own. */
  readonly file: string;
  /** Gives payloads of the iteration once more, by the `ref`s that were offered with them, which ascend; each is valid during the call only. */
  readonly payloadsOf: (refs: readonly number[], take: (ref: number, payload: Buffer) => void) => Promise<void>;
  /** Told of each event as it is accepted so far; valid during the call only. */
  readonly onAccepted: (event: EventParser) => void;
}

/**
 * Makes every message of one stream exactly one of invalid, late, ahead, duplicate, accepted (contract, section 3). Which of several events
 * with one id is accepted is known when the iteration's last message was seen: until then one may oust another.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #parser: EventParser;
  readonly #claims = new Claims();
  #limits: Limits = { oldest: 0, ahead: 0 };
  #counts = { late: 0, ahead: 0, duplicate: 0 };
  #invalid = new Map<Reason, number>();
  /** Ids of the events that wait, each by the number of its event. */
  #waiting = new ByteTable();
  /** By number: where the event is kept, its time, and the `ref` of its message. */
  #places = new Uint32Array(1024);
  #times = new Float64Array(1024);
  #refs = new Float64Array(1024);
  #events: AcceptedEvents;
  #rejected: Rejected[] = [];
  #ousted: Ousted[] = [];
  #ties: Tie[] = [];

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#parser = options.parser;
    this.#events = this.#noEvents();
  }

  #noEvents(): AcceptedEvents {
    return new AcceptedEvents(this.#options.file, this.#parser.values.length);
  }

  /** Starts an iteration: the events of the one before are gone. */
  async begin(limits: Limits): Promise<void> {
    this.#limits = limits;
    this.#claims.expire(limits.oldest);
    this.#counts = { late: 0, ahead: 0, duplicate: 0 };
    this.#invalid = new Map();
    this.#waiting = new ByteTable(this.#waiting.size);
    await this.#events.close();
    this.#events = this.#noEvents();
    this.#rejected = [];
    this.#ousted = [];
    this.#ties = [];
  }

  /** An event that was accepted before this side began: its id is claimed. */
  restore({ bytes, idStart, idEnd, time }: EventReader): void {
    this.#claims.add(bytes, idStart, idEnd, hashBytes(bytes, idStart, idEnd), time);
  }

  /** Takes a message of the iteration. */
  offer(payload: Buffer | null, transportId: string | null, ref: number): void {
    const reason = this.#parser.parse(payload, transportId);
    if (reason !== null) {
      this.#invalid.set(reason, (this.#invalid.get(reason) ?? 0) + 1);
      this.#reject({ class: 'invalid', reason, key: null, id: null, time: null });
    } else this.#classify(ref, transportId);
  }

  #classify(ref: number, transportId: string | null): void {
    const parser = this.#parser;
    if (parser.time < this.#limits.oldest) this.#rejectParsed('late', parser);
    else if (parser.time >= this.#limits.ahead) this.#rejectParsed('ahead', parser);
    else {
      const { idBytes, idStart, idEnd } = parser;
      const hash = hashBytes(idBytes, idStart, idEnd);
      if (this.#claims.has(idBytes, idStart, idEnd, hash)) this.#rejectParsed('duplicate', parser);
      else this.#wait(ref, transportId, hash);
    }
  }

  #rejectParsed(kind: 'late' | 'ahead' | 'duplicate', event: EventParser | EventReader): void {
    const { key, time } = event;
    this.#counts[kind]++;
    if (this.#rejected.length < REJECTED_KEPT_MAX) this.#reject({ class: kind, reason: null, key, id: event.id, time });
  }

  /** The first ones are kept, for whoever asks what became of a message. */
  #reject(rejected: Rejected): void {
    if (this.#rejected.length < REJECTED_KEPT_MAX) this.#rejected.push(rejected);
  }

  /** What the iteration did not accept. */
  rejected(): readonly Rejected[] {
    return this.#rejected;
  }

  /** Ends the iteration, whose ties are settled: the events that were not ousted are accepted and claim their ids. */
  end(): AcceptedMinute {
    if (this.#ties.length > 0) throw new Error('an iteration ends before its ties are settled');
    const ids = this.#waiting;
    for (let i = 0; i < ids.size; i++) {
      this.#claims.add(ids.blockOf(i), ids.startOf(i), ids.endOf(i), ids.hashOf(i), this.#times[i] as number);
    }
    return new AcceptedMinute(this.#events, ids, this.#places);
  }

  /** Settles the ties so far: the iteration's last messages were offered. Payloads of such messages are read once more. */
  async settle(): Promise<void> {
    const ties = this.#ties;
    this.#ties = [];
    for (let from = 0; from < ties.length; from += TIES_AT_ONCE) await this.#decide(ties.slice(from, from + TIES_AT_ONCE));
  }

  /** The events that were ousted since it was called last: they were told of as accepted, as those that have taken their places were. */
  ousted(): readonly Ousted[] {
    const ousted = this.#ousted;
    this.#ousted = [];
    return ousted;
  }

  /** What is accepted so far. */
  get events(): AcceptedEvents {
    return this.#events;
  }

  /** The classes that the iteration had, sorted by name, then by reason. */
  counts(): readonly ClassCount[] {
    const invalid = [...REASONS].sort().map((reason) => ({ class: 'invalid', reason, n: this.#invalid.get(reason) ?? 0 }) as const);
    const { late, ahead, duplicate } = this.#counts;
    const all: ClassCount[] = [
      { class: 'accepted', reason: null, n: this.#events.count },
      { class: 'ahead', reason: null, n: ahead },
      { class: 'duplicate', reason: null, n: duplicate },
      ...invalid,
      { class: 'late', reason: null, n: late },
    ];
    return all.filter(({ n }) => n > 0);
  }

  /** @param hash of the event's id */
  #wait(ref: number, transportId: string | null, hash: number): void {
    const event = this.#parser;
    const { idBytes, idStart, idEnd, time } = event;
    const rival = this.#waiting.find(idBytes, idStart, idEnd, hash);
    if (rival < 0) {
      if (this.#waiting.size >= PENDING_EVENTS_MAX) throw tooMany();
      this.#put(this.#waiting.add(idBytes, idStart, idEnd, hash), ref);
      return;
    }
    const first = this.#times[rival] as number;
    if (time < first) this.#oust(rival, ref);
    else if (time === first && !isSame(event, this.#held(rival))) this.#ties.push({ rival, time, ref, transportId });
    else this.#rejectParsed('duplicate', event);
  }

  /** Of several messages with one id and time the one whose payload is the least is accepted. Where an earlier event has ousted theirs meanwhile, none of them is. */
  async #decide(ties: readonly Tie[]): Promise<void> {
    const ofRef = new Map<number, Tie>(ties.map((tie) => [tie.ref, tie]));
    const holders = new Map(ties.map(({ rival }) => [this.#refs[rival] as number, rival]));
    const least = new Map<number, Candidate>();
    let given = 0;
    const refs = [...ofRef.keys(), ...holders.keys()].sort((a, b) => a - b);
    await this.#options.payloadsOf(refs, (ref, bytes) => {
      given++;
      const tie = ofRef.get(ref) ?? null;
      const rival = tie?.rival ?? (holders.get(ref) as number);
      // A piece of it would keep all that was read with it.
      const candidate = { tie, payload: Buffer.from(bytes) };
      if (tie !== null && tie.time !== this.#times[rival]) return this.#rejectAgain(candidate);
      const other = least.get(rival);
      const wins = other === undefined || Buffer.compare(candidate.payload, other.payload) < 0;
      if (wins) least.set(rival, candidate);
      this.#rejectAgain(wins ? other : candidate);
    });
    if (given !== refs.length) throw new Error(`${given} of ${refs.length} payloads of an iteration were found again`);
    for (const [rival, candidate] of least) {
      if (candidate.tie === null) continue;
      this.#parseAgain(candidate);
      this.#oust(rival, candidate.tie.ref);
    }
  }

  /** Who is accepted so far is ousted, if it has to be, by the one that is the least. */
  #rejectAgain(candidate: Candidate | undefined): void {
    if (candidate?.tie == null) return;
    this.#parseAgain(candidate);
    this.#rejectParsed('duplicate', this.#parser);
  }

  #parseAgain({ payload, tie }: Candidate): void {
    if (this.#parser.parse(payload, tie?.transportId ?? null) !== null)
      throw new Error('a message that was valid is none when it is read again');
  }

  /** The event that is accepted so far by a number. */
  #held(number: number): EventReader {
    return this.#events.at(this.#places[number] as number);
  }

  /** The event that was parsed takes the place of one that was accepted so far. */
  #oust(rival: number, ref: number): void {
    const held = this.#held(rival);
    this.#rejectParsed('duplicate', held);
    this.#ousted.push({ key: held.key, time: held.time });
    this.#events.takeBack(this.#places[rival] as number);
    this.#put(rival, ref);
  }

  /** The event that was parsed is accepted so far, by this number. */
  #put(number: number, ref: number): void {
    if (number >= this.#places.length) {
      const room = 2 * number;
      this.#places = copied(this.#places, new Uint32Array(room));
      this.#times = copied(this.#times, new Float64Array(room));
      this.#refs = copied(this.#refs, new Float64Array(room));
    }
    this.#places[number] = this.#events.add(this.#parser);
    this.#times[number] = this.#parser.time;
    this.#refs[number] = ref;
    this.#options.onAccepted(this.#parser);
  }
}

/** Whether two events with one id and time say the same: then it does not matter which of them is accepted. */
function isSame(event: EventParser, held: EventReader): boolean {
  if (event.key !== held.key) return false;
  for (let i = 0; i < event.values.length; i++) if (!Object.is(event.values[i], held.values[i])) return false;
  return true;
}

function copied<List extends Uint32Array | Float64Array>(list: List, larger: List): List {
  larger.set(list);
  return larger;
}

function tooMany(): ParallaxError {
  return new ParallaxError('PRLX_ALTERNATIVE_LIMIT', `more than ${PENDING_EVENTS_MAX} events of one stream in one minute`, {
    advice: 'Split the stream, or raise PENDING_EVENTS_MAX with the memory that it takes.',
  });
}
