import type { Aggregate, Stream, WindowName } from '../names.ts';
import { ExactSums } from './exact-sums.ts';
import { Latest } from './latest.ts';
import type { Column, Records } from './records.ts';
import { SlidingGreatest } from './sliding-greatest.ts';

/** Where the windows of the iteration begin: minutes from the clock's origin. */
export interface WindowStarts {
  readonly hour_to_date: number;
  readonly last_hour: number;
}

/** A scaled integer; a bigint where a double would not hold it; null. */
export type Scaled = number | bigint | null;

/** What is kept of one window of a customer, by variable, to be read at once: for whoever compares all of it. */
export interface WindowCells {
  /** Values that are there; of a variable without any the other cells say nothing. */
  readonly count: Float64Array;
  /** NaN where the sum is no double: `read` gives it. What is not kept is left as it was. */
  readonly sum: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly last: Float64Array;
}

/** An event as windows take it in. */
interface EnteringEvent {
  /** µs from the clock's origin. */
  readonly time: number;
  /** Never empty. */
  readonly id: string;
  /** By variable; NaN is null. */
  readonly values: Float64Array;
}

const MINUTE_US = 60_000_000;

/** Which of a stream's variables have one kind of state, and where in it: −1 for those that do not. */
class Kind {
  readonly indices: Int32Array;
  /** The other way round: the variables that have it. */
  readonly variables: Int32Array;

  constructor(stream: Stream, needs: readonly Aggregate[]) {
    let size = 0;
    this.indices = Int32Array.from(stream.variables, ({ aggregates }) => (aggregates.some((each) => needs.includes(each)) ? size++ : -1));
    this.variables = Int32Array.from([...this.indices.keys()].filter((variable) => (this.indices[variable] as number) >= 0));
  }

