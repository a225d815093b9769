import type { Customer, Logic } from '@parallax/alternative';
import { floorTo, formatDay, MICROS_PER_DAY, MICROS_PER_HOUR, type Micros, type Project, parseDay } from '@parallax/core';
import { LAST_HOUR_SUFFIX, onlineViewColumns, streamColumn } from '@parallax/core/view-columns.ts';
import type { Random } from '../random.ts';
import { drawNumber, type Pools, scaled } from './pools.ts';

type Cell = Customer['stream'][string];
type Columns = Record<string, Cell>;

/** What a customer of the recording says once, on each stream that it has an event on, and what the online source knows of it. */
export interface Candidate {
  /** The customer whose batch row it was judged with. */
  readonly key: string;
  readonly streams: ReadonlyMap<string, ReadonlyMap<string, bigint | null>>;
  readonly online: ReadonlyMap<string, ReadonlyMap<string, bigint | null>>;
}

export interface Search {
  readonly project: Project;
  readonly logic: Logic;
  readonly pools: Pools;
  readonly random: Random;
  /** Customers to find candidates for, each with its batch row's columns. */
  readonly batch: ReadonlyMap<string, Columns>;
  readonly minute: Micros;
  readonly batchDay: string;
  readonly trials: number;
}

/** Customers wanted of each feature. */
const QUOTA = 3;

/**
 * Looks for customers that stand where the project's rules turn: drawn at random near the literals of its SQL and judged by its
 * `alternative.ts`. Wanted are results on a boundary of a decision (an action comes or goes with the last digit), values on one, every
 * action, every part missing, and scores all over their range. One for each customer at most; in the order in which they were found.
 */
export function findCandidates(search: Search): readonly Candidate[] {
  const found: Candidate[] = [];
  const left = [...search.batch.keys()];
  const counts = new Map<string, number>();
  const rare = Math.ceil(left.length * 0.7);
  for (let trial = 0; trial < search.trials && left.length > 0; trial++) {
    const key = search.random.pick(left);
    const candidate = drawCandidate(search, key);
    const features = featuresOf(search, candidate).filter(({ name }) => (counts.get(name) ?? 0) < QUOTA);
    // The first seven tenths are kept for what is hard to find.
    const wanted = found.length < rare && trial < search.trials * 0.9 ? features.filter((f) => f.rare) : features;
    if (wanted.length === 0) continue;
    for (const { name } of features) counts.set(name, (counts.get(name) ?? 0) + 1);
    left.splice(left.indexOf(key), 1);
    found.push(candidate);
  }
  for (const key of left) found.push(drawCandidate(search, key));
  return found;
}

function drawCandidate({ project, pools, random }: Search, key: string): Candidate {
  const literalsOf = (names: readonly string[]) => names.flatMap((name) => pools.numbers.get(name) ?? []);
  const streams = new Map<string, Map<string, bigint | null>>();
  for (const stream of project.streams) {
    if (random.chance(0.25)) continue;
    const values = new Map<string, bigint | null>();
    for (const variable of stream.variables) {
      const columns = variable.aggregates.flatMap((a) => [streamColumn(stream, variable, a), `${streamColumn(stream, variable, a)}${LAST_HOUR_SUFFIX}`]);
      if (columns.some((column) => pools.used.has(column))) values.set(variable.name, drawNumber(random, literalsOf(columns), variable.places));
    }
    streams.set(stream.name, values);
  }
  const online = new Map<string, Map<string, bigint | null>>();
  for (const source of project.online) {
    if (random.chance(0.15)) continue;
    online.set(source.name, new Map(source.fields.map((f) => [f.name, drawNumber(random, literalsOf([`${source.name}_${f.name}`]), f.places)])));
  }
  return { key, streams, online };
}

interface Feature {
  readonly name: string;
  readonly rare: boolean;
}

