import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type BatchSource,
  type BatchTable,
  type BatchVersion,
  type Micros,
  ParallaxError,
  type Project,
  quoteLiteral,
  sha256Hex,
} from '@parallax/core';
import type { Row, SparkSession } from '@parallax/spark-connect';
import type { Engine } from '../engine/engine.ts';
import { parquetNames } from '../engine/parquet-files.ts';
import type { StatePaths } from '../engine/paths.ts';
import { fileTable, writePages, writeParquet } from '../engine/sql.ts';
import type { AsideCount, BatchView, Ledger } from '../ledger/ledger.ts';
import { groupColumns } from '../report/falls.ts';
import { wantedColumns } from '../score/wanted-columns.ts';
import { batchColumnTypes } from './columns.ts';
import { type Placement, placementOf } from './place.ts';
import { type ColumnSums, columnSums, PROFILE_SUMS, writeProfile } from './profile.ts';
import {
  asideReason,
  joinSpec,
  joinTablesSql,
  landedTable,
  landSql,
  NO_KEY,
  type ParquetTable,
  type RowGroup,
  reduceSpec,
  reduceTableSql,
  rowGroupsSql,
  type TableCells,
} from './reduce.ts';
import { type Table, tableName, tablesOf } from './variables.ts';

/** Where a day's tables come from: a recording's files, or the DWH and the NoSQL store. Throws PRLX_BATCH_COLUMN when a needed column is missing. */
export interface BatchReader {
  /** The table of one day as a relation of `session`. */
  table(session: SparkSession, version: BatchVersion, source: BatchSource, table: BatchTable): Promise<TableCells>;
  /** The same as files of Parquet that hold its columns as they are declared: they are read as they lie. Null when there are none. */
  files(session: SparkSession, version: BatchVersion, source: BatchSource, table: BatchTable): Promise<ParquetTable | null>;
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
  /** See `Pipeline`. */
  readonly keepAll?: boolean;
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
  const { view } = foldersOf(work, version, await takenColumns(work, engine));
  if (registered.view?.folder === view) return registered.view;
  const made = await makeBatchView(work, engine, version, onProgress);
  ledger.setDayView(version, made);
  await removeParts(work, made);
  return made;
}

/** The declared columns that rows of a batch view hold, in the order of their declaration: what the SQL reads, and what reports group by. */
async function takenColumns({ project, paths, keepAll = false }: BatchWork, engine: Engine): Promise<readonly string[]> {
  const declared = [...batchColumnTypes(project).keys()];
  if (keepAll) return declared;
  const wanted = new Set((await wantedColumns(engine, project, paths.nothing)).batch.map(({ name }) => name));
  const grouping = new Set(groupColumns(project).map(({ name }) => name));
  return declared.filter((name) => wanted.has(name) || grouping.has(name));
}

/** Where a version's parts are made. What rows hold and how they are spread is in the names: with another number of buckets all is made anew. */
function foldersOf({ paths, project, buckets }: BatchWork, version: BatchVersion, taken: readonly string[]) {
  const root = paths.batchVersion(version.day, version.version, project.hash);
  const made = `${buckets}-${sha256Hex(taken.join('\n')).slice(0, 8)}`;
  return { root, view: join(root, `view-${made}`), tables: join(root, `tables-${made}`), landed: join(root, 'landed') };
}

/** Removes what a view was made from, once the ledger has it. */
export async function removeParts({ keepAll = false }: BatchWork, view: BatchView): Promise<void> {
  if (keepAll) return;
  const root = dirname(view.folder);
  for (const name of await readdir(root))
    if (name.startsWith('tables-') || name === 'landed') await rm(join(root, name), { recursive: true, force: true });
}