  get size(): number {
    return this.variables.length;
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
  /** A pair a variable and a pair a sum: `last_hour`, then `hour_to_date`. Most events are in both, and find them side by side. */
  readonly #counts: Column<Uint32Array<SharedArrayBuffer>>;
  readonly #sums: ExactSums;
  /** Of the negated values. */
  readonly #minima: SlidingGreatest;
  readonly #maxima: SlidingGreatest;
  readonly #lasts: Latest;

  /** @param records where the state of this stream's windows is kept beside that of the others */
  constructor(stream: Stream, records: Records) {
    this.#width = stream.variables.length;
    this.#summed = new Kind(stream, ['sum', 'avg']);
    this.#least = new Kind(stream, ['min']);
    this.#greatest = new Kind(stream, ['max']);
    this.#latest = new Kind(stream, ['last']);
    this.#counts = records.column('uint', 2 * this.#width);
    this.#sums = new ExactSums(records, 2 * this.#summed.size);
    this.#minima = new SlidingGreatest(records, this.#least.size);
    this.#maxima = new SlidingGreatest(records, this.#greatest.size);
    this.#lasts = new Latest(records, this.#latest.size);
  }

  /** An event that is in `last_hour` from this iteration on, and in `hour_to_date` when its minute is. */
  enter(slot: number, event: EnteringEvent, starts: WindowStarts): void {
    const { time, values } = event;
    const minute = Math.floor(time / MINUTE_US);
    const inHour = minute >= starts.hour_to_date;
    const counts = this.#counts.page(slot);
    const at = this.#counts.offset(slot);
    const width = this.#width;
    const sums = this.#summed.indices;
    const minima = this.#least.indices;
    const maxima = this.#greatest.indices;
    const lasts = this.#latest.indices;
    // Most events need none.
    let id = '';
    for (let i = 0; i < width; i++) {
      const value = values[i] as number;
      if (Number.isNaN(value)) continue;
      const count = at + 2 * i;
      counts[count] = (counts[count] as number) + 1;
      if (inHour) counts[count + 1] = (counts[count + 1] as number) + 1;
      const summed = sums[i] as number;
      if (summed >= 0) {
        if (inHour) this.#sums.addPair(slot, 2 * summed, value);
        else this.#sums.add(slot, 2 * summed, value);
      }
      const least = minima[i] as number;
      const greatest = maxima[i] as number;
      const latest = lasts[i] as number;
      if (least >= 0) this.#minima.enter(slot, least, minute, -value, starts.last_hour);
      if (greatest >= 0) this.#maxima.enter(slot, greatest, minute, value, starts.last_hour);
      if (latest >= 0) {
        if (id === '') id = event.id;
        this.#lasts.enter(slot, latest, time, id, value);
      }
    }
  }

  /** An event whose minute has left `last_hour`. It left `hour_to_date` at the turn of the hour at the latest. */
  leave(slot: number, values: Float64Array): void {
    const counts = this.#counts.page(slot);
    const at = this.#counts.offset(slot);
    for (let i = 0; i < this.#width; i++) {
      const value = values[i] as number;
      if (Number.isNaN(value)) continue;
      counts[at + 2 * i] = (counts[at + 2 * i] as number) - 1;
      const summed = this.#summed.indices[i] as number;
      if (summed >= 0) this.#sums.add(slot, 2 * summed, -value);
    }
  }

  /** A clock hour begins. */
  turnHour(): void {
    this.#counts.resetOdd();
    this.#sums.resetOdd();
  }

  /** Makes a slot fit for another customer. */
  reset(slot: number): void {
    this.#counts.reset(slot);
    this.#sums.reset(slot);
    this.#minima.reset(slot);
    this.#maxima.reset(slot);
    this.#lasts.reset(slot);
  }

  /** The memory behind the records, for a thread that reads them. */
  get nodes(): readonly SharedArrayBuffer[] {
    return [this.#minima.nodes, this.#maxima.nodes];
  }

  /** Reads what another thread writes. @param nodes its `nodes` */
  attach([minima, maxima]: readonly SharedArrayBuffer[]): void {
    if (minima === undefined || maxima === undefined) throw new Error('no nodes');
    this.#minima.attach(minima);
    this.#maxima.attach(maxima);
  }

  /** All that is kept of both windows of a customer, which lie side by side. `slot` −1 is a customer without events. */
  readAll(slot: number, starts: WindowStarts, hour: WindowCells, last: WindowCells): void {
    if (slot < 0) {
      hour.count.fill(0);
      last.count.fill(0);
      return;
    }
    const counts = this.#counts.page(slot);
    const countsAt = this.#counts.offset(slot);
    for (let i = 0; i < this.#width; i++) {
      last.count[i] = counts[countsAt + 2 * i] as number;
      hour.count[i] = counts[countsAt + 2 * i + 1] as number;
    }
    const sums = this.#sums.page(slot);
    const sumsAt = this.#sums.offset(slot);
    const summed = this.#summed.variables;
    for (let k = 0; k < summed.length; k++) {
      last.sum[summed[k] as number] = sums[sumsAt + 2 * k] as number;
      hour.sum[summed[k] as number] = sums[sumsAt + 2 * k + 1] as number;
    }
    this.#readLists(slot, starts.last_hour, last);
    this.#readLists(slot, starts.hour_to_date, hour);
  }

  /** What is not subtracted, of the window that begins with the minute `first`. */
  #readLists(slot: number, first: number, { count, min, max, last }: WindowCells): void {
    const least = this.#least.variables;
    for (let k = 0; k < least.length; k++) {
      const variable = least[k] as number;
      if (count[variable] !== 0) min[variable] = 0 - this.#minima.greatestOrNaN(slot, k, first);
    }
    const greatest = this.#greatest.variables;
    for (let k = 0; k < greatest.length; k++) {
      const variable = greatest[k] as number;
      if (count[variable] !== 0) max[variable] = this.#maxima.greatestOrNaN(slot, k, first);
    }
    const latest = this.#latest.variables;
    for (let k = 0; k < latest.length; k++) {
      const variable = latest[k] as number;
      if (count[variable] !== 0) last[variable] = this.#lasts.latestOrNaN(slot, k, first * MINUTE_US);
    }
  }

  /** One aggregate of one customer. `slot` −1 is a customer without events. */
  read(slot: number, variable: number, aggregate: Aggregate, window: WindowName, starts: WindowStarts): Scaled {
    const which = window === 'last_hour' ? 0 : 1;
    const count = slot < 0 ? 0 : this.#counts.get(slot, 2 * variable + which);
    if (aggregate === 'count') return count;
    if (count === 0) return null;
    switch (aggregate) {
      case 'sum':
        return this.#sums.get(slot, 2 * (this.#summed.indices[variable] as number) + which);
      case 'avg':
        return quotient(this.#sums.get(slot, 2 * (this.#summed.indices[variable] as number) + which), count);
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
