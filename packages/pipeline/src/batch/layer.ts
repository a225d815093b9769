import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BatchSource, type BatchTable, type BatchVersion, type Micros, ParallaxError, type Project, sha256Hex } from '@parallax/core';
import type { Row, SparkSession } from '@parallax/spark-connect';
import type { Engine } from '../engine/engine.ts';
import type { StatePaths } from '../engine/paths.ts';
import { parquetRelation } from '../engine/relations.ts';
import { writePages } from '../engine/sql.ts';
import type { AsideCount, BatchView, Ledger, RegisteredDay } from '../ledger/ledger.ts';
import { groupColumns } from '../report/falls.ts';
import { wantedColumns } from '../score/wanted-columns.ts';
import { asideRows } from './aside-rows.ts';
import { batchColumnTypes } from './columns.ts';
import { keepRecord } from './day-record.ts';
import type { ParquetTable } from './parquet-tables.ts';
import { profilesOf } from './profile.ts';
import { asideReason, joinSpec, joinTablesSql, NO_KEY, REDUCED_SCHEMA, type TableCells, VIEW_SCHEMA } from './reduce.ts';
import { type Reduced, type ReducedTable, reduceTables } from './reducer.ts';
import { type Table, tableName, tablesOf } from './variables.ts';
import { sameVersion } from './version.ts';

/** Where a day's tables come from: a recording's files, or the DWH and the NoSQL store. Throws PRLX_BATCH_COLUMN when a needed column is missing. */
export interface BatchReader {
  /** The table of one day as a relation of the engine's session, read by no more tasks at once than that may have. */
  table(engine: Engine, version: BatchVersion, source: BatchSource, table: BatchTable): Promise<TableCells>;
  /** Whether the tables of that day are still those of this version. */
  holds(session: SparkSession, version: BatchVersion): Promise<boolean>;
  /** Those of some tables that are files of Parquet, by `<source>.<table>`, where each column can be read as it lies. */
  files(session: SparkSession, version: BatchVersion, tables: readonly Table[]): Promise<ReadonlyMap<string, ParquetTable>>;
}

