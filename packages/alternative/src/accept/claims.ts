import { ByteTable } from './byte-table.ts';

/**
 * The event ids that accepted events of one stream have claimed (contract, section 3.4). A claim lasts as long as its event's time is not
 * late. Ids are UTF-8 bytes, times µs from the clock's origin.
 */
export class Claims {
  #ids = new ByteTable();
  #times = new Float64Array(1024);
  #oldest = Number.NEGATIVE_INFINITY;
  /** Claims in the table that have ended: they are found no more, and removed when they are half of it. */
  #ended = 0;
  /** Claims by the minute of their event, to know how many have ended. */
  readonly #perMinute = new Map<number, number>();

  /** `hash` is the id's `hashBytes`. */
  has(bytes: Uint8Array, start: number, end: number, hash: number): boolean {
    const entry = this.#ids.find(bytes, start, end, hash);
    return entry >= 0 && (this.#times[entry] as number) >= this.#oldest;
  }

  add(bytes: Uint8Array, start: number, end: number, hash: number, time: number): void {
    let entry = this.#ids.find(bytes, start, end, hash);
    if (entry < 0) {
      entry = this.#ids.add(bytes, start, end, hash);
      if (entry >= this.#times.length) {
        const grown = new Float64Array(this.#times.length * 2);
        grown.set(this.#times);
        this.#times = grown;
      }
    } else this.#count(this.#times[entry] as number, -1);
    this.#times[entry] = time;
    this.#count(time, 1);
  }

  /** Ends the claims of events before `oldest`. */
  expire(oldest: number): void {
    this.#oldest = oldest;
    for (const [minute, n] of this.#perMinute) {
      if ((minute + 1) * MINUTE_US > oldest) continue;
      this.#ended += n;
      this.#perMinute.delete(minute);
    }
    if (this.#ended * 2 > this.#ids.size) this.#compact();
  }

  /** Claims that last. */
  get size(): number {
    let size = 0;
    for (let entry = 0; entry < this.#ids.size; entry++) if ((this.#times[entry] as number) >= this.#oldest) size++;
    return size;
  }

  #count(time: number, n: 1 | -1): void {
    const minute = Math.floor(time / MINUTE_US);
    const have = this.#perMinute.get(minute);
    // Of a minute that has ended: it was counted as such, and comes to life again.
    if (n < 0 && have === undefined) this.#ended--;
    else this.#perMinute.set(minute, (have ?? 0) + n);
  }

  #compact(): void {
    const ids = new ByteTable(this.#ids.size - this.#ended);
    const times = new Float64Array(this.#times.length);
    for (let entry = 0; entry < this.#ids.size; entry++) {
      const time = this.#times[entry] as number;
      if (time < this.#oldest) continue;
      times[ids.add(this.#ids.blockOf(entry), this.#ids.startOf(entry), this.#ids.endOf(entry), this.#ids.hashOf(entry))] = time;
    }
    this.#ids = ids;
    this.#times = times;
    this.#ended = 0;
  }
}

const MINUTE_US = 60_000_000;