/** Makes the batch view of a version that need not be registered yet. What is there of an earlier attempt is used. */
export async function makeBatchView(
  work: BatchWork,
  engine: Engine,
  version: BatchVersion,
  onProgress: (progress: BatchProgress) => void = () => undefined,
): Promise<BatchView> {
  const { project } = work;
  const taken = await takenColumns(work, engine);
  const folders = foldersOf(work, version, taken);
  const { view } = folders;
  const tables = tablesOf(project);
  const reducer = new Reducer(work, engine, version, folders, new Set(taken));
  for (const [index, table] of [baseTable(project), ...tables.filter((t) => !isBase(project, t))].entries()) {
    onProgress({ day: version.day, table: tableName(table), done: index, of: tables.length });
    await reducer.reduce(table);
  }
  const reduced = await reducer.reduced(tables);
  const placement = reducer.placement();
  const spec = joinSpec(project, { placement, taken: new Set(taken), missing: reduced.map((r) => r.missing) });
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
  await writeProfile(project, folders.root, reduced);
  onProgress({ day: version.day, table: 'view', done: tables.length, of: tables.length, aside: made.aside });
  return made;
}

/** A table that is reduced. */
export interface ReducedTable {
  readonly table: Table;
  readonly folder: string;
  /** Hex of what a customer without a row here gets. */
  readonly missing: string;
  readonly rows: number;
  /** Rows without a key. */
  readonly keyless: number;
  readonly profile: readonly ColumnSums[];
}

/** Reduces the tables of one version, the base table first: its rows say how large the view is. */
class Reducer {
  readonly #work: BatchWork;
  readonly #engine: Engine;
  readonly #version: BatchVersion;
  readonly #folders: { readonly tables: string; readonly landed: string };
  readonly #taken: ReadonlySet<string>;
  #placement: Placement | null = null;

  constructor(
    work: BatchWork,
    engine: Engine,
    version: BatchVersion,
    folders: { readonly tables: string; readonly landed: string },
    taken: ReadonlySet<string>,
  ) {
    this.#work = work;
    this.#engine = engine;
    this.#version = version;
    this.#folders = folders;
    this.#taken = taken;
  }

