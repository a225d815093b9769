import {
  type BatchSource,
  type BatchTable,
  type BatchVersion,
  MICROS_PER_MINUTE,
  type Micros,
  ParallaxError,
  type Project,
  sha256Hex,
} from '@parallax/core';
import type { SparkSession } from '@parallax/spark-connect';
import type { Ledger } from '../ledger/ledger.ts';
import type { BatchReader } from './layer.ts';
import { neededColumns, type TableCells } from './reduce.ts';
import { cellsOf, type Marker, readMarkers, storeOf } from './stores.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Tables of the DWH and the NoSQL store, read by Spark's connectors. */
export function storeReader(project: Project, env: Env): BatchReader {
  return {
    async table(session: SparkSession, version: BatchVersion, source: BatchSource, table: BatchTable): Promise<TableCells> {
      const view = 'prlx_table';
      await storeOf(source, env).open(session, view, source, table, version.day, neededColumns(project, source, table));
      const cells = await cellsOf(session, view);
      const missing = neededColumns(project, source, table).filter((name) => !cells.cells.has(name));
      if (missing.length > 0) {
        throw new ParallaxError(
          'PRLX_BATCH_COLUMN',
          `the table ${source.name}.${table.name} has no column ${missing.slice(0, 5).join(', ')}`,
          {
            exitCode: 2,
            advice: `batch/${source.name}.yaml or scorecard.csv names it.`,
          },
        );
      }
      return cells;
    },
  };
}

/**
 * Looks for days that all tables of all sources say are complete, and registers those that are new. A day is registered from its last
 * marker on, but never before a minute that is sealed already: what is sealed stays as it was.
 *
 * @returns the days registered now
 */
export async function registerCompleteDays(project: Project, ledger: Ledger, session: SparkSession, env: Env): Promise<string[]> {
  const markers = new Map<string, Marker>();
  for (const source of project.batch) {
    for (const marker of await readMarkers(session, source, storeOf(source, env)))
      markers.set(`${marker.day}\n${source.name}.${marker.table}`, marker);
  }
  const days = [...new Set([...markers.values()].map((m) => m.day))].sort();
  const registered: string[] = [];
  for (const day of days) {
    const found = project.batch.flatMap((s) => s.tables.map((t) => markers.get(`${day}\n${s.name}.${t.name}`)));
    if (found.some((m) => m === undefined)) continue;
    const complete = found.flatMap((m) => (m === undefined ? [] : [m]));
    const version = sha256Hex(complete.map((m) => `${m.table}\n${m.completedAt}\n`).join(''));
    const latest = complete.reduce((max, m) => later(m.completedAt, max), 0n);
    if (ledger.registerDay({ day, version }, later(latest, firstOpenInstant(project, ledger)))) registered.push(day);
  }
  return registered;
}

/** The least registration time that no sealed minute could have used; 0 before any seal. */
function firstOpenInstant(project: Project, ledger: Ledger): Micros {
  const sealed = ledger.newestSeal();
  return sealed === null ? 0n : sealed + MICROS_PER_MINUTE + project.graceUs - project.settleUs + 1n;
}

function later(a: Micros, b: Micros): Micros {
  return a > b ? a : b;
}
