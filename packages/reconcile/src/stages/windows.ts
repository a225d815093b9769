import { LAST_HOUR_SUFFIX, WINDOWS, type WindowName } from '@parallax/core/view-columns.ts';
import { type AggregateColumn, aggregateColumns } from '../columns.ts';
import type { Comparison } from '../context.ts';
import { scaledText } from '../decimal-text.ts';
import type { AlternativeLookups, RawWindows } from '../sides.ts';
import { KEEP_COUNT, KEEP_LAST, KEEP_MAX, KEEP_MIN, KEEP_SUM, layoutOf } from '../spark-side/layout.ts';
import type { RunCursor } from '../spark-side/run-cursor.ts';
import { StreamState } from '../spark-side/stream-state.ts';
import { windowRuns } from '../spark-side/window-runs.ts';
import type { OwnSide } from './own-side.ts';
import type { Population } from './population.ts';
import { stateOf, WindowMatch } from './window-match.ts';

/**
 * Compares every aggregate of both windows of every customer: Spark's packed runs against the alternative's own windows, and both against the raw
 * events of the customers that are computed from them in this minute.
 *
 * @param equal customers whose windows both sides have, when threads have found all of them to be the same; null: nobody has
 */
export async function compareWindows(comparison: Comparison, population: Population, equal: number | null = null): Promise<void> {
  const { project, spark, alternative, own, parquet, findings } = comparison;
  const { lookups } = alternative;
  const raw = await lookups.raw();
  const compared = new WindowComparison(comparison, population, raw);
  if (equal === own.customers && own.rawAgrees) compared.allEqual();
  else {
    const layout = layoutOf(project);
    for await (const pair of windowRuns(parquet, spark, layout)) while (pair.next()) compared.customer(pair.key, pair.hour, pair.last);
    compared.finish();
  }
  findings.covered('windows', compared.rows);
  findings.covered('raw_bucket', lookups.rawBucket);
  findings.covered('raw_customers', compared.rawCustomers);
  findings.covered('raw_events', raw.events);
  const { acted } = lookups.facts;
  findings.covered('customers_with_actions', acted.length);
  findings.covered('raw_customers_with_actions', acted.filter((key) => raw.covers(key)).length);
  if (compared.outside > 0) findings.covered('windows_differing_outside_population', compared.outside);
}

class WindowComparison {
  /** Rows: customers of the population × windows. */
  rows = 0;
  /** Customers that differ and are scored by neither side. */
  outside = 0;
  /** Customers whose windows were held against their raw events. */
  rawCustomers = 0;
  readonly #findings: Comparison['findings'];
  readonly #lookups: AlternativeLookups;
  readonly #population: Population;
  readonly #own: OwnSide;
  readonly #columns: ReturnType<typeof aggregateColumns>;
  readonly #states: readonly StreamState[];
  readonly #match: WindowMatch;
  /** By slot: whether Spark has windows of its customer too. The rest is looked for at the end. */
  #met = new Uint8Array(1024);
  #metCustomers = 0;
  readonly #raw: RawWindows;
  readonly #rawMet = new Set<string>();

  constructor({ project, alternative, own, findings }: Comparison, population: Population, raw: RawWindows) {
    this.#raw = raw;
    this.#own = own;
    this.#findings = findings;
    this.#lookups = alternative.lookups;
    this.#population = population;
    this.#columns = aggregateColumns(project);
    this.#states = layoutOf(project).streams.map((stream) => new StreamState(stream));
    this.#match = new WindowMatch(project, (...of) => this.#lookups.windowCells(...of));
  }

