import { STREAMS } from './catalogue/example-files.ts';
import type { SimStream } from './catalogue/variable.ts';
import { type Customer, type Disorder, type Enterprise, REGIONS } from './enterprise.ts';
import { chooseDefect, type Defect } from './invalid-messages.ts';
import { MessageTemplate } from './message-text.ts';
import { hash32, Rng } from './prng.ts';

export const MICROS_PER_MINUTE = 60_000_000;
const MICROS_PER_SECOND = 1_000_000;

/** What a message is meant to be; `regular` ones are in order and valid. */
export type MessageKind = 'regular' | keyof Disorder;

/** One message as its producer sends it. Times are microseconds since 1970. */
export interface SimMessage {
  readonly stream: SimStream;
  readonly kind: MessageKind;
  /** Set when `kind` is `invalid`. */
  readonly defect: Defect | null;
  /** When it reaches the broker: non-decreasing within a stream. */
  readonly arrivalUs: number;
  readonly eventTimeUs: number;
  readonly eventId: string;
  readonly customerId: number;
  readonly payload: Buffer | null;
}

const KINDS: readonly (keyof Disorder)[] = ['duplicate', 'late', 'ahead', 'early', 'outOfOrder', 'invalid', 'outsideBase'];
/** A duplicate repeats a message of at most this many minutes before. */
const DUPLICATE_MINUTES_BACK = 3;
const DUPLICATE_TRIES = 8;
/** While something hurts, this share of care contacts comes from those it hurts. */
const CARE_FROM_HURT = 0.65;
const CARE_TRIES = 16;
const HURT_FROM = 0.15;

/**
 * The messages of one stream. Each is a function of (seed, stream, minute, index) alone, so a minute can be made without the minutes before it,
 * and a duplicate is made by making its original again.
 */
export class StreamEvents {
  readonly stream: SimStream;
  /** Messages in each minute. */
  readonly perMinute: number;
  readonly #enterprise: Enterprise;
  readonly #salt: number;
  readonly #template: MessageTemplate;

  constructor(enterprise: Enterprise, stream: SimStream) {
    this.stream = stream;
    this.#enterprise = enterprise;
    this.#salt = hash32(enterprise.seed, STREAMS.indexOf(stream), 0x57);
    this.#template = new MessageTemplate(stream);
    this.perMinute = Math.max(1, Math.round((enterprise.rate * 60 * stream.sharePerMille) / 1000));
  }

  /** The messages that arrive in a minute (minutes since 1970), by arrival. */
  *ofMinute(minute: number): Generator<SimMessage> {
    for (let index = 0; index < this.perMinute; index += 1) yield this.at(minute, index);
  }

  at(minute: number, index: number): SimMessage {
    const rng = new Rng(hash32(this.#salt, minute, index));
    const kind = chooseKind(this.#enterprise.disorder, rng.fraction());
    const arrivalUs = minute * MICROS_PER_MINUTE + Math.floor(((index + rng.fraction()) * MICROS_PER_MINUTE) / this.perMinute);
    if (kind === 'duplicate') {
      const original = this.#original(minute, index, rng);
      if (original !== null) return { ...original, kind, arrivalUs };
    }
    return this.#make(minute, index, kind === 'duplicate' ? 'regular' : kind, arrivalUs, rng);
  }

  /** A regular message shortly before this one, made again; null when none is found in a few tries. */
  #original(minute: number, index: number, rng: Rng): SimMessage | null {
    for (let tries = 0; tries < DUPLICATE_TRIES; tries += 1) {
      const back = 1 + Math.floor(rng.fraction() ** 3 * DUPLICATE_MINUTES_BACK * this.perMinute);
      const position = minute * this.perMinute + index - back;
      const originalMinute = Math.floor(position / this.perMinute);
      const originalIndex = position - originalMinute * this.perMinute;
      const dice = new Rng(hash32(this.#salt, originalMinute, originalIndex));
      if (chooseKind(this.#enterprise.disorder, dice.fraction()) === 'regular') return this.at(originalMinute, originalIndex);
    }
    return null;
  }

  #make(minute: number, index: number, kind: MessageKind, arrivalUs: number, rng: Rng): SimMessage {
    const enterprise = this.#enterprise;
    const customer = this.#chooseCustomer(minute, rng);
    const customerId = kind === 'outsideBase' ? enterprise.customers + customer.id : customer.id;
    const eventTimeUs = arrivalUs + shiftOf(kind, rng);
    const eventId = `${this.stream.idPrefix}-${minute.toString(36)}-${index.toString(36)}-${this.#salt.toString(36)}`;
    const cell = `${REGIONS[customer.region]}-${customer.cell}`;
    const troubles = enterprise.troubles(customer, minute);
    const bytes = this.#template.render({ eventId, customerId, eventTimeUs, cell }, troubles, rng);
    const defect = kind === 'invalid' ? chooseDefect(rng.fraction()) : null;
    const body = defect === null ? bytes : defect.apply(bytes.toString('latin1'), this.stream);
    const payload = typeof body === 'string' ? Buffer.from(body) : body;
    return { stream: this.stream, kind, defect, arrivalUs, eventTimeUs, eventId, customerId, payload };
  }

  #chooseCustomer(minute: number, rng: Rng): Customer {
    const { customer, pick, story, troubles } = this.#enterprise;
    let chosen = customer(pick(rng));
    if (this.stream.name !== 'care' || !story.troublesOf(minute).any || !rng.chance(CARE_FROM_HURT)) return chosen;
    for (let tries = 0; tries < CARE_TRIES; tries += 1) {
      const { outage, billing } = troubles(chosen, minute);
      if (outage > HURT_FROM || billing > HURT_FROM) break;
      chosen = customer(pick(rng));
    }
    return chosen;
  }
}

/** The generators of the three streams, in the order of `STREAMS`. */
export function createEvents(enterprise: Enterprise): StreamEvents[] {
  return STREAMS.map((stream) => new StreamEvents(enterprise, stream));
}

function chooseKind(disorder: Disorder, fraction: number): MessageKind {
  let rest = fraction;
  for (const kind of KINDS) {
    rest -= disorder[kind];
    if (rest < 0) return kind;
  }
  return 'regular';
}

/**
 * Event time minus arrival. A message that arrives in the two seconds of grace still belongs to the minute before, so `late` and `ahead` keep
 * a minute's distance from the contract's bounds (10 and 2 minutes), and `outOfOrder` and `early` stay inside them.
 */
function shiftOf(kind: MessageKind, rng: Rng): number {
  const seconds = (from: number, to: number) => Math.floor((from + rng.fraction() * (to - from)) * MICROS_PER_SECOND);
  if (kind === 'late') return -seconds(12 * 60, 30 * 60);
  if (kind === 'ahead') return seconds(4 * 60, 9 * 60);
  if (kind === 'early') return seconds(1, 100);
  if (kind === 'outOfOrder') return -seconds(2, 8 * 60);
  return -seconds(0.02, 1.5);
}