export interface BatchProgress {
  readonly day: string;
  readonly table: string;
  /** Tables that are reduced; small ones are told of together, before the statement that they share. */
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
 * Makes the batch view of a version, once: each table reduced, small ones together, then all of them joined. A restart goes on with
 * the tables that are not done.
 */
export async function ensureBatchView(
  work: BatchWork,
  engine: Engine,
  version: BatchVersion,
  onProgress: (progress: BatchProgress) => void = () => undefined,
): Promise<BatchView> {
  const { ledger } = work;
  const registered = ledger.days().find((each) => sameVersion(each, version));
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
  const made = (...what: readonly string[]) => `${buckets}-${sha256Hex(what.join('\n')).slice(0, 8)}`;
  const tables = join(root, `reduced-${made(REDUCED_SCHEMA, ...taken)}`);
  return { root, view: join(root, `view-${made(...taken)}`), tables, landed: join(root, 'landed') };
}

/** Removes what a view was made from, once the ledger has it. */
export async function removeParts({ keepAll = false }: BatchWork, view: BatchView): Promise<void> {
  if (keepAll) return;
  const root = dirname(view.folder);
  for (const name of await readdir(root))
    if (name.startsWith('reduced-') || name === 'landed') await rm(join(root, name), { recursive: true, force: true });
}

/** Makes the batch view of a version that need not be registered yet. What is there of an earlier attempt is used. */
export async function makeBatchView(
  work: BatchWork,
  engine: Engine,
  version: BatchVersion,
  onProgress: (progress: BatchProgress) => void = () => undefined,
): Promise<BatchView> {
  const { project, paths } = work;
  const { session } = engine;
  const taken = await takenColumns(work, engine);
  const folders = foldersOf(work, version, taken);
  const { view } = folders;
  const of = tablesOf(project).length;
  const reduced = await reduceTables({ work, engine, version, folders, taken: new Set(taken) }, (table, done) =>
    onProgress({ day: version.day, table: tableName(table), done, of }),
  );
  const { placement, tables } = reduced;
  const spec = joinSpec(project, { placement, taken: new Set(taken), missing: tables.map(({ missing }) => missing) });
  if (!existsSync(join(view, '_SUCCESS')))
    await session.command(writePages(view, joinTablesSql('prlx_reduced', spec)), {
      relations: { prlx_reduced: parquetRelation(REDUCED_SCHEMA, reduced.folders) },
    });
  const made = await describeView(session, view, taken, reduced);
  await keepRecord(paths, project, version, {
    view: made,
    profiles: profilesOf(project, tables),
    aside: await asideRows(session, project, made, reduced.folders),
  });
  onProgress({ day: version.day, table: 'view', done: of, of, aside: made.aside });
  return made;
}

/** What a view holds and where: its files, its customers, and what was kept aside, by table and reason. */
async function describeView(session: SparkSession, folder: string, taken: readonly string[], reduced: Reduced): Promise<BatchView> {
  const { placement, tables } = reduced;
  const rows = await session.collect(DESCRIBED_SQL, { relations: { prlx_view: parquetRelation(VIEW_SCHEMA, [folder]) } });
  const files = Array.from({ length: placement.buckets }, () => '');
  for (const { bucket, name } of rows) {
    const file = join(folder, String(name));
    // A lookup reads one file: a bucket that lies in two would lose customers.
    if (![file, ''].includes(files[Number(bucket)] ?? ''))
      throw new ParallaxError('PRLX_BATCH_VIEW', `the bucket ${String(bucket)} of ${folder} lies in several files`);
    files[Number(bucket)] = file;
  }
  return {
    folder,
    customers: sumOf(rows.filter(({ tbl }) => tbl === null)),
    aside: asideCounts(
      rows.filter(({ tbl }) => tbl !== null),
      tables,
    ),
    placement,
    files,
    taken,
    rows: Object.fromEntries(tables.map(({ table, rows: n }) => [tableName(table), n])),
  };
}

/** By bucket and file: customers of the view, where `tbl` is null, and rows that were kept aside of a table for a reason. */
const DESCRIBED_SQL = `SELECT bucket, name, tbl, reason, sum(n) AS n FROM (
  SELECT bucket, name, inline(concat(
    array(struct(CAST(NULL AS INT) AS tbl, CAST(NULL AS INT) AS reason, customers AS n)),
    transform(coalesce(aside, array()), a -> struct(a.tbl AS tbl, a.reason AS reason, 1 AS n))
  )) FROM (SELECT bucket, substring_index(input_file_name(), '/', -1) AS name, customers, aside FROM prlx_view)
) GROUP BY bucket, name, tbl, reason`;

function sumOf(rows: readonly Row[]): number {
  return rows.reduce((sum, { n }) => sum + Number(n), 0);
}

/** Rows that are kept aside, by table and reason: a bad key, a key twice, a value that is no number. */
function asideCounts(keyed: readonly Row[], tables: readonly ReducedTable[]): AsideCount[] {
  const counts = tables.flatMap(({ table, keyless }, tbl) => {
    const own = keyed.filter((row) => row.tbl === tbl);
    const reasons = [...new Set(own.map(({ reason }) => Number(reason)))];
    return [
      ...reasons.map((reason) => ({ reason, rows: sumOf(own.filter((row) => row.reason === reason)) })),
      ...(keyless === 0 ? [] : [{ reason: NO_KEY, rows: keyless }]),
    ].map(({ reason, rows }) => ({ table: tableName(table), reason: asideReason(table.table, reason), rows }));
  });
  return counts.sort((a, b) => (a.table === b.table ? (a.reason < b.reason ? -1 : 1) : a.table < b.table ? -1 : 1));
}

/** The newest day before that has a view; null when there is none. */
export function dayBefore(ledger: Ledger, version: BatchVersion): (RegisteredDay & { readonly view: BatchView }) | null {
  const found = ledger.days().findLast((d) => d.day < version.day && d.view !== null);
  return found === undefined || found.view === null ? null : { ...found, view: found.view };
}