  /** Both sides have the same windows, and the raw events say what they do: all is counted as it would be when each had been looked at. */
  allEqual(): void {
    let scored = this.#own.scoredCustomers;
    for (const key of this.#population.sparkOnly) if (this.#lookups.slotOf(key) >= 0) scored++;
    this.rows = scored * WINDOWS.length;
    this.rawCustomers = this.#own.rawCustomers;
  }

  customer(key: string, hour: RunCursor | null, last: RunCursor | null): void {
    const slot = this.#lookups.slotOf(key);
    if (slot >= 0) this.#meet(slot);
    const raw = this.#raw.covers(key);
    if (raw) {
      this.rawCustomers++;
      this.#rawMet.add(key);
    }
    let differs = false;
    for (let stream = 0; stream < this.#states.length; stream++) {
      if (!raw && this.#match.isEqual(slot, stream, hour, last)) continue;
      if (this.#window(key, slot, 'hour_to_date', stream, hour, raw)) differs = true;
      if (this.#window(key, slot, 'last_hour', stream, last, raw)) differs = true;
    }
    if (this.#population.has(key)) this.rows += WINDOWS.length;
    else if (differs) this.outside++;
  }

  /** Customers that only the alternative has windows of, or only its raw events. */
  finish(): void {
    // Nearly always none is left, and none is looked for.
    if (this.#own.customers > this.#metCustomers)
      for (const key of this.#lookups.windowKeys()) if (this.#met[this.#lookups.slotOf(key)] !== 1) this.customer(key, null, null);
    for (const key of this.#raw.keys()) if (!this.#rawMet.has(key)) this.customer(key, null, null);
  }

  #meet(slot: number): void {
    if (slot >= this.#met.length) {
      const grown = new Uint8Array(Math.max(slot + 1, 2 * this.#met.length));
      grown.set(this.#met);
      this.#met = grown;
    }
    if (this.#met[slot] === 1) return;
    this.#met[slot] = 1;
    this.#metCustomers++;
  }

  /**
   * One window of one stream of a customer, column by column; whether it differs.
   *
   * @param raw whether it is held against the customer's raw events too
   */
  #window(key: string, slot: number, window: WindowName, stream: number, run: RunCursor | null, raw: boolean): boolean {
    const { bytes, from, to } = stateOf(run, stream);
    const state = this.#states[stream] as StreamState;
    let differs = false;
    state.read(bytes, from, to);
    const { present, layout } = state;
    for (let variable = 0; variable < present.length; variable++) {
      if (raw && this.#rawDiffers(key, slot, window, state, stream, variable)) differs = true;
      if (this.#isEqual(state, slot, stream, variable, window, layout.keeps[variable] as number)) continue;
      if (this.#variable(key, slot, window, state, stream, variable)) differs = true;
    }
    return differs;
  }

  /** Columns in which both sides agree and the raw events say something else: what both keep from minute to minute is wrong. */
  #rawDiffers(key: string, slot: number, window: WindowName, state: StreamState, stream: number, variable: number): boolean {
    let differs = false;
    for (const column of this.#columns[stream]?.[variable] ?? []) {
      const value = this.#raw.value(key, stream, variable, column.aggregate, window);
      const ours = state.value(variable, column.aggregate);
      if (ours === value || ours !== this.#lookups.window(slot, stream, variable, column.aggregate, window)) continue;
      differs = true;
      if (this.#population.has(key)) this.#add(key, window, column, ours, value);
    }
    return differs;
  }

  /** Whether all that is kept of a variable is the same; then its columns are too. */
  #isEqual(state: StreamState, slot: number, stream: number, variable: number, window: WindowName, keeps: number): boolean {
    const lookups = this.#lookups;
    if (state.present[variable] === 0) return lookups.window(slot, stream, variable, 'count', window) === 0;
    return (
      ((keeps & KEEP_SUM) === 0 || state.sum[variable] === lookups.window(slot, stream, variable, 'sum', window)) &&
      ((keeps & KEEP_COUNT) === 0 || state.count[variable] === lookups.window(slot, stream, variable, 'count', window)) &&
      ((keeps & KEEP_MIN) === 0 || state.min[variable] === lookups.window(slot, stream, variable, 'min', window)) &&
      ((keeps & KEEP_MAX) === 0 || state.max[variable] === lookups.window(slot, stream, variable, 'max', window)) &&
      ((keeps & KEEP_LAST) === 0 || state.last[variable] === lookups.window(slot, stream, variable, 'last', window))
    );
  }

  /** The declared columns of a variable; whether one differs. */
  #variable(key: string, slot: number, window: WindowName, state: StreamState, stream: number, variable: number): boolean {
    let differs = false;
    for (const column of this.#columns[stream]?.[variable] ?? []) {
      const ours = state.value(variable, column.aggregate);
      const theirs = this.#lookups.window(slot, stream, variable, column.aggregate, window);
      if (ours === theirs) continue;
      differs = true;
      if (this.#population.has(key)) this.#add(key, window, column, ours, theirs);
    }
    return differs;
  }

  #add(customer: string, window: WindowName, column: AggregateColumn, ours: number | bigint | null, theirs: number | bigint | null): void {
    this.#findings.add({
      stage: 'windows',
      customer,
      source: column.source,
      variable: column.variable,
      column: window === 'last_hour' ? `${column.name}${LAST_HOUR_SUFFIX}` : column.name,
      spark: scaledText(ours, column.places),
      alternative: scaledText(theirs, column.places),
    });
  }
}
