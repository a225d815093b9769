import type { Aggregate, Project, WindowName } from '../names.ts';
import { compareUtf8 } from '../parse/text.ts';
import { bucketOf } from '../store/bucket.ts';
import type { EventReader } from '../store/event-codec.ts';
import type { EventStore, Wanted } from '../store/event-store.ts';
import type { Scaled } from './stream-window.ts';

const MINUTE_US = 60_000_000;
/** `last_hour`: the iteration's minute and so many before it. */
const MINUTES = 60;

/** Where the numbers of a variable stand in its cell, and how many they are. */
const [COUNT, SUM, MIN, MAX, LAST, LAST_TIME, CELL] = [0, 1, 2, 3, 4, 5, 6];

/** `last_hour` and `hour_to_date`. */
const WINDOWS = 2;

/**
 * What the events of one stream say of each customer, window and variable: a cell each, half a million of them a minute. As objects of their own the collector would copy
 * them again and again.
 */
class RawCells {
  readonly #variables: number;
  /** By cell its numbers; without a value its count is 0. */
  #numbers = new Float64Array(0);
  /** By cell: of the event that is the last. */
  readonly #lastIds: string[] = [];
  /** By cell: sums that no double holds. */
  readonly #large = new Map<number, bigint>();

  constructor(variables: number) {
    this.#variables = variables;
  }

