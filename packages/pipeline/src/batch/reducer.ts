import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BatchVersion, type Project, quoteLiteral } from '@parallax/core';
import type { Row, SparkSession } from '@parallax/spark-connect';
import type { Engine } from '../engine/engine.ts';
import { parquetNames } from '../engine/parquet-files.ts';
import { parquetRelation } from '../engine/relations.ts';
import { writePacked, writeParquet } from '../engine/sql.ts';
import type { BatchWork } from './layer.ts';
import { type ParquetTable, readFooters } from './parquet-tables.ts';
import { type Placement, placementOf } from './place.ts';
import { type ColumnSums, columnSums, PROFILE_SUMS } from './profile.ts';
import { landedLayout, landSql, REDUCED_SCHEMA, reduceSpec, reduceTablesSql } from './reduce.ts';
import { type Share, sharesDone, sharesOf, type TableSize } from './shares.ts';
import { baseNumber, reducedColumns, type Table, tableName, tableNumber, tablesOf } from './variables.ts';

/** What a version's tables are reduced with. */
export interface Reduction {
  readonly work: BatchWork;
  readonly engine: Engine;
  readonly version: BatchVersion;
  /** Where reduced tables are kept, and what is copied before. */
  readonly folders: { readonly tables: string; readonly landed: string };
  /** Declared columns that rows keep. */
  readonly taken: ReadonlySet<string>;
}

/** A table that is reduced. */
export interface ReducedTable {
  readonly table: Table;
  /** Hex of what a customer without a row here gets. */
  readonly missing: string;
  readonly rows: number;
  /** Rows without a key. */
  readonly keyless: number;
  readonly profile: readonly ColumnSums[];
}

/** All tables of a version, reduced. */
export interface Reduced {
  readonly placement: Placement;
  /** Of `REDUCED_SCHEMA`. */
  readonly folders: readonly string[];
  /** In the order of the project. */
  readonly tables: readonly ReducedTable[];
}

/**
 * Reduces the tables of one version that are not reduced yet, the base table first: its rows say how large the view is. What a store keeps as
 * Parquet is opened at once, and small tables share a statement.
 *
 * @param onTable is told each table that is reduced next, and how many are done
 */
export async function reduceTables(reduction: Reduction, onTable: (table: Table, done: number) => void): Promise<Reduced> {
  const { work, engine, version, folders } = reduction;
  const { project, batch, buckets } = work;
  const { session } = engine;
  const order = baseFirst(project);
  const [base] = order;
  const shares = await sharesDone(folders.tables, order);
  const done = new Set(shares.flatMap(({ tables }) => tables));
  const left = order.filter((table) => !done.has(table));
  const files = await batch.files(session, version, left);
  let placement = done.has(base) ? placementOf(await countRows(session, project, shares, base), buckets) : null;
  for (const share of sharesOf(folders.tables, order, left, (table) => sizeOf(project, table, files.get(tableName(table))))) {
    for (const table of share.tables) onTable(table, done.size);
    const stored: Stored[] = [];
    for (const table of share.tables) stored.push({ table, files: files.get(tableName(table)) ?? (await land(reduction, table)) });
    placement ??= placementOf(rowsOf(stored.find(({ table }) => table === base)?.files), buckets);
    await session.command(writePacked(share.folder, shareSql(reduction, stored, placement)));
    // Five thousand columns are large: they are not kept longer than they are read.
    for (const table of share.tables) await rm(landedFolder(reduction, table), { recursive: true, force: true });
    for (const table of share.tables) done.add(table);
    shares.push(share);
  }
  if (placement === null) throw new RangeError('the base table comes first');
  const made = { placement, folders: shares.map(({ folder }) => folder) };
  return { ...made, tables: await describeTables(reduction, made) };
}

/** A table with the files that hold it. */
interface Stored {
  readonly table: Table;
  readonly files: ParquetTable;
}

function baseFirst(project: Project): readonly [Table, ...Table[]] {
  const tables = tablesOf(project);
  const base = tables[baseNumber(project)];
  if (base === undefined) throw new RangeError('the base table is not declared');
  return [base, ...tables.filter((table) => table !== base)];
}

