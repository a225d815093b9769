import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BatchSource,
  type BatchTable,
  type BatchVersion,
  type Micros,
  ParallaxError,
  type Project,
  quoteLiteral,
} from '@parallax/core';
import type { SparkSession } from '@parallax/spark-connect';
import type { Engine } from '../engine/engine.ts';
import type { StatePaths } from '../engine/paths.ts';
import { fileTable, writePages, writeParquet } from '../engine/sql.ts';
import type { AsideCount, BatchView, Ledger } from '../ledger/ledger.ts';
import { type Placement, placementOf } from './place.ts';
import { writeProfile } from './profile.ts';
import { refuseDay } from './quality.ts';
import {
  asideReason,
  joinSpec,
  joinTablesSql,
  landedTable,
  landSql,
  type ParquetTable,
  type RowGroup,
  reduceSpec,
  reduceTableSql,
  rowGroupsSql,
  type TableCells,
} from './reduce.ts';
import { takenColumns } from './taken.ts';
import { type Table, tableName, tablesOf } from './variables.ts';

/** Where a day's tables come from: a recording's files, or the DWH and the NoSQL store. */
export interface BatchReader {
  /** The table of one day as a relation of `session`. Throws PRLX_BATCH_COLUMN when a needed column is missing. */
  table(session: SparkSession, version: BatchVersion, source: BatchSource, table: BatchTable): Promise<TableCells>;
}

export interface BatchProgress {
  readonly day: string;
  readonly table: string;
  readonly done: number;
  readonly of: number;
  /** At the end: what was kept aside. */
  readonly aside?: readonly AsideCount[];
}

/** The day that minutes sealed at `instant` use: the newest complete one whose registration is at least `settle` old. */
export function activeVersion(ledger: Ledger, project: Project, instant: Micros): BatchVersion | null {
  const day = ledger.activeDay(instant - project.settleUs);
  return day === null ? null : { day: day.day, version: day.version };
}

/** What the making of a view works with. */
export interface BatchWork {
  readonly project: Project;
  readonly ledger: Ledger;
  readonly paths: StatePaths;
  readonly batch: BatchReader;
  readonly buckets: number;
}

/**
 * Makes the batch view of a version, once: each table reduced to its own folder, then joined. A restart goes on with
 * the tables that are not done.
 */
export async function ensureBatchView(
  work: BatchWork,
  engine: Engine,
  version: BatchVersion,
  onProgress: (progress: BatchProgress) => void = () => undefined,
): Promise<BatchView> {
  const { ledger } = work;
  const registered = ledger.days().find((d) => d.day === version.day && d.version === version.version);
  if (registered === undefined)
    throw new ParallaxError('PRLX_BATCH_VERSION', `the batch day ${version.day} (${version.version}) is not registered in this ledger`);
  if (registered.view?.folder === viewFolder(work, version)) return registered.view;
  const made = await makeBatchView(work, engine, version, onProgress);
  ledger.setDayView(version, made);
  return made;
}

function viewFolder({ paths, project, buckets }: BatchWork, version: BatchVersion): string {
  return join(paths.batchVersion(version.day, version.version, project.hash), `view-${buckets}`);
}

/**
 * Makes the batch view of a version that need not be registered yet. What is there of an earlier attempt is used.
 *
 * @throws ParallaxError PRLX_BATCH_REFUSED when the day breaks what a table declares of a day
 */
export async function makeBatchView(
  work: BatchWork,
  engine: Engine,
  version: BatchVersion,
  onProgress: (progress: BatchProgress) => void = () => undefined,
): Promise<BatchView> {
  const { project, paths } = work;
  const folder = paths.batchVersion(version.day, version.version, project.hash);
  const view = viewFolder(work, version);
  const tables = tablesOf(project);
  const taken = await takenColumns(engine, project);
  const reducer = new Reducer(work, engine, version, folder, taken);
  const reduced: ReducedTable[] = [];
  for (const [index, table] of [baseTable(project), ...tables.filter((t) => !isBase(project, t))].entries()) {
    onProgress({ day: version.day, table: tableName(table), done: index, of: tables.length });
    reduced[tables.findIndex((t) => tableName(t) === tableName(table))] = await reducer.reduce(table);
  }
  const placement = await reducer.placement();
  const spec = joinSpec(project, { placement, taken, missing: reduced.map((r) => r.missing) });
  if (!existsSync(join(view, '_SUCCESS')))
    await engine.session.command(
      writePages(
        view,
        joinTablesSql(
          reduced.map((r) => r.folder),
          spec,
        ),
      ),
    );
  const made = await describeView(engine.session, view, placement, taken, reduced);
  await writeProfile(engine.session, project, folder, reduced);
  refuseDay(project, version, made, await rowsBefore(work, version));
  onProgress({ day: version.day, table: 'view', done: tables.length, of: tables.length, aside: made.aside });
  return made;
}

/** A table that is reduced. */
export interface ReducedTable {
  readonly table: Table;
  readonly folder: string;
  readonly rows: number;
  /** Hex of what a customer without a row here gets. */
  readonly missing: string;
}

/** Reduces the tables of one version, the base table first: its rows say how large the view is. */
class Reducer {
  readonly #work: BatchWork;
  readonly #engine: Engine;
  readonly #version: BatchVersion;
  readonly #folder: string;
  readonly #taken: ReadonlySet<string>;
  #placement: Placement | null = null;

