import type { EventReader } from '../store/event-codec.ts';
import type { AcceptedEvents } from './accepted-events.ts';
import { type ByteTable, hashBytes } from './byte-table.ts';

/** The accepted events of one stream and iteration that is over, for whoever compares them: they are numbered, and lie on disk until the next iteration begins. */
export class AcceptedMinute {
  readonly #events: AcceptedEvents;
  readonly #ids: ByteTable;
  readonly #places: Uint32Array;

  /** @param places of the events by their numbers, which are those of their ids */
  constructor(events: AcceptedEvents, ids: ByteTable, places: Uint32Array) {
    this.#events = events;
    this.#ids = ids;
    this.#places = places;
  }

  get count(): number {
    return this.#events.count;
  }

  /** Gives each, in no order; valid during the call only. Throws PRLX_ALTERNATIVE_SPILL where their file is gone. */
  each(take: (event: EventReader) => void): Promise<void> {
    return this.#events.each((event) => {
      event.body();
      take(event);
    });
  }

  /** The number of the event with an id; −1: none has it. */
  numberOf(id: string): number {
    const bytes = Buffer.from(id);
    return this.#ids.find(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length));
  }

  /** The event of a number; valid until the next call. */
  event(number: number): EventReader {
    const place = this.#places[number];
    if (place === undefined || number >= this.#ids.size) throw new RangeError(`no event ${number}`);
    return this.#events.at(place);
  }
}
