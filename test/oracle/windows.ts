/** Windows and their aggregates, from all events, each minute anew (contract, section 4). */
import { type Event, effectiveMinute, minuteOf } from './classify.ts';
import { type Decimal, divideRounded, greater, lesser } from './numbers.ts';
import { compareBytes } from './order.ts';
import type { Project, Variable } from './project.ts';
import { floorTo, HOUR, MINUTE } from './time.ts';

export type Cell = Decimal | bigint | null;

export const WINDOWS = ['hour_to_date', 'last_hour'] as const;
export type Window = (typeof WINDOWS)[number];

function firstMinute(window: Window, minute: bigint): bigint {
  return window === 'hour_to_date' ? floorTo(minute, HOUR) : minute - 59n * MINUTE;
}

/** Whether the window of iteration `minute` holds the accepted event. */
export function holds(window: Window, minute: bigint, event: Event): boolean {
  return effectiveMinute(event) <= minute && minuteOf(event) >= firstMinute(window, minute) && minuteOf(event) <= minute;
}

/** Columns `<stream>_<variable>_<aggregate>` of one customer's window. `events` are all that were ever accepted for the customer. */
export function windowColumns(project: Project, events: readonly Event[], window: Window, minute: bigint): Map<string, Cell> {
  const columns = new Map<string, Cell>();
  const held = events.filter((event) => holds(window, minute, event));
  for (const stream of project.streams) {
    const own = held.filter((event) => event.stream === stream);
    for (const [index, variable] of stream.variables.entries()) {
      const present = own.filter((event) => event.values[index] !== null);
      for (const name of variable.aggregates) {
        columns.set(`${stream.name}_${variable.name}_${name}`, aggregate(name, variable, present, index));
      }
    }
  }
  return columns;
}

/** `events` are those whose value at `index` is not null. */
function aggregate(name: Variable['aggregates'][number], variable: Variable, events: readonly Event[], index: number): Cell {
  const values = events.map((event) => event.values[index] ?? 0n);
  const decimal = (unscaled: bigint): Decimal => ({ unscaled, places: variable.places });
  if (name === 'count') return BigInt(values.length);
  if (values.length === 0) return null;
  const sum = values.reduce((total, value) => total + value, 0n);
  switch (name) {
    case 'sum':
      return decimal(sum);
    case 'avg':
      return decimal(divideRounded(sum, BigInt(values.length)));
    case 'min':
      return decimal(values.reduce(lesser));
    case 'max':
      return decimal(values.reduce(greater));
    case 'last':
      return decimal(events.reduce((last, event) => (isAfter(event, last) ? event : last)).values[index] ?? 0n);
  }
}

function isAfter(a: Event, b: Event): boolean {
  return a.time !== b.time ? a.time > b.time : compareBytes(a.id, b.id) > 0;
}

/** Whether a base customer with these accepted events belongs to the population of the minute. */
export function inPopulation(project: Project, events: readonly Event[], minute: bigint): boolean {
  switch (project.population) {
    case 'base':
      return true;
    case 'touched':
      return events.some((event) => effectiveMinute(event) === minute);
    case 'window':
      return events.some((event) => holds('last_hour', minute, event));
  }
}