  constructor(work: BatchWork, engine: Engine, version: BatchVersion, folder: string, taken: ReadonlySet<string>) {
    this.#work = work;
    this.#engine = engine;
    this.#version = version;
    this.#folder = folder;
    this.#taken = taken;
  }

  async placement(): Promise<Placement> {
    if (this.#placement === null) throw new RangeError('the base table comes first');
    return this.#placement;
  }

  async reduce(table: Table): Promise<ReducedTable> {
    const { project, batch, buckets } = this.#work;
    const { session, tasksMax } = this.#engine;
    const folder = join(this.#folder, `tables-${buckets}`, `of-${tableName(table)}`);
    const cells = await batch.table(session, this.#version, table.source, table.table);
    const files = cells.files ?? (await this.#land(table, cells));
    const groups = await rowGroups(session, files.paths);
    this.#placement ??= placementOf(
      groups.reduce((n, g) => n + g.rows, 0),
      buckets,
    );
    const spec = reduceSpec(project, table, files, { placement: this.#placement, taken: this.#taken });
    if (!existsSync(join(folder, '_SUCCESS'))) await session.command(writeParquet(folder, reduceTableSql(groups, spec, tasksMax)));
    const [row] = await session.collect(`SELECT hex(prlx_batch_missing(${quoteLiteral(spec)})) AS missing`);
    return { table, folder, rows: groups.reduce((n, g) => n + g.rows, 0), missing: String(row?.missing ?? '') };
  }

  /** Copies a table that is no file of Parquet into one: a column can then be read by itself, again and again. */
  async #land(table: Table, cells: TableCells): Promise<ParquetTable> {
    const { project } = this.#work;
    const folder = join(this.#folder, 'landed', `of-${tableName(table)}`);
    if (!existsSync(join(folder, '_SUCCESS'))) await this.#engine.session.command(writeParquet(folder, landSql(project, table, cells)));
    const names = (await readdir(folder)).filter((name) => name.endsWith('.parquet')).sort();
    return landedTable(
      project,
      table,
      names.map((name) => join(folder, name)),
    );
  }
}

async function rowGroups(session: SparkSession, paths: readonly string[]): Promise<RowGroup[]> {
  if (paths.length === 0) return [];
  const rows = await session.collect(`${rowGroupsSql(paths)} ORDER BY path, grp`);
  return rows.map((row) => ({ path: String(row.path), group: Number(row.grp), rows: Number(row.n) }));
}

function isBase(project: Project, { source, table }: Table): boolean {
  return source.name === project.base.source && table.name === project.base.table;
}

function baseTable(project: Project): Table {
  const base = tablesOf(project).find((table) => isBase(project, table));
  if (base === undefined) throw new RangeError('the base table is not declared');
  return base;
}

async function describeView(
  session: SparkSession,
  folder: string,
  placement: Placement,
  taken: ReadonlySet<string>,
  reduced: readonly ReducedTable[],
): Promise<BatchView> {
  const rows = await session.collect(
    `SELECT bucket, max(_metadata.file_name) AS name, count(DISTINCT _metadata.file_name) AS files, sum(customers) AS n FROM ${fileTable('parquet', folder)} GROUP BY bucket`,
  );
  const files = Array.from({ length: placement.buckets }, () => '');
  for (const row of rows) {
    // A lookup reads one file: a bucket that lies in two would lose customers.
    if (Number(row.files) !== 1)
      throw new ParallaxError('PRLX_BATCH_VIEW', `the bucket ${String(row.bucket)} of ${folder} lies in ${String(row.files)} files`);
    files[Number(row.bucket)] = join(folder, String(row.name));
  }
  return {
    folder,
    customers: rows.reduce((sum, row) => sum + Number(row.n), 0),
    aside: await asideCounts(session, folder, reduced),
    placement,
    files,
    taken: [...taken],
    rows: Object.fromEntries(reduced.map(({ table, rows: n }) => [tableName(table), n])),
  };
}

/** Rows that are kept aside, by table and reason: a bad key, a key twice, a value that is no number. */
async function asideCounts(session: SparkSession, view: string, reduced: readonly ReducedTable[]): Promise<AsideCount[]> {
  const keyless = reduced.map(
    ({ folder }, i) => `SELECT ${i} AS tbl, explode(aside.reason) AS reason FROM ${fileTable('parquet', folder)}`,
  );
  const keyed = `SELECT a.tbl, a.reason FROM (SELECT explode(aside) AS a FROM ${fileTable('parquet', view)})`;
  const rows = await session.collect(
    `SELECT tbl, reason, count(*) AS n FROM (${[...keyless, keyed].join(' UNION ALL ')}) GROUP BY tbl, reason`,
  );
  const counts = rows.map((row) => {
    const table = reduced[Number(row.tbl)]?.table;
    if (table === undefined) throw new RangeError(`no table ${String(row.tbl)}`);
    return { table: tableName(table), reason: asideReason(table.table, Number(row.reason)), rows: Number(row.n) };
  });
  return counts.sort((a, b) => (a.table === b.table ? (a.reason < b.reason ? -1 : 1) : a.table < b.table ? -1 : 1));
}

/** The rows of each table in the newest day before; null when there is none. */
async function rowsBefore({ ledger }: BatchWork, version: BatchVersion): Promise<BatchView['rows'] | null> {
  const before = ledger.days().filter((d) => d.day < version.day && d.view !== null);
  return before.at(-1)?.view?.rows ?? null;
}
