import type { AcceptedEvents } from '../accept/accepted-events.ts';
import type { Aggregate, Project, WindowName } from '../names.ts';
import type { EventReader } from '../store/event-codec.ts';
import type { EventStore } from '../store/event-store.ts';
import { Customers } from './customers.ts';
import { type Scaled, StreamWindow, type WindowCells, type WindowStarts } from './stream-window.ts';

const MINUTE_US = 60_000_000;
/** Minutes of `last_hour` before the iteration's own. */
const LAST_HOUR_BEFORE = 59;

/** The first minute whose events are kept: in a window, or not too late to be a duplicate of. */
function firstKept(minute: number, latenessMinutes: number): number {
  return minute - Math.max(LAST_HOUR_BEFORE, latenessMinutes);
}

/**
 * The windows of all customers, iteration by iteration (contract, section 4): `begin`, then `accept` for each stream, then `end`. An event is in
 * them from its effective minute on; until then it waits in the store. Minutes are counted from the clock's origin.
 */
export class Windows {
  readonly customers = new Customers();
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
    this.#streams = project.streams.map((stream) => new StreamWindow(stream));
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
        stream.enter(this.customers.enter(event.key), event.time, event.id, event.values, 0, this.#starts);
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
    (this.#streams[stream] as StreamWindow).enter(this.customers.enter(event.key), event.time, event.id, event.values, 0, this.#starts);
  }

  /** What one stream accepted in this iteration. */
  async accept(stream: number, events: AcceptedEvents): Promise<void> {
    const window = this.#streams[stream] as StreamWindow;
    for (let i = 0; i < events.count; i++) {
      const time = events.times[i] as number;
      const minute = Math.floor(time / MINUTE_US);
      if (minute > this.#minute) continue;
      const key = events.keys[i] as string;
      if (this.#keepsTouched) this.#touched.add(key);
      // With a lateness beyond the hour an event may be accepted and lie in no window.
      if (minute < this.#starts.last_hour) continue;
      window.enter(this.customers.enter(key), time, events.ids[i] as string, events.values, i * events.width, this.#starts);
    }
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

  /** All that is kept of both windows of the customer in `slot`; −1 is a customer without events. */
  readAll(slot: number, stream: number, hour: WindowCells, last: WindowCells): void {
    (this.#streams[stream] as StreamWindow).readAll(slot, this.#starts, hour, last);
  }

  /** One aggregate of the customer in `slot`; −1 is a customer without events. */
  read(slot: number, stream: number, variable: number, aggregate: Aggregate, window: WindowName): Scaled {
    return (this.#streams[stream] as StreamWindow).read(slot, variable, aggregate, window, this.#starts);
  }
}
