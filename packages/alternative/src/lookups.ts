import { floorTo, MICROS_PER_HOUR, MICROS_PER_MINUTE, type Micros } from '@parallax/core';
import type { AcceptedMinute } from './accept/accepted-minute.ts';
import type { ClassCount, Rejected } from './accept/intake.ts';
import type { BatchRow, RowWithout } from './batch/batch-view.ts';
import type { Contribution } from './batch/contributions.ts';
import type { KeptRows } from './batch/kept-rows.ts';
import { RAW_ACTED_MAX } from './limits.ts';
import type { Aggregate, Project, WindowName } from './names.ts';
import type { Answers } from './online/answers.ts';
import { compareUtf8 } from './parse/text.ts';
import type { Substitution } from './score/customer-view.ts';
import type { WantedAction } from './score/logic.ts';
import type { EventStore } from './store/event-store.ts';
import { RawWindows } from './window/raw-windows.ts';
import type { SharedWindows } from './window/shared-windows.ts';
import type { Scaled, WindowCells } from './window/stream-window.ts';
import type { Windows } from './window/windows.ts';

/** What a minute came to, beside its lines. */
export interface MinuteFacts {
  readonly minute: Micros;
  /** By stream. */
  readonly counts: Readonly<Record<string, readonly ClassCount[]>>;
  /** As the project declares its streams. */
  readonly accepted: readonly AcceptedMinute[];
  /** By stream: the first messages that were not accepted. */
  readonly rejected: readonly (readonly Rejected[])[];
  /** What the times of events are counted from, µs since 1970. */
  readonly origin: Micros;
  /** Sorted as UTF-8 bytes. */
  readonly population: readonly string[];
  /** Those of them for whom an action was decided, in the same order; nobody until it is. */
  readonly acted: readonly string[];
  /** `YYYY-MM-DD`; null before any day is active. */
  readonly batchDay: string | null;
}

/** An accepted event of a customer. */
export interface CustomerEvent {
  readonly stream: number;
  /** µs from the facts' origin. */
  readonly time: number;
  readonly id: string;
  /** NaN is null. */
  readonly values: Float64Array;
}

/**
 * What the alternative knows of the minute that was run last, customer by customer, for whoever compares it: valid until the next minute runs.
 * Streams, variables, sources and fields are numbered as the project declares them; numbers are integers scaled by their places.
 */
export class Lookups {
  readonly #project: Pick<Project, 'streams'>;
  readonly #windows: Windows;
  readonly #rows: KeptRows;
  readonly #answers: readonly Answers[];
  readonly #store: EventStore;
  readonly #onDemand: OnDemand;
  #facts: (MinuteFacts & { acted: readonly string[] }) | null = null;
  #raw: Promise<RawWindows> | null = null;

  constructor(
    project: Pick<Project, 'streams'>,
    windows: Windows,
    rows: KeptRows,
    answers: readonly Answers[],
    store: EventStore,
    onDemand: OnDemand,
  ) {
    this.#project = project;
    this.#windows = windows;
    this.#rows = rows;
    this.#answers = answers;
    this.#store = store;
    this.#onDemand = onDemand;
  }

  /** Called when a minute's messages were taken in and when it was run; the facts are others only where something of them has changed since. */
  show(facts: Omit<MinuteFacts, 'acted'>): void {
    const shown = this.#facts;
    if (shown !== null && SHOWN_AS.every((name) => shown[name] === facts[name])) return;
    this.#facts = { ...facts, acted: [] };
    this.#raw = null;
  }

