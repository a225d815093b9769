import { floorTo, formatDay, MICROS_PER_DAY, MICROS_PER_HOUR, type Micros, parseDay } from '@parallax/core';
import type { BatchRow } from '../batch/batch-view.ts';
import { batchViewColumns, LAST_HOUR_SUFFIX, type Project, streamColumn, type WindowName } from '../names.ts';
import type { Answers } from '../online/answers.ts';
import type { Scaled } from '../window/stream-window.ts';
import type { Windows } from '../window/windows.ts';
import type { Timestamp, Value } from './values.ts';

type Columns = Readonly<Record<string, Value>>;

/** One customer as `alternative.ts` sees it: `c` of contract, section 10. A project's generated types name the columns. */
export interface Customer {
  readonly customer_id: bigint | string;
  readonly stream: Columns;
  readonly batch: Columns;
  readonly online: Columns;
  readonly iteration: {
    readonly minute: Timestamp;
    readonly hour_start: Timestamp;
    /** `YYYY-MM-DD` */
    readonly batch_day: string;
    readonly batch_age_days: bigint;
  };
}

/** Columns that stand in for a customer's own. */
export interface Substitution {
  readonly stream?: Columns;
  readonly batch?: Columns;
  readonly online?: Columns;
  readonly iteration?: Partial<Customer['iteration']>;
}

/** One aggregate of one window, and how its value is written. */
export interface WindowColumn {
  readonly name: string;
  /** Null: a count. */
  readonly places: number | null;
  readonly read: (slot: number, window: WindowName) => Scaled;
}

/** The columns of `windows.ndjson`: streams by name, variables and aggregates as declared. */
export function windowColumns(project: Project, windows: Windows): readonly WindowColumn[] {
  return project.streams.flatMap((stream, s) =>
    stream.variables.flatMap((variable, v) =>
      variable.aggregates.map((aggregate) => ({
        name: streamColumn(stream, variable, aggregate),
        places: aggregate === 'count' ? null : variable.places,
        read: (slot: number, window: WindowName) => windows.read(slot, s, v, aggregate, window),
      })),
    ),
  );
}

/**
 * Shows one customer after the other to the user's functions. The views are read column by column as they are asked for, since a function names
 * few of the hundreds of columns that there are; so a customer is valid until the next one is shown.
 */
export class CustomerView {
  readonly #keyName: string;
  readonly #isBigint: boolean;
  readonly #stream: Columns;
  readonly #batch: Columns;
  readonly #online: Columns;
  #iteration: Customer['iteration'] | null = null;
  #minute: Micros = 0n;
  #key = '';
  #slot = -1;
  #row: BatchRow = [];

  constructor(project: Project, columns: readonly WindowColumn[], answers: readonly Answers[]) {
    this.#keyName = project.key.name;
    this.#isBigint = project.key.type === 'bigint';
    this.#stream = lazy(
      (['hour_to_date', 'last_hour'] as const).flatMap((window) =>
        columns.map(({ name, places, read }) => ({
          name: window === 'last_hour' ? `${name}${LAST_HOUR_SUFFIX}` : name,
          get: () => scaledValue(read(this.#slot, window), places),
        })),
      ),
    );
    this.#batch = lazy(
      batchViewColumns(project).map(({ name, type }, index) => ({
        name,
        get: () => {
          const cell = this.#row[index] ?? null;
          return typeof cell === 'bigint' && type.kind === 'decimal' ? { unscaled: cell, places: type.places } : cell;
        },
      })),
    );
    this.#online = lazy(answers.flatMap((each) => this.#onlineColumns(each)));
  }

  #onlineColumns(answers: Answers): { readonly name: string; readonly get: () => Value }[] {
    const { source } = answers;
    const fields = source.fields.map(({ name, places }, index) => ({
      name: `${source.name}_${name}`,
      get: () => scaledValue(answers.value(this.#key, index), places),
    }));
    return [...fields, { name: `${source.name}_age_minutes`, get: () => scaledValue(answers.age(this.#key, this.#minute), null) }];
  }

  /** Starts an iteration. */
  begin(minute: Micros, batchDay: string): void {
    const day = parseDay(batchDay);
    if (day === null) throw new RangeError(`not a day: ${batchDay}`);
    this.#minute = minute;
    this.#iteration = {
      minute: { micros: minute },
      hour_start: { micros: floorTo(minute, MICROS_PER_HOUR) },
      batch_day: formatDay(day),
      batch_age_days: (floorTo(minute, MICROS_PER_DAY) - day) / MICROS_PER_DAY,
    };
  }

  /** `slot` −1 is a customer without events. */
  show(key: string, slot: number, row: BatchRow): Customer {
    if (this.#iteration === null) throw new Error('no iteration has begun');
    this.#key = key;
    this.#slot = slot;
    this.#row = row;
    const id = this.#isBigint ? BigInt(key) : key;
    const customer = { customer_id: id, stream: this.#stream, batch: this.#batch, online: this.#online, iteration: this.#iteration };
    // The key stands under its declared name too, as it does in the views.
    return this.#keyName in customer ? customer : { ...customer, [this.#keyName]: id };
  }
}

/** A customer with some columns replaced. It is valid as long as the one it is made from. */
export function substituted(customer: Customer, { stream, batch, online, iteration }: Substitution): Customer {
  return {
    ...customer,
    stream: stream === undefined ? customer.stream : { ...customer.stream, ...stream },
    batch: batch === undefined ? customer.batch : { ...customer.batch, ...batch },
    online: online === undefined ? customer.online : { ...customer.online, ...online },
    iteration: { ...customer.iteration, ...iteration },
  };
}

/** `places` null is an integer. */
function scaledValue(value: Scaled, places: number | null): Value {
  if (value === null) return null;
  const unscaled = BigInt(value);
  return places === null ? unscaled : { unscaled, places };
}

/** An object whose own properties are computed when they are read. */
function lazy(columns: readonly { readonly name: string; readonly get: () => Value }[]): Columns {
  const object: Record<string, Value> = {};
  for (const { name, get } of columns) Object.defineProperty(object, name, { get, enumerable: true });
  return object;
}
