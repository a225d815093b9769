import type { Customer, Logic, Result } from '@parallax/alternative';
import { floorTo, formatDay, MICROS_PER_DAY, MICROS_PER_HOUR, type Micros, type Project, parseDay } from '@parallax/core';
import { LAST_HOUR_SUFFIX, onlineViewColumns, streamColumn, streamViewColumns } from '@parallax/core/view-columns.ts';
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

/** Customers wanted on each side of each boundary. */
const BOUNDARY_QUOTA = 2;

/** How far from a boundary a result may be to be moved there, units of its last place, and the steps that are tried. */
const NEAR_UNITS = 600n;
const STEPS = 90;

/**
 * Looks for customers that stand where the project's rules turn: drawn at random near the literals of its SQL, judged by its
 * `alternative.ts`, and moved on to a boundary where one is near. Wanted are results on a boundary of a decision (an action comes or goes
 * with the last digit), values on one, every action, every part missing, and scores all over their range. One for each customer at most; in
 * the order in which they were found.
 */
export function findCandidates(search: Search): readonly Candidate[] {
  const found: Candidate[] = [];
  const left = [...search.batch.keys()];
  const counts = new Map<string, number>();
  const wants = ({ name, rare }: Feature) => (counts.get(name) ?? 0) < (rare ? BOUNDARY_QUOTA : QUOTA);
  const rare = Math.ceil(left.length * 0.7);
  for (let trial = 0; trial < search.trials && left.length > 0; trial++) {
    const drawn = drawCandidate(search, search.random.pick(left));
    const onlyRare = found.length < rare && trial < search.trials * 0.9;
    const candidate = onlyRare ? movedToBoundary(search, drawn, wants) : drawn;
    const features = featuresOf(search, candidate).filter(wants);
    if (!features.some((f) => f.rare || !onlyRare)) continue;
    for (const { name } of features) counts.set(name, (counts.get(name) ?? 0) + 1);
    left.splice(left.indexOf(candidate.key), 1);
    found.push(candidate);
  }
  for (const key of left) found.push(drawCandidate(search, key));
  return found;
}

/** The candidate with values changed step by step until a result that is near a wanted boundary of a decision lies on it; else as it was. */
function movedToBoundary(search: Search, candidate: Candidate, wants: (feature: Feature) => boolean): Candidate {
  const customer = customerOf(search, candidate);
  const result = search.logic.satisfaction(customer);
  for (const [column, value] of Object.entries(result)) {
    if (value === null || typeof value !== 'object' || !('unscaled' in value)) continue;
    for (const literal of search.pools.decisive) {
      const boundary = scaled(literal, value.places);
      if (boundary === null || distance(value.unscaled, boundary) > NEAR_UNITS) continue;
      const target = search.random.chance(0.5) ? boundary : boundary - 1n;
      const at = (unscaled: bigint) =>
        takenBy(search, customer, { ...result, [column]: { unscaled, places: value.places } } as typeof result);
      const [on, under] = [at(boundary), at(boundary - 1n)];
      if (on === under) continue;
      const name = boundaryName(column, literal, target === boundary ? on : under, target === boundary ? under : on, target === boundary);
      if (!wants({ name, rare: true })) continue;
      const moved = climb(search, candidate, column, target);
      if (moved !== null) return moved;
    }
  }
  return candidate;
}

/** Changes one value after the other by small steps, and keeps what brings the result nearer; null when it does not get there. */
function climb(search: Search, candidate: Candidate, column: string, target: bigint): Candidate | null {
  const off = (of: Candidate): bigint | null => {
    const value = search.logic.satisfaction(customerOf(search, of))[column];
    return value !== null && typeof value === 'object' && 'unscaled' in value ? distance(value.unscaled, target) : null;
  };
  let best = candidate;
  let left = off(candidate) ?? 0n;
  for (let step = 0; step < STEPS && left > 0n; step++) {
    const next = stepped(search.random, best);
    const then = off(next);
    if (then === null || then >= left) continue;
    best = next;
    left = then;
  }
  return left === 0n ? best : null;
}

/** One value of the candidate, a little more or less. */
function stepped(random: Random, candidate: Candidate): Candidate {
  const { streams, online } = candidate;
  const places = [
    ...[...streams].flatMap(([name, values]) => [...values.keys()].map((variable) => ({ in: streams, name, variable }))),
    ...[...online].flatMap(([name, values]) => [...values.keys()].map((variable) => ({ in: online, name, variable }))),
  ];
  if (places.length === 0) return candidate;
  const place = random.pick(places);
  const values = place.in.get(place.name);
  const value = values?.get(place.variable) ?? null;
  if (values === undefined || value === null) return candidate;
  const by = BigInt(10 ** random.below(4)) * BigInt(1 + random.below(9)) * (random.chance(0.5) ? 1n : -1n);
  const changed = new Map(place.in).set(place.name, new Map(values).set(place.variable, value + by));
  return place.in === streams ? { ...candidate, streams: changed } : { ...candidate, online: changed };
}