  /** Adds the values of an event of a customer. @param inHour whether it is in `hour_to_date` too */
  add(customer: number, { time, id, values }: Pick<EventReader, 'time' | 'id' | 'values'>, inHour: boolean): void {
    const first = this.#cell(customer, 'last_hour', 0);
    const second = this.#cell(customer, 'hour_to_date', 0);
    const end = CELL * (second + this.#variables);
    if (end > this.#numbers.length) {
      const numbers = new Float64Array(2 * end);
      numbers.set(this.#numbers);
      this.#numbers = numbers;
      while (this.#lastIds.length < numbers.length / CELL) this.#lastIds.push('');
    }
    for (let variable = 0; variable < values.length; variable++) {
      const value = values[variable] as number;
      if (Number.isNaN(value)) continue;
      this.#add(first + variable, value, time, id);
      if (inHour) this.#add(second + variable, value, time, id);
    }
  }

  #cell(customer: number, window: WindowName, variable: number): number {
    return (WINDOWS * customer + (window === 'last_hour' ? 0 : 1)) * this.#variables + variable;
  }

  #add(cell: number, value: number, time: number, id: string): void {
    const numbers = this.#numbers;
    const at = CELL * cell;
    const count = numbers[at + COUNT] as number;
    numbers[at + COUNT] = count + 1;
    if (count === 0) {
      numbers[at + SUM] = value;
      numbers[at + MIN] = value;
      numbers[at + MAX] = value;
    } else {
      this.#addToSum(cell, value);
      if (value < (numbers[at + MIN] as number)) numbers[at + MIN] = value;
      if (value > (numbers[at + MAX] as number)) numbers[at + MAX] = value;
      const lastTime = numbers[at + LAST_TIME] as number;
      if (time < lastTime || (time === lastTime && compareUtf8(id, this.#lastIds[cell] as string) <= 0)) return;
    }
    numbers[at + LAST] = value;
    numbers[at + LAST_TIME] = time;
    this.#lastIds[cell] = id;
  }

  #addToSum(cell: number, value: number): void {
    const at = CELL * cell + SUM;
    const sum = (this.#numbers[at] as number) + value;
    const large = this.#large.size === 0 ? undefined : this.#large.get(cell);
    if (large === undefined && Number.isSafeInteger(sum)) this.#numbers[at] = sum;
    else this.#large.set(cell, (large ?? BigInt(this.#numbers[at] as number)) + BigInt(value));
  }

  value(customer: number, window: WindowName, variable: number, aggregate: Aggregate): Scaled {
    const cell = this.#cell(customer, window, variable);
    const at = CELL * cell;
    const count = this.#numbers[at + COUNT] ?? 0;
    if (aggregate === 'count') return count;
    if (count === 0) return null;
    const sum = this.#large.get(cell) ?? (this.#numbers[at + SUM] as number);
    switch (aggregate) {
      case 'sum':
        return narrow(sum);
      case 'avg':
        return narrow(halfAway(BigInt(sum), BigInt(count)));
      case 'min':
        return this.#numbers[at + MIN] as number;
      case 'max':
        return this.#numbers[at + MAX] as number;
      case 'last':
        return this.#numbers[at + LAST] as number;
    }
  }
}

/**
 * The windows of some customers from all their raw events of the hour, by plain loops (design, section 5, T3): nothing that `Windows` keeps from
 * minute to minute is used, so what went wrong there shows. Numbers are integers scaled by their places.
 */
export class RawWindows {
  /** Events that were read. */
  events = 0;
  readonly #bucket: number;
  readonly #keys = new Set<string>();
  /** In minutes of the store: the iteration, and the first minute of its clock hour. */
  readonly #minute: number;
  readonly #hourStart: number;
  readonly #streams: readonly RawCells[];
  /** Each with its number. */
  readonly #customers = new Map<string, number>();

  private constructor(project: Pick<Project, 'streams'>, bucket: number, minute: number, hourStart: number) {
    this.#streams = project.streams.map(({ variables }) => new RawCells(variables.length));
    this.#bucket = bucket;
    this.#minute = minute;
    this.#hourStart = hourStart;
  }

  /**
   * @param minute the iteration, in minutes of the store
   * @param hourStart the first minute of its clock hour
   */
  static async read(
    project: Pick<Project, 'streams'>,
    store: EventStore,
    minute: number,
    hourStart: number,
    { bucket, keys }: Wanted,
  ): Promise<RawWindows> {
    const windows = new RawWindows(project, bucket, minute, hourStart);
    for (const key of keys) windows.#keys.add(key);
    await windows.#read(store, { bucket, keys });
    return windows;
  }

  /** These, when the windows of some more customers were computed. */
  async with(store: EventStore, more: readonly string[]): Promise<RawWindows> {
    const keys = new Set(more.filter((key) => !this.covers(key)));
    if (keys.size > 0) await this.#read(store, { bucket: -1, keys });
    for (const key of more) this.#keys.add(key);
    return this;
  }

  async #read(store: EventStore, wanted: Wanted): Promise<void> {
    for (let stream = 0; stream < this.#streams.length; stream++) {
      for (let each = this.#minute - MINUTES + 1; each <= this.#minute; each++)
        await store.eachOf(stream, each, wanted, (event) => this.#add(stream, event, event.time >= this.#hourStart * MINUTE_US));
    }
  }

  /** Whether a customer's windows were computed, also when it has no events. */
  covers(key: string): boolean {
    return this.#keys.has(key) || bucketOf(key) === this.#bucket;
  }

  /** Customers with events in `last_hour`. */
  keys(): IterableIterator<string> {
    return this.#customers.keys();
  }

  get size(): number {
    return this.#customers.size;
  }

  /** One aggregate of one window of a customer that is covered. */
  value(key: string, stream: number, variable: number, aggregate: Aggregate, window: WindowName): Scaled {
    const customer = this.#customers.get(key);
    if (customer === undefined) return aggregate === 'count' ? 0 : null;
    return (this.#streams[stream] as RawCells).value(customer, window, variable, aggregate);
  }

  #add(stream: number, event: EventReader, inHour: boolean): void {
    this.events++;
    let customer = this.#customers.get(event.key);
    if (customer === undefined) {
      customer = this.#customers.size;
      this.#customers.set(event.key, customer);
    }
    (this.#streams[stream] as RawCells).add(customer, event, inHour);
  }
}

/** `sum ÷ count`, half away from zero. */
function halfAway(sum: bigint, count: bigint): bigint {
  const negative = sum < 0n;
  const size = negative ? -sum : sum;
  const rounded = (2n * size + count) / (2n * count);
  return negative ? -rounded : rounded;
}

/** A double while it holds the integer exactly. */
function narrow(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value;
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
