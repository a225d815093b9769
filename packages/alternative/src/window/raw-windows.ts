import type { Aggregate, Project, WindowName } from '../names.ts';
import { compareUtf8 } from '../parse/text.ts';
import { bucketOf } from '../store/bucket.ts';
import type { EventReader } from '../store/event-codec.ts';
import type { EventStore, Wanted } from '../store/event-store.ts';
import type { Scaled } from './stream-window.ts';

const MINUTE_US = 60_000_000;
/** `last_hour`: the iteration's minute and so many before it. */
const MINUTES = 60;

/** What the events of one window say of one variable. */
interface Cell {
  count: number;
  sum: number | bigint;
  min: number;
  max: number;
  last: number;
  lastTime: number;
  lastId: string;
}

/** A customer's cells of one stream by variable; null: no value yet. */
interface OfStream {
  readonly last_hour: (Cell | null)[];
  readonly hour_to_date: (Cell | null)[];
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
  readonly #streams: readonly { readonly variables: readonly unknown[] }[];
  readonly #customers = new Map<string, readonly OfStream[]>();

  private constructor(project: Pick<Project, 'streams'>, bucket: number, minute: number, hourStart: number) {
    this.#streams = project.streams;
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
    const cell = this.#customers.get(key)?.[stream]?.[window][variable] ?? null;
    if (aggregate === 'count') return cell?.count ?? 0;
    if (cell === null) return null;
    switch (aggregate) {
      case 'sum':
        return narrow(cell.sum);
      case 'avg':
        return narrow(halfAway(BigInt(cell.sum), BigInt(cell.count)));
      default:
        return cell[aggregate];
    }
  }

  #add(stream: number, event: EventReader, inHour: boolean): void {
    this.events++;
    let customer = this.#customers.get(event.key);
    if (customer === undefined) {
      customer = this.#streams.map(({ variables }) => ({
        last_hour: new Array<Cell | null>(variables.length).fill(null),
        hour_to_date: new Array<Cell | null>(variables.length).fill(null),
      }));
      this.#customers.set(event.key, customer);
    }
    const { last_hour, hour_to_date } = customer[stream] as OfStream;
    const { time, id, values } = event;
    for (let variable = 0; variable < values.length; variable++) {
      const value = values[variable] as number;
      if (Number.isNaN(value)) continue;
      last_hour[variable] = added(last_hour[variable] ?? null, value, time, id);
      if (inHour) hour_to_date[variable] = added(hour_to_date[variable] ?? null, value, time, id);
    }
  }
}

function added(cell: Cell | null, value: number, time: number, id: string): Cell {
  if (cell === null) return { count: 1, sum: value, min: value, max: value, last: value, lastTime: time, lastId: id };
  cell.count++;
  const sum = typeof cell.sum === 'number' ? cell.sum + value : Number.NaN;
  cell.sum = Number.isSafeInteger(sum) ? sum : BigInt(cell.sum) + BigInt(value);
  if (value < cell.min) cell.min = value;
  if (value > cell.max) cell.max = value;
  if (time > cell.lastTime || (time === cell.lastTime && compareUtf8(id, cell.lastId) > 0)) {
    cell.last = value;
    cell.lastTime = time;
    cell.lastId = id;
  }
  return cell;
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
