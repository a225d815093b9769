import type { Aggregate, Stream, WindowName } from '../names.ts';
import { ExactSums } from './exact-sums.ts';
import { Latest } from './latest.ts';
import { Pages } from './pages.ts';
import { SlidingGreatest } from './sliding-greatest.ts';

/** Where the windows of the iteration begin: minutes from the clock's origin. */
export interface WindowStarts {
  readonly hour_to_date: number;
  readonly last_hour: number;
}

/** A scaled integer; a bigint where a double would not hold it; null. */
export type Scaled = number | bigint | null;

const MINUTE_US = 60_000_000;

/** Which of a stream's variables have one kind of state, and where in it: −1 for those that do not. */
class Kind {
  readonly indices: Int32Array;
  readonly size: number;

  constructor(stream: Stream, needs: readonly Aggregate[]) {
    let size = 0;
    this.indices = Int32Array.from(stream.variables, ({ aggregates }) => (aggregates.some((each) => needs.includes(each)) ? size++ : -1));
    this.size = size;
  }
}

/**
 * Both windows of one stream for all customers. `hour_to_date` is added up from the hour's first minute on; `last_hour` adds what enters and
 * subtracts what leaves. Extremes and latest values cannot be subtracted: see `SlidingGreatest` and `Latest`.
 */
export class StreamWindow {
  readonly #summed: Kind;
  readonly #least: Kind;
  readonly #greatest: Kind;
  readonly #latest: Kind;
  readonly #width: number;
  readonly #counts: Readonly<Record<WindowName, Pages<Uint32Array>>>;
  readonly #sums: Readonly<Record<WindowName, ExactSums>>;
  /** Of the negated values. */
  readonly #minima: SlidingGreatest;
  readonly #maxima: SlidingGreatest;
  readonly #lasts: Latest;

  constructor(stream: Stream) {
    this.#width = stream.variables.length;
    this.#summed = new Kind(stream, ['sum', 'avg']);
    this.#least = new Kind(stream, ['min']);
    this.#greatest = new Kind(stream, ['max']);
    this.#latest = new Kind(stream, ['last']);
    const counts = () => new Pages(this.#width, (length) => new Uint32Array(length));
    this.#counts = { hour_to_date: counts(), last_hour: counts() };
    this.#sums = { hour_to_date: new ExactSums(this.#summed.size), last_hour: new ExactSums(this.#summed.size) };
    this.#minima = new SlidingGreatest(this.#least.size);
    this.#maxima = new SlidingGreatest(this.#greatest.size);
    this.#lasts = new Latest(this.#latest.size);
  }

  /** An event that is in `last_hour` from this iteration on, and in `hour_to_date` when its minute is. */
  enter(slot: number, time: number, id: string, values: Float64Array, from: number, starts: WindowStarts): void {
    const minute = Math.floor(time / MINUTE_US);
    this.#count('last_hour', slot, values, from, 1);
    if (minute >= starts.hour_to_date) this.#count('hour_to_date', slot, values, from, 1);
    for (let i = 0; i < this.#width; i++) {
      const value = values[from + i] as number;
      if (Number.isNaN(value)) continue;
      const least = this.#least.indices[i] as number;
      const greatest = this.#greatest.indices[i] as number;
      const latest = this.#latest.indices[i] as number;
      if (least >= 0) this.#minima.enter(slot, least, minute, -value, starts.last_hour);
      if (greatest >= 0) this.#maxima.enter(slot, greatest, minute, value, starts.last_hour);
      if (latest >= 0) this.#lasts.enter(slot, latest, time, id, value);
    }
  }

  /** An event whose minute has left `last_hour`. It left `hour_to_date` at the turn of the hour at the latest. */
  leave(slot: number, values: Float64Array): void {
    this.#count('last_hour', slot, values, 0, -1);
  }

  #count(window: WindowName, slot: number, values: Float64Array, from: number, sign: 1 | -1): void {
    const counts = this.#counts[window].page(slot);
    const at = this.#counts[window].offset(slot);
    const sums = this.#sums[window];
    for (let i = 0; i < this.#width; i++) {
      const value = values[from + i] as number;
      if (Number.isNaN(value)) continue;
      counts[at + i] = (counts[at + i] as number) + sign;
      const summed = this.#summed.indices[i] as number;
      if (summed >= 0) sums.add(slot, summed, sign * value);
    }
  }

  /** A clock hour begins. */
  turnHour(): void {
    this.#counts.hour_to_date.resetAll();
    this.#sums.hour_to_date.resetAll();
  }

  /** Makes a slot fit for another customer. */
  reset(slot: number): void {
    for (const window of ['hour_to_date', 'last_hour'] as const) {
      this.#counts[window].reset(slot);
      this.#sums[window].reset(slot);
    }
    this.#minima.reset(slot);
    this.#maxima.reset(slot);
    this.#lasts.reset(slot);
  }

  /** One aggregate of one customer. `slot` −1 is a customer without events. */
  read(slot: number, variable: number, aggregate: Aggregate, window: WindowName, starts: WindowStarts): Scaled {
    const count = slot < 0 ? 0 : this.#counts[window].get(slot, variable);
    if (aggregate === 'count') return count;
    if (count === 0) return null;
    switch (aggregate) {
      case 'sum':
        return this.#sums[window].get(slot, this.#summed.indices[variable] as number);
      case 'avg':
        return quotient(this.#sums[window].get(slot, this.#summed.indices[variable] as number), count);
      case 'min': {
        const negated = this.#minima.greatest(slot, this.#least.indices[variable] as number, starts[window]);
        return negated === null ? null : 0 - negated;
      }
      case 'max':
        return this.#maxima.greatest(slot, this.#greatest.indices[variable] as number, starts[window]);
      case 'last':
        return this.#lasts.latest(slot, this.#latest.indices[variable] as number, starts[window] * MINUTE_US);
    }
  }
}

/** sum ÷ count rounded half away from zero. */
function quotient(sum: number | bigint, count: number): number {
  if (typeof sum === 'bigint') {
    const den = BigInt(count);
    const rest = sum % den;
    const twice = rest < 0n ? -2n * rest : 2n * rest;
    return Number((sum - rest) / den + (twice < den ? 0n : sum < 0n ? -1n : 1n));
  }
  const rest = sum % count;
  const whole = (sum - rest) / count;
  // `+ 0` makes −0 a 0.
  if (2 * Math.abs(rest) < count) return whole + 0;
  return sum < 0 ? whole - 1 : whole + 1;
}