  placement(): Placement {
    if (this.#placement === null) throw new RangeError('the base table comes first');
    return this.#placement;
  }

  async reduce(table: Table): Promise<void> {
    const folder = this.#folder(table);
    if (!existsSync(join(folder, '_SUCCESS'))) await this.#write(table, folder);
    else this.#placement ??= placementOf(await countRows(this.#engine.session, folder), this.#work.buckets);
  }

  /** What the tables became, once all of them are reduced: asked for together, since a statement costs more than its answer. */
  async reduced(tables: readonly Table[]): Promise<readonly ReducedTable[]> {
    const { session } = this.#engine;
    const specs = tables.map((table) => this.#spec(table, landedTable(this.#work.project, table, []), this.placement()));
    const missing = await session.collect(
      `SELECT tbl, hex(prlx_batch_missing(spec)) AS missing FROM VALUES ${specs.map((spec, i) => `(${i}, ${quoteLiteral(spec)})`).join(', ')} AS t(tbl, spec)`,
    );
    const missingOf = new Map(missing.map((row) => [Number(row.tbl), String(row.missing)]));
    const folders = tables.map((table) => this.#folder(table));
    const summed = await sumTables(session, folders);
    return tables.map((table, i) => ({ table, folder: folders[i] ?? '', missing: missingOf.get(i) ?? '', ...tableSums(summed, i) }));
  }

  #folder(table: Table): string {
    return join(this.#folders.tables, `of-${tableName(table)}`);
  }

  async #write(table: Table, folder: string): Promise<void> {
    const { batch, buckets } = this.#work;
    const { session, tasksMax } = this.#engine;
    const landed = join(this.#folders.landed, `of-${tableName(table)}`);
    const files = (await batch.files(session, this.#version, table.source, table.table)) ?? (await this.#land(table, landed));
    const groups = await rowGroups(session, files.paths);
    this.#placement ??= placementOf(
      groups.reduce((n, g) => n + g.rows, 0),
      buckets,
    );
    await session.command(writeParquet(folder, reduceTableSql(groups, this.#spec(table, files, this.#placement), tasksMax)));
    // Five thousand columns are large: they are not kept longer than they are read.
    await rm(landed, { recursive: true, force: true });
  }

  #spec(table: Table, files: ParquetTable, placement: Placement): string {
    return reduceSpec(this.#work.project, table, files, { placement, taken: this.#taken });
  }

  /** Copies a table that is no file of Parquet into one: a column can then be read by itself, again and again. */
  async #land(table: Table, folder: string): Promise<ParquetTable> {
    const { project, batch } = this.#work;
    const { session } = this.#engine;
    if (!existsSync(join(folder, '_SUCCESS'))) {
      const cells = await batch.table(session, this.#version, table.source, table.table);
      await session.command(writeParquet(folder, landSql(project, table, cells)));
    }
    const names = await parquetNames(folder);
    return landedTable(
      project,
      table,
      names.map((name) => join(folder, name)),
    );
  }
}

async function countRows(session: SparkSession, folder: string): Promise<number> {
  const [counted] = await session.collect(`SELECT sum(n) AS n FROM ${fileTable('parquet', folder)}`);
  return Number(counted?.n ?? 0n);
}

/** Rows and profiles of reduced tables, a row a column, or one without a column. */
async function sumTables(session: SparkSession, folders: readonly string[]): Promise<readonly Row[]> {
  const parts = folders.map(
    (folder, i) =>
      `SELECT ${i} AS tbl, t.n AS rows, size(aside) AS keyless, p.* FROM ${fileTable('parquet', folder)} t LATERAL VIEW OUTER inline(profile) p`,
  );
  return session.collect(
    `SELECT tbl, col, sum(rows) AS rows, sum(keyless) AS keyless, ${PROFILE_SUMS} FROM (${parts.join(' UNION ALL ')}) GROUP BY tbl, col ORDER BY tbl, col`,
  );
}

function tableSums(summed: readonly Row[], tbl: number): Pick<ReducedTable, 'rows' | 'keyless' | 'profile'> {
  const own = summed.filter((row) => Number(row.tbl) === tbl);
  // Each of a table's columns has all of its rows.
  const [first] = own;
  const profile = own.flatMap((row) => (row.col === null ? [] : [columnSums(row)]));
  return { rows: Number(first?.rows ?? 0n), keyless: Number(first?.keyless ?? 0n), profile };
}

async function rowGroups(session: SparkSession, paths: readonly string[]): Promise<RowGroup[]> {
  if (paths.length === 0) return [];
  const rows = await session.collect(rowGroupsSql(paths));
  const groups = rows.map((row) => ({ path: String(row.path), group: Number(row.grp), rows: Number(row.n) }));
  return groups.sort((a, b) => (a.path === b.path ? a.group - b.group : a.path < b.path ? -1 : 1));
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
  taken: readonly string[],
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
    taken,
    rows: Object.fromEntries(reduced.map(({ table, rows: n }) => [tableName(table), n])),
  };
}

/** Rows that are kept aside, by table and reason: a bad key, a key twice, a value that is no number. */
async function asideCounts(session: SparkSession, view: string, reduced: readonly ReducedTable[]): Promise<AsideCount[]> {
  const keyed = await session.collect(
    `SELECT a.tbl, a.reason, count(*) AS n FROM (SELECT explode(aside) AS a FROM ${fileTable('parquet', view)}) GROUP BY a.tbl, a.reason`,
  );
  const keyless = reduced.flatMap(({ keyless: n }, tbl) => (n === 0 ? [] : [{ tbl, reason: NO_KEY, n }]));
  const counts = [...keyed, ...keyless].map((row) => {
    const table = reduced[Number(row.tbl)]?.table;
    if (table === undefined) throw new RangeError(`no table ${String(row.tbl)}`);
    return { table: tableName(table), reason: asideReason(table.table, Number(row.reason)), rows: Number(row.n) };
  });
  return counts.sort((a, b) => (a.table === b.table ? (a.reason < b.reason ? -1 : 1) : a.table < b.table ? -1 : 1));
}

/** The view of the newest day before; null when there is none. */
export function viewBefore(ledger: Ledger, version: BatchVersion): BatchView | null {
  return ledger.days().findLast((d) => d.day < version.day && d.view !== null)?.view ?? null;
}