function featuresOf(search: Search, candidate: Candidate): readonly Feature[] {
  const { logic, pools, project } = search;
  const customer = customerOf(search, candidate);
  const result = logic.satisfaction(customer);
  const taken = (r: typeof result, c = customer): string => logic.actions(c, r).map(({ action }) => action).sort().join(' ');
  const actions = taken(result);
  const features: Feature[] = actions.split(' ').map((name) => ({ name: `action ${name}`, rare: false }));
  for (const [column, value] of Object.entries(result)) {
    if (value === null || typeof value !== 'object' || !('unscaled' in value)) {
      features.push({ name: `${column} is ${value === null ? 'null' : 'other'}`, rare: false });
      continue;
    }
    const { unscaled, places } = value;
    features.push({ name: `${column} tenth ${unscaled / (10n * 10n ** BigInt(places))}`, rare: false });
    for (const literal of pools.decisive) {
      const boundary = scaled(literal, places);
      if (boundary === null || (unscaled !== boundary && unscaled !== boundary - 1n)) continue;
      const moved = { ...result, [column]: { unscaled: unscaled + (unscaled === boundary ? -1n : 1n), places } };
      const other = taken(moved as typeof result);
      if (other !== actions) features.push({ name: `${column} ${unscaled === boundary ? 'on' : 'under'} ${literal}: ${actions}/${other}`, rare: true });
    }
  }
  for (const [column, value] of Object.entries({ ...customer.stream, ...customer.online })) {
    if (!pools.used.has(column) || value === null || typeof value !== 'object' || !('unscaled' in value)) continue;
    for (const literal of pools.decisive) {
      if (scaled(literal, value.places) !== value.unscaled || actions === '') continue;
      const lower = { unscaled: value.unscaled - 1n, places: value.places };
      const view = project.online.some((s) => column.startsWith(`${s.name}_`)) && column in customer.online ? 'online' : 'stream';
      const other = taken(result, { ...customer, [view]: { ...customer[view], [column]: lower } });
      if (other !== actions) features.push({ name: `${column} on ${literal}: ${actions}/${other}`, rare: true });
    }
  }
  return features;
}

/** The customer as `alternative.ts` sees it when its one event on each stream is in both windows. */
function customerOf({ project, batch, minute, batchDay }: Search, { key, streams, online }: Candidate): Customer {
  const stream: Columns = {};
  for (const declared of project.streams) {
    const values = streams.get(declared.name);
    for (const variable of declared.variables) {
      const value = values?.get(variable.name) ?? null;
      const shown: Cell = value === null ? null : { unscaled: value, places: variable.places };
      for (const aggregate of variable.aggregates) {
        const name = streamColumn(declared, variable, aggregate);
        const cell = aggregate === 'count' ? (value === null ? 0n : 1n) : shown;
        stream[name] = cell;
        stream[`${name}${LAST_HOUR_SUFFIX}`] = cell;
      }
    }
  }
  const known: Columns = Object.fromEntries(onlineViewColumns(project).map(({ name }) => [name, null]));
  for (const source of project.online) {
    const values = online.get(source.name);
    known[`${source.name}_age_minutes`] = 0n;
    for (const field of source.fields) {
      const value = values?.get(field.name) ?? null;
      known[`${source.name}_${field.name}`] = value === null ? null : { unscaled: value, places: field.places };
    }
  }
  const day = parseDay(batchDay) ?? 0n;
  return {
    customer_id: project.key.type === 'bigint' ? BigInt(key) : key,
    [project.key.name]: project.key.type === 'bigint' ? BigInt(key) : key,
    stream,
    batch: batch.get(key) ?? {},
    online: known,
    iteration: {
      minute: { micros: minute },
      hour_start: { micros: floorTo(minute, MICROS_PER_HOUR) },
      batch_day: formatDay(day),
      batch_age_days: (floorTo(minute, MICROS_PER_DAY) - day) / MICROS_PER_DAY,
    },
  } as Customer;
}
