import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type BatchSource,
  type BatchTable,
  type BatchVersion,
  type Micros,
  ParallaxError,
  type Project,
  quoteIdentifier,
  quoteLiteral,
} from '@parallax/core';
import type { SparkSession } from '@parallax/spark-connect';
import type { StatePaths } from '../engine/paths.ts';
import { emptySql } from '../engine/relations.ts';
import { scorecardModules } from '../engine/specs.ts';
import { fileTable, writeParquet } from '../engine/sql.ts';
import type { AsideCount, BatchView, Ledger } from '../ledger/ledger.ts';
import { batchViewColumns, batchViewSql, reduceTableSql, type TableCells } from './reduce.ts';

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

/**
 * Makes the batch view of a version, once: each table reduced to its own folder, then joined. A restart goes on with
 * the tables that are not done.
 */
export async function ensureBatchView(
  input: { project: Project; ledger: Ledger; paths: StatePaths; batch: BatchReader },
  session: SparkSession,
  version: BatchVersion,
  onProgress: (progress: BatchProgress) => void = () => undefined,
): Promise<BatchView> {
  const { project, ledger, paths, batch } = input;
  const registered = ledger.days().find((d) => d.day === version.day && d.version === version.version);
  if (registered === undefined)
    throw new ParallaxError('PRLX_BATCH_VERSION', `the batch day ${version.day} (${version.version}) is not registered in this ledger`);
  const folder = paths.batchVersion(version.day, version.version, project.hash);
  const view = join(folder, 'view');
  if (registered.view?.folder === view) return registered.view;
  const tables = project.batch.flatMap((source) => source.tables.map((table) => ({ source, table })));
  const reducedFolder = (source: BatchSource, table: BatchTable) => join(folder, 'tables', `of-${source.name}.${table.name}`);
  for (const [index, { source, table }] of tables.entries()) {
    const target = reducedFolder(source, table);
    onProgress({ day: version.day, table: `${source.name}.${table.name}`, done: index, of: tables.length });
    if (existsSync(join(target, '_SUCCESS'))) continue;
    const cells = await batch.table(session, version, source, table);
    await session.command(writeParquet(target, reduceTableSql(project, source, table, cells)));
  }
  if (!existsSync(join(view, '_SUCCESS')))
    await session.command(
      writeParquet(
        view,
        batchViewSql(project, (source, table) => fileTable('parquet', reducedFolder(source, table))),
      ),
    );
  const [row] = await session.collect(`SELECT count(*) AS n FROM ${fileTable('parquet', view)}`);
  const aside = await asideCounts(
    session,
    tables.map(({ source, table }) => ({ name: `${source.name}.${table.name}`, folder: reducedFolder(source, table) })),
  );
  const made: BatchView = { folder: view, customers: Number(row?.n ?? 0n), aside };
  ledger.setDayView(version, made);
  onProgress({ day: version.day, table: 'view', done: tables.length, of: tables.length, aside });
  return made;
}

/** Rows of the reduced tables that are kept aside, by table and reason: a bad key, a key twice, a value that is no number. */
async function asideCounts(session: SparkSession, tables: readonly { name: string; folder: string }[]): Promise<AsideCount[]> {
  const counts = tables.map(
    ({ name, folder }) =>
      `SELECT ${quoteLiteral(name)} AS name, aside, count(*) AS n FROM ${fileTable('parquet', folder)} WHERE aside IS NOT NULL GROUP BY aside`,
  );
  const rows = await session.collect(`${counts.join(' UNION ALL ')} ORDER BY name, aside`);
  return rows.map((row) => ({ table: String(row.name), reason: String(row.aside), rows: Number(row.n) }));
}

/** The batch view of no day: no rows, every column with its type. */
export function noBatchSql(project: Project): string {
  const columns = batchColumnTypes(project).map(({ name, type }) => `${quoteIdentifier(name)} ${type}`);
  return emptySql(['key STRING', ...columns].join(', '));
}

/** The columns of the batch view but the key, with their types. */
export function batchColumnTypes(project: Project): { name: string; type: string }[] {
  const types = new Map<string, string>();
  for (const source of project.batch) {
    for (const table of source.tables) {
      for (const c of table.columns)
        types.set(`${table.name}_${c.name}`, c.type.kind === 'text' ? 'STRING' : `DECIMAL(20,${c.type.places})`);
    }
  }
  for (const name of [...scorecardModules(project).map((m) => `scorecard_${m}`), 'scorecard']) types.set(name, 'DECIMAL(20,6)');
  return batchViewColumns(project).map((name) => ({ name, type: types.get(name) ?? 'STRING' }));
}
