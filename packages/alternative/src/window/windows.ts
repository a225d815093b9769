import type { AcceptedEvents } from '../accept/accepted-events.ts';
import type { Ousted } from '../accept/intake.ts';
import type { Aggregate, Project, WindowName } from '../names.ts';
import type { EventParser } from '../parse/event-parser.ts';
import type { EventReader } from '../store/event-codec.ts';
import type { EventStore } from '../store/event-store.ts';
import { Customers } from './customers.ts';
import { Records } from './records.ts';
import type { SharedWindows } from './shared-windows.ts';
import { type Scaled, StreamWindow, type WindowCells, type WindowStarts } from './stream-window.ts';

const MINUTE_US = 60_000_000;
/** Minutes of `last_hour` before the iteration's own. */
const LAST_HOUR_BEFORE = 59;

/** The first minute whose events are kept: in a window, or not too late to be a duplicate of. */
function firstKept(minute: number, latenessMinutes: number): number {
  return minute - Math.max(LAST_HOUR_BEFORE, latenessMinutes);
}

/**
 * The windows of all customers, iteration by iteration (contract, section 4): `begin`, then `enter` each event as it is accepted, `keep` when all of a stream are, and `end`.
 * An event is in them from its effective minute on; until then it waits in the store. Minutes are counted from the clock's origin.
 */
export class Windows {
  readonly customers = new Customers();
  readonly #records = new Records();
  readonly #streams: readonly StreamWindow[];
  readonly #store: EventStore;
  readonly #keepsTouched: boolean;
  readonly #latenessMinutes: number;
  #touched = new Set<string>();
  /** Slots of which something has left in this minute. */
  #left = new Set<number>();
  #minute = 0;
  #starts: WindowStarts = { hour_to_date: Number.NEGATIVE_INFINITY, last_hour: Number.NEGATIVE_INFINITY };

  constructor(project: Project, store: EventStore) {
    this.#streams = project.streams.map((stream) => new StreamWindow(stream, this.#records));
    this.#store = store;
    this.#keepsTouched = project.population === 'touched';
    this.#latenessMinutes = Math.ceil(Number(project.latenessUs) / MINUTE_US);
  }

  /** The customers with an accepted event of this effective minute; kept for the population `touched` only. */
  get touched(): ReadonlySet<string> {
    return this.#touched;
  }

  /**
   * Starts the iteration after the last one: what was accepted earlier for this minute enters, and what has left `last_hour` is subtracted. All of
   * it is known before the minute's own messages are.
   */
  async begin(minute: number, hourStart: number): Promise<void> {
    this.#minute = minute;
    this.#touched = new Set();
    if (hourStart !== this.#starts.hour_to_date) for (const stream of this.#streams) stream.turnHour();
    this.#starts = { hour_to_date: hourStart, last_hour: minute - LAST_HOUR_BEFORE };
    for (const [index, stream] of this.#streams.entries()) {
      await this.#store.eachOfMinute(index, minute, (event) => {
        if (this.#keepsTouched) this.#touched.add(event.key);
        stream.enter(this.customers.enter(event.key), event, this.#starts);
      });
    }
    await this.#leave(minute - LAST_HOUR_BEFORE - 1);
  }

  async #leave(minute: number): Promise<void> {
    for (const [index, stream] of this.#streams.entries()) {
      await this.#store.eachOfMinute(index, minute, (event) => {
        const slot = this.customers.leave(event.key);
        stream.leave(slot, event.values);
        this.#left.add(slot);
      });
    }
    this.#store.drop(firstKept(this.#minute, this.#latenessMinutes) - 1);
  }

  /** The iteration that was done last, when windows are made of the stored events: `restore` each of them. */
  beginRestored(minute: number, hourStart: number): void {
    this.#minute = minute;
    this.#starts = { hour_to_date: hourStart, last_hour: minute - LAST_HOUR_BEFORE };
  }

  /** A stored event of `minute`. */
  restore(stream: number, minute: number, event: EventReader): void {
    if (minute > this.#minute || minute < this.#starts.last_hour) return;
    (this.#streams[stream] as StreamWindow).enter(this.customers.enter(event.key), event, this.#starts);
  }

  /** An event of one stream that is accepted in this iteration, as far as is known by now. */
  enter(stream: number, event: EventParser): void {
    if (this.#isIn(event.time)) (this.#streams[stream] as StreamWindow).enter(this.customers.enter(event.key), event, this.#starts);
  }

  /** Whether an event of a time is in `last_hour`: with a lateness beyond the hour one may be accepted and lie in no window. */
  #isIn(time: number): boolean {
    const minute = Math.floor(time / MINUTE_US);
    return minute <= this.#minute && minute >= this.#starts.last_hour;
  }

  /**
   * Events that have entered and are accepted no more. An extreme cannot be taken back: the windows of their customers are made anew of all their events.
   *
   * @param events all that the stream has accepted in this iteration
   */
  async oust(stream: number, ousted: readonly Ousted[], events: AcceptedEvents): Promise<void> {
    const again = new Map<string, number>();
    for (const { key, time } of ousted) {
      if (!this.#isIn(time)) continue;
      const slot = this.customers.leave(key);
      this.#left.add(slot);
      again.set(key, slot);
    }
    if (again.size === 0) return;
    const window = this.#streams[stream] as StreamWindow;
    for (const slot of again.values()) window.reset(slot);
    const keys = new Set(again.keys());
    for (let minute = this.#starts.last_hour; minute <= this.#minute; minute++)
      await this.#store.eachOf(stream, minute, { bucket: -1, keys }, (event) =>
        window.enter(again.get(event.key) as number, event, this.#starts),
      );
    await events.each((event) => {
      if (!this.#isIn(event.time)) return;
      const slot = again.get(event.key);
      if (slot === undefined) return;
      event.body();
      window.enter(slot, event, this.#starts);
    });
  }

  /** All that one stream has accepted in this iteration, as it stays. */
  async keep(stream: number, events: AcceptedEvents): Promise<void> {
    if (this.#keepsTouched)
      await events.each(({ time, key }) => {
        if (Math.floor(time / MINUTE_US) <= this.#minute) this.#touched.add(key);
      });
    await this.#store.append(stream, events, firstKept(this.#minute, this.#latenessMinutes));
  }

  /** Customers that have nothing any more are forgotten. Returns their keys. */
  end(): readonly string[] {
    const gone: string[] = [];
    for (const slot of this.#left) {
      if (!this.customers.isEmpty(slot)) continue;
      for (const stream of this.#streams) stream.reset(slot);
      gone.push(this.customers.close(slot));
    }
    this.#left = new Set();
    return gone;
  }

  /** For threads that read the windows of this iteration. */
  shared(): SharedWindows {
    return {
      pages: this.#records.pages,
      nodes: this.#streams.map(({ nodes }) => nodes),
      starts: this.#starts,
      keys: this.customers.shared(),
      changed: this.customers.changed,
    };
  }

  /** All that is kept of both windows of the customer in `slot`; −1 is a customer without events. */
  readAll(slot: number, stream: number, hour: WindowCells, last: WindowCells): void {
    (this.#streams[stream] as StreamWindow).readAll(slot, this.#starts, hour, last);
  }

  /** One aggregate of the customer in `slot`; −1 is a customer without events. */
  read(slot: number, stream: number, variable: number, aggregate: Aggregate, window: WindowName): Scaled {
    return (this.#streams[stream] as StreamWindow).read(slot, variable, aggregate, window, this.#starts);
  }
}