function distance(a: bigint, b: bigint): bigint {
  return a < b ? b - a : a - b;
}

function takenBy({ logic }: Search, customer: Customer, result: Result): string {
  return logic
    .actions(customer, result)
    .map(({ action }) => action)
    .sort()
    .join(' ');
}

function boundaryName(column: string, literal: string, actions: string, other: string, isOn: boolean): string {
  return `${column} ${isOn ? 'on' : 'under'} ${literal}: ${actions}/${other}`;
}

function drawCandidate({ project, pools, random }: Search, key: string): Candidate {
  const literalsOf = (names: readonly string[]) => names.flatMap((name) => pools.numbers.get(name) ?? []);
  const streams = new Map<string, Map<string, bigint | null>>();
  for (const stream of project.streams) {
    if (random.chance(0.25)) continue;
    const values = new Map<string, bigint | null>();
    for (const variable of stream.variables) {
      const columns = variable.aggregates.flatMap((a) => [
        streamColumn(stream, variable, a),
        `${streamColumn(stream, variable, a)}${LAST_HOUR_SUFFIX}`,
      ]);
      if (columns.some((column) => pools.used.has(column)))
        values.set(variable.name, drawNumber(random, literalsOf(columns), variable.places));
    }
    streams.set(stream.name, values);
  }
  const online = new Map<string, Map<string, bigint | null>>();
  for (const source of project.online) {
    if (random.chance(0.15)) continue;
    online.set(
      source.name,
      new Map(source.fields.map((f) => [f.name, drawNumber(random, literalsOf([`${source.name}_${f.name}`]), f.places)])),
    );
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
  const taken = (r: Result, c = customer): string => takenBy(search, c, r);
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
      if (other !== actions) features.push({ name: boundaryName(column, literal, actions, other, unscaled === boundary), rare: true });
    }
  }
  for (const [column, value] of Object.entries({ ...customer.stream, ...customer.online })) {
    if (!pools.used.has(column) || value === null || typeof value !== 'object' || !('unscaled' in value)) continue;
    for (const literal of pools.decisive) {
      if (scaled(literal, value.places) !== value.unscaled || actions === '') continue;
      const lower = { unscaled: value.unscaled - 1n, places: value.places };
      const view = project.online.some((s) => column.startsWith(`${s.name}_`)) && column in customer.online ? 'online' : 'stream';
      const other = taken(result, {
        ...customer,
        [view]: Object.assign(Object.create(Object.getPrototypeOf(customer[view])), customer[view], { [column]: lower }),
      });
      if (other !== actions) features.push({ name: `${column} on ${literal}: ${actions}/${other}`, rare: true });
    }
  }
  return features;
}

/** The customer as `alternative.ts` sees it when its one event on each stream is in both windows. */
function customerOf(search: Search, { key, streams, online }: Candidate): Customer {
  const { project, batch, minute, batchDay } = search;
  // What a candidate says nothing of is read from the blank customer behind it.
  const blank = blankOf(search);
  const stream = Object.create(blank.stream) as Columns;
  for (const declared of project.streams) {
    const values = streams.get(declared.name);
    if (values === undefined) continue;
    for (const variable of declared.variables) {
      const value = values.get(variable.name) ?? null;
      if (value === null) continue;
      const shown: Cell = { unscaled: value, places: variable.places };
      for (const aggregate of variable.aggregates) {
        const name = streamColumn(declared, variable, aggregate);
        const cell = aggregate === 'count' ? 1n : shown;
        stream[name] = cell;
        stream[`${name}${LAST_HOUR_SUFFIX}`] = cell;
      }
    }
  }
  const known = Object.create(blank.online) as Columns;
  for (const source of project.online) {
    for (const field of source.fields) {
      const value = online.get(source.name)?.get(field.name) ?? null;
      if (value !== null) known[`${source.name}_${field.name}`] = { unscaled: value, places: field.places };
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

const blanks = new WeakMap<Project, { readonly stream: Columns; readonly online: Columns }>();

/** The views of a customer without events, whom the online sources were asked about in vain. */
function blankOf({ project }: Search): { readonly stream: Columns; readonly online: Columns } {
  const known = blanks.get(project);
  if (known !== undefined) return known;
  const made = {
    stream: Object.fromEntries(streamViewColumns(project).map(({ name, type }) => [name, type.kind === 'count' ? 0n : null])),
    online: Object.fromEntries(onlineViewColumns(project).map(({ name, type }) => [name, type.kind === 'age' ? 0n : null])),
  };
  blanks.set(project, made);
  return made;
}