function sizeOf(project: Project, table: Table, files: ParquetTable | undefined): TableSize | null {
  if (files === undefined) return null;
  return { bytes: files.groups.reduce((sum, { bytes }) => sum + bytes, 0), columns: reducedColumns(project, table).length };
}

function rowsOf(table: ParquetTable | undefined): number {
  return table?.groups.reduce((sum, { rows }) => sum + rows, 0) ?? 0;
}

function shareSql({ work, engine, taken }: Reduction, stored: readonly Stored[], placement: Placement): string {
  const { project } = work;
  const tables = stored.map(({ table, files }) => ({
    number: tableNumber(project, table),
    groups: files.groups,
    spec: reduceSpec(project, table, files.layout, { placement, taken }),
  }));
  return reduceTablesSql(tables, engine.tasksMax);
}

function landedFolder({ folders }: Reduction, table: Table): string {
  return join(folders.landed, `of-${tableName(table)}`);
}

/** Copies a table that is no file of Parquet into one: a column can then be read by itself, again and again. */
async function land(reduction: Reduction, table: Table): Promise<ParquetTable> {
  const { project, batch } = reduction.work;
  const { session } = reduction.engine;
  const folder = landedFolder(reduction, table);
  if (!existsSync(join(folder, '_SUCCESS'))) {
    const cells = await batch.table(reduction.engine, reduction.version, table.source, table.table);
    await session.command(writeParquet(folder, landSql(project, table, cells)));
  }
  const paths = (await parquetNames(folder)).map((name) => join(folder, name));
  const [footers] = await readFooters(session, [{ layout: landedLayout(project, table), paths }]);
  if (footers?.kind !== 'readable') throw new RangeError(`${folder} is not as it was written`);
  return footers.table;
}

async function countRows(session: SparkSession, project: Project, shares: readonly Share[], table: Table): Promise<number> {
  const folders = shares.map(({ folder }) => folder);
  const [counted] = await session.collect(`SELECT sum(n) AS n FROM prlx_counted WHERE tbl = ${tableNumber(project, table)}`, {
    relations: { prlx_counted: parquetRelation(REDUCED_SCHEMA, folders) },
  });
  return Number(counted?.n ?? 0n);
}

/** What the tables became: asked for together, since a statement costs more than its answer. */
async function describeTables(
  { work, engine, taken }: Reduction,
  { placement, folders }: Omit<Reduced, 'tables'>,
): Promise<readonly ReducedTable[]> {
  const { project } = work;
  const { session } = engine;
  const tables = tablesOf(project);
  const specs = tables.map((table) => reduceSpec(project, table, landedLayout(project, table), { placement, taken }));
  const missing = await session.collect(
    `SELECT tbl, hex(prlx_batch_missing(spec)) AS missing FROM VALUES ${specs.map((spec, i) => `(${i}, ${quoteLiteral(spec)})`).join(', ')} AS t(tbl, spec)`,
  );
  const missingOf = new Map(missing.map((row) => [Number(row.tbl), String(row.missing)]));
  const summed = await session.collect(SUMS_SQL, { relations: { prlx_summed: parquetRelation(REDUCED_SCHEMA, folders) } });
  return tables.map((table, i) => ({ table, missing: missingOf.get(i) ?? '', ...tableSums(summed, i) }));
}

/** Rows and profiles of reduced tables, a row a column, or one without a column. */
const SUMS_SQL = `SELECT tbl, col, sum(rows) AS rows, sum(keyless) AS keyless, ${PROFILE_SUMS} FROM (
  SELECT tbl, t.n AS rows, size(filter(aside, a -> a.key IS NULL)) AS keyless, p.* FROM prlx_summed t LATERAL VIEW OUTER inline(profile) p
) GROUP BY tbl, col`;

function tableSums(summed: readonly Row[], tbl: number): Pick<ReducedTable, 'rows' | 'keyless' | 'profile'> {
  const own = summed.filter((row) => Number(row.tbl) === tbl).sort((a, b) => Number(a.col) - Number(b.col));
  // Each of a table's columns has all of its rows.
  const [first] = own;
  const profile = own.flatMap((row) => (row.col === null ? [] : [columnSums(row)]));
  return { rows: Number(first?.rows ?? 0n), keyless: Number(first?.keyless ?? 0n), profile };
}