  /** Called when the minute's actions are decided. */
  decided(acted: readonly string[]): void {
    if (this.#facts === null) throw new Error('no minute was run');
    this.#facts.acted = acted;
    const { minute } = this.#facts;
    const more = inTurn(acted, RAW_ACTED_MAX, minute / MICROS_PER_MINUTE);
    this.#raw = this.#raw?.then((raw) => raw.with(this.#store, more)) ?? null;
    // Who asks for them meets what has failed.
    this.#raw?.catch(() => undefined);
  }

  /** Whether the facts are those of a minute. */
  shows(minute: Micros): boolean {
    return this.#facts?.minute === minute;
  }

  get facts(): MinuteFacts {
    if (this.#facts === null) throw new Error('no minute was run');
    return this.#facts;
  }

  /** The population of the minute that was run last; empty when none was. */
  get population(): readonly string[] {
    return this.#facts?.population ?? [];
  }

  /** Customers with an accepted event in the last hour, in the base or not. */
  windowKeys(): IterableIterator<string> {
    return this.#windows.customers.keys();
  }

  /** Where a customer's windows are kept; −1: it has none. */
  slotOf(key: string): number {
    return this.#windows.customers.slotOf(key);
  }

  /** One aggregate of one window; of slot −1 what a customer without events has. */
  window(slot: number, stream: number, variable: number, aggregate: Aggregate, window: WindowName): Scaled {
    return this.#windows.read(slot, stream, variable, aggregate, window);
  }

  /** All that is kept of `hour_to_date` and `last_hour`, by variable of the stream; of slot −1 what a customer without events has. */
  windowCells(slot: number, stream: number, hour: WindowCells, last: WindowCells): void {
    this.#windows.readAll(slot, stream, hour, last);
  }

  /** The windows for other threads: `WindowReader` of `module` reads them, until the next minute begins. */
  shared(): { readonly module: string; readonly windows: SharedWindows } {
    return { module: new URL('./window/shared-windows.ts', import.meta.url).href, windows: this.#windows.shared() };
  }

  /** Begins another epoch: `WindowReader.changedSince` tells whose windows were changed since, until the minute after begins. */
  mark(): number {
    return this.#windows.customers.mark();
  }

  /** A population customer's row of the batch view; null when it is not in the base. */
  batchRow(key: string): BatchRow | null {
    return this.#rows.get(key);
  }

  /**
   * What each scorecard column adds for a customer of the population; nothing of one that is not in the base. Reads the day's tables anew: for a person who asks.
   */
  async contributions(key: string): Promise<readonly Contribution[]> {
    const { batchDay } = this.facts;
    return batchDay === null || this.batchRow(key) === null ? [] : this.#onDemand.contributions(key, batchDay);
  }

  /** What a population customer's row would be without one of its tables, for each of them that has a row of it. */
  batchWithout(key: string): Promise<readonly RowWithout[]> {
    return this.#rows.without(key);
  }

  /** Minutes since the answer that counts of an online source; null when there is none. */
  onlineAge(source: number, key: string): number | null {
    return (this.#answers[source] as Answers).age(key, this.facts.minute);
  }

  onlineValue(source: number, key: string, field: number): number | null {
    return (this.#answers[source] as Answers).value(key, field);
  }

  /** Both at once: the age, and the value of each field written over what is given. */
  onlineAnswer(source: number, key: string, values: (number | null)[]): number | null {
    return (this.#answers[source] as Answers).read(key, this.facts.minute, values);
  }

  /** The bucket whose customers are computed again from their raw events in this minute: each hour, every customer is. */
  get rawBucket(): number {
    return Number((this.facts.minute % MICROS_PER_HOUR) / MICROS_PER_MINUTE);
  }

  /**
   * Windows from raw events alone: of the customers of the minute's bucket, and, once actions are decided, of those with actions, RAW_ACTED_MAX of them at most: others
   * each minute.
   */
  raw(): Promise<RawWindows> {
    const { acted, minute } = this.facts;
    this.#raw ??= this.rawOf(this.rawBucket, inTurn(acted, RAW_ACTED_MAX, minute / MICROS_PER_MINUTE));
    return this.#raw;
  }

  /** The same of other customers. @param bucket −1: no bucket */
  rawOf(bucket: number, keys: readonly string[]): Promise<RawWindows> {
    const { minute, origin } = this.facts;
    const minutes = (time: Micros) => Number((time - origin) / MICROS_PER_MINUTE);
    return RawWindows.read(this.#project, this.#store, minutes(minute), minutes(floorTo(minute, MICROS_PER_HOUR)), {
      bucket,
      keys: new Set(keys),
    });
  }

  /** The raw events that a customer's windows of this minute hold, by time, then id. */
  async eventsOf(key: string): Promise<readonly CustomerEvent[]> {
    const { minute, origin, accepted } = this.facts;
    const last = Number((minute - origin) / MICROS_PER_MINUTE);
    const events: CustomerEvent[] = [];
    for (let stream = 0; stream < accepted.length; stream++) {
      for (let each = last - LAST_HOUR_BEFORE; each <= last; each++) {
        await this.#store.eachOfCustomer(stream, each, key, ({ time, id, values }) =>
          events.push({ stream, time, id, values: Float64Array.from(values) }),
        );
      }
    }
    return events.sort((a, b) => a.time - b.time || compareUtf8(a.id, b.id));
  }

  /** Scores a customer of the population once more, with some of its inputs replaced; null when the user's functions refuse them. */
  rescore(key: string, substitution: Substitution): Rescored | null {
    return this.#onDemand.rescore(key, substitution);
  }
}

/** What the user's functions make of a customer: its canonical result line, and what they ask for. */
export interface Rescored {
  readonly line: string;
  readonly actions: readonly WantedAction[];
}

/** What is computed only when it is asked for. */
export interface OnDemand {
  rescore(key: string, substitution: Substitution): Rescored | null;
  contributions(key: string, day: string): Promise<readonly Contribution[]>;
}

/** What tells whether facts are the same ones. */
const SHOWN_AS = ['minute', 'counts', 'accepted', 'population', 'batchDay'] as const;

/** Minutes of `last_hour` before the iteration's own. */
const LAST_HOUR_BEFORE = 59;

/** At most `most` of a list, from where the turn before ended, round and round: after enough turns each was among them. */
export function inTurn<T>(list: readonly T[], most: number, turn: bigint): readonly T[] {
  if (list.length <= most) return list;
  const from = Number((turn * BigInt(most)) % BigInt(list.length));
  const taken = list.slice(from, from + most);
  return taken.length === most ? taken : [...taken, ...list.slice(0, most - taken.length)];
}
