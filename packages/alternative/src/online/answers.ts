import { MICROS_PER_MINUTE, type Micros } from '@parallax/core';
import type { OnlineSource, Project } from '../names.ts';
import { AnswerParser } from '../parse/answer-parser.ts';
import type { Interner } from '../parse/interner.ts';
import type { OnlineCall } from '../sources/source.ts';

/** Customers that there is room for at first. */
const CUSTOMERS_FIRST = 1024;

/**
 * What is known of one online source (contract, sections 7 and 10): the last valid answer wins, one up to `max_age` minutes old stands in. Kept by columns:
 * every customer has one, and they are made anew each minute.
 */
export class Answers {
  readonly source: OnlineSource;
  readonly #parser: AnswerParser;
  /** Where each customer's answer stands. */
  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];
  #used = 0;
  /** By slot: the minute of the answer, counted from 1970, and the start of the call that it is of, µs since 1970. */
  #minutes = new Float64Array(CUSTOMERS_FIRST);
  #starts = new Float64Array(CUSTOMERS_FIRST);
  /** Whose answers came since `mark`; null: nobody asks. */
  #changed: Set<string> | null = null;
  /** Scaled integers as the source declares its fields, NaN for null: those of a slot begin at slot × fields. */
  #values: Float64Array;

  /** @param interner shared with who else meets the same keys */
  constructor(source: OnlineSource, keyType: Project['key']['type'], interner?: Interner) {
    this.source = source;
    this.#parser = new AnswerParser(source, keyType, interner);
    this.#values = new Float64Array(CUSTOMERS_FIRST * source.fields.length);
  }

  /** Starts an iteration: forgets what is too old to stand in for an answer of it. */
  begin(minute: Micros): void {
    const now = minuteNumber(minute);
    for (const [id, slot] of this.#slots) {
      if (now - (this.#minutes[slot] as number) <= this.source.maxAge) continue;
      this.#slots.delete(id);
      this.#free.push(slot);
    }
  }

  /** Takes some calls of one iteration, in the order in which they were captured. The one that began last counts, of two that began at once the one captured last. */
  async take(minute: Micros, calls: AsyncIterable<OnlineCall> | Iterable<OnlineCall>): Promise<void> {
    const now = minuteNumber(minute);
    for await (const { at, ids, status, body } of calls) {
      const answer = status === 200 && body !== null ? this.#parser.parse(body) : null;
      if (answer === null) continue;
      const start = Number(at);
      for (const id of ids) {
        const slot = this.#slotOf(id);
        if (this.#minutes[slot] === now && start < (this.#starts[slot] as number)) continue;
        this.#starts[slot] = start;
        this.#changed?.add(id);
        // A customer that the answer does not name has null fields.
        this.#set(slot, now, answer.values, answer.rows.get(id) ?? -1);
      }
    }
  }

  /** From now on it is known whose answers come. @returns whose came since the last time */
  mark(): ReadonlySet<string> {
    const { changed } = this;
    this.#changed = new Set();
    return changed;
  }

  /** Whose answers came since `mark`. */
  get changed(): ReadonlySet<string> {
    return this.#changed ?? NOBODY;
  }

  #slotOf(id: string): number {
    const have = this.#slots.get(id);
    if (have !== undefined) return have;
    const slot = this.#free.pop() ?? this.#used++;
    this.#slots.set(id, slot);
    if (slot >= this.#minutes.length) {
      this.#minutes = grown(this.#minutes);
      this.#starts = grown(this.#starts);
      this.#values = grown(this.#values);
    }
    return slot;
  }

  /** @param row −1: null fields */
  #set(slot: number, minute: number, values: Float64Array, row: number): void {
    const width = this.source.fields.length;
    this.#minutes[slot] = minute;
    for (let field = 0; field < width; field++)
      this.#values[slot * width + field] = row < 0 ? Number.NaN : (values[row * width + field] as number);
  }

  /** The age of what is known of a customer, minutes; null when nothing is. Not older than `max_age`. */
  age(key: string, minute: Micros): number | null {
    const slot = this.#slots.get(key);
    return slot === undefined ? null : minuteNumber(minute) - (this.#minutes[slot] as number);
  }

  /** One field of a customer as a scaled integer; null when nothing is known, or it is null. */
  value(key: string, field: number): number | null {
    const slot = this.#slots.get(key);
    return slot === undefined ? null : this.#valueIn(slot, field);
  }

  /** All that is known of a customer: the age, and each field written over what is given. */
  read(key: string, minute: Micros, values: (number | null)[]): number | null {
    const slot = this.#slots.get(key);
    for (let field = 0; field < this.source.fields.length; field++) values[field] = slot === undefined ? null : this.#valueIn(slot, field);
    return slot === undefined ? null : minuteNumber(minute) - (this.#minutes[slot] as number);
  }

  #valueIn(slot: number, field: number): number | null {
    const value = this.#values[slot * this.source.fields.length + field] as number;
    return Number.isNaN(value) ? null : value;
  }
}

const NOBODY: ReadonlySet<string> = new Set();

function minuteNumber(minute: Micros): number {
  return Number(minute / MICROS_PER_MINUTE);
}

function grown(list: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(list.length * 2);
  larger.set(list);
  return larger;
}
