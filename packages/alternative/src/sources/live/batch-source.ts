import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { InputFinding, Micros, Project, Seal } from '@parallax/core';
import { groupedRows } from '../../batch/grouped-rows.ts';
import { type Cells, type RowsOfCustomer, rowsOfCustomer } from '../../batch/shape-rows.ts';
import type { DayVersion, RegisteredDay, TableRows } from '../source.ts';
import { type CompleteDay, checkBatch, completeDays, type DayMarkers } from './check-batch.ts';
import type { LedgerDay } from './ledger-reader.ts';
import { BATCH_ROW_BYTES, BATCH_ROWS_ABOUT, MARKERS_AGE_MS } from './limits.ts';
import { storeOf } from './open-store.ts';
import type { Env } from './settings.ts';
import type { Store } from './store.ts';
import { storedFields, withoutPrefix } from './stored-table.ts';

export interface BatchSourceOptions {
  readonly project: Project;
  readonly env: Env;
  /** Of copies, by batch source, in place of the sources' own. */
  readonly addresses: Readonly<Record<string, string>>;
  /** A folder for rows that wait for the others of their customer. */
  readonly scratch: string;
  readonly now: () => number;
}

/** The batch sources of a project by their Node drivers. */
export class BatchSource {
  readonly #project: Project;
  readonly #stores: ReadonlyMap<string, Store>;
  readonly #scratch: string;
  readonly #now: () => number;
  #complete: { readonly at: number; readonly days: readonly CompleteDay[] } | null = null;

  constructor({ project, env, addresses, scratch, now }: BatchSourceOptions) {
    this.#project = project;
    const open = (source: Project['batch'][number]): Store =>
      storeOf(source, { env, address: addresses[source.name] ?? null, scratch, now });
    this.#stores = new Map(project.batch.map((source) => [source.name, open(source)]));
    this.#scratch = scratch;
    this.#now = now;
  }

  /** Removes what a process that was killed has left of tables that it was reading. */
  async open(): Promise<void> {
    await rm(this.#scratch, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    for (const store of this.#stores.values()) await store.close();
  }

  /** The newest day that this side finds complete; null: none is. */
  async newest(): Promise<DayVersion | null> {
    return (await this.#days()).at(-1) ?? null;
  }

  async holds({ day, version }: DayVersion): Promise<boolean> {
    this.#complete = null;
    return (await this.#days()).some((each) => each.day === day && each.version === version);
  }

  /** The days that this side finds complete, of those that the coordinator has registered. */
  async days(registered: readonly LedgerDay[]): Promise<readonly RegisteredDay[]> {
    const complete = await this.#days();
    return registered.flatMap((each) => {
      const own = complete.find(({ day }) => day === each.day);
      if (own === undefined) return [];
      // Registered later than it was complete it is active later; earlier it cannot be. When an older version was complete is not known any more.
      const registered = own.version === each.version ? later(own.completed, each.registered) : each.registered;
      return [{ day: each.day, version: each.version, registered }];
    });
  }

  /** @param refused versions that the coordinator has refused, `<day> <version>` */
  async check(
    minute: Micros,
    seal: Seal,
    registered: readonly LedgerDay[],
    refused: ReadonlySet<string>,
  ): Promise<readonly InputFinding[]> {
    let complete = await this.#days();
    // A day that was completed a moment ago may be in the seal already.
    if (seal.batch !== null && complete.every(({ day }) => day !== seal.batch?.day)) {
      this.#complete = null;
      complete = await this.#days();
    }
    const offered = complete.filter(({ day, version }) => !refused.has(`${day} ${version}`));
    return checkBatch({ project: this.#project, minute, missed: seal.missed, sealed: seal.batch, complete: offered, registered });
  }

  async table(day: string, source: string, table: string): Promise<TableRows> {
    const declared = this.#project.batch.find(({ name }) => name === source)?.tables.find(({ name }) => name === table);
    const store = this.#stores.get(source);
    if (declared === undefined || store === undefined) throw new Error(`no table ${source}.${table} is declared`);
    const scored = this.#project.scorecard.filter((entry) => entry.source === source && entry.table === table).map(({ column }) => column);
    const expected = declared.expect.map(({ column }) => column);
    const names = [...new Set([declared.key, ...declared.columns.map(({ name }) => name), ...scored, ...expected])];
    const place = `${source}.${table}`;
    const wanted = { table, key: declared.key, day, fields: storedFields(declared, names) };
    const stored = withoutPrefix(declared, store.rows(wanted));
    const { kind } = declared.shape;
    if (kind === 'rows') return { columns: names, rows: stored, place };
    const orders = kind === 'long' ? [] : await store.kinds(wanted);
    const shaped = rowsOfCustomer({ table: declared, names, orders, place });
    return { columns: names, rows: eachRow(groupedRows(stored, join(this.#scratch, place)), shaped), place };
  }

  /** A guess: the view is kept in as many parts as a day of a million customers needs. */
  dayBytes(): number {
    return BATCH_ROWS_ABOUT * BATCH_ROW_BYTES;
  }

  async #days(): Promise<readonly CompleteDay[]> {
    if (this.#complete !== null && this.#now() - this.#complete.at < MARKERS_AGE_MS) return this.#complete.days;
    const markers = new Map<string, Map<string, Micros>>();
    for (const [source, store] of this.#stores) {
      for (const { day, table, completed } of await store.markers()) {
        const ofDay = markers.get(day) ?? new Map<string, Micros>();
        ofDay.set(`${source}.${table}`, completed);
        markers.set(day, ofDay);
      }
    }
    const days = completeDays(this.#project, markers satisfies ReadonlyMap<string, DayMarkers>);
    this.#complete = { at: this.#now(), days };
    return days;
  }
}

function later(a: Micros, b: Micros): Micros {
  return a > b ? a : b;
}

async function* eachRow(customers: AsyncIterable<readonly Cells[]>, shaped: RowsOfCustomer): AsyncIterable<Cells> {
  for await (const rows of customers) yield* shaped(rows);
}
