import { join } from 'node:path';
import { type BatchVersion, MICROS_PER_MINUTE, type Project, quoteLiteral } from '@parallax/core';
import type { SparkSession } from '@parallax/spark-connect';
import { committedBeside } from '../committed.ts';
import type { Engine } from '../engine/engine.ts';
import { parquetView } from '../engine/relations.ts';
import { windowSpec } from '../engine/specs.ts';
import { fileTable, writeState } from '../engine/sql.ts';
import type { BatchView } from '../ledger/ledger.ts';
import type { Attempt } from '../pipeline.ts';
import { batchColumnTypes, batchRowsSpec, batchRowsType } from './columns.ts';
import { ensureBatchView } from './layer.ts';
import { noBatchSql } from './no-batch.ts';
import { keptCells } from './variables.ts';

/** Columns of `beside`: the batch rows of a bucket's customers, and what finding those that entered cost. */
export const BESIDE_SCHEMA = 'bucket INT, run BINARY, entrants INT, pages INT, bytes BIGINT';

/** The batch rows of the minute's customers: packed by bucket the view `prlx_beside`, unpacked `prlx_batch` (key, columns). */
export interface JoinedBatch {
  readonly baseCustomers: number;
  /** The declared columns that the rows hold. */
  readonly taken: readonly string[];
  /** The batch view whose rows are kept in the attempt's folder `beside`; null: none are. */
  readonly beside: string | null;
}

/** Opens the batch view that a seal names, making it first if no minute has used it yet; null before any day is active. */
export async function openBatch({ pipeline, engine }: Attempt, version: BatchVersion | null): Promise<BatchView | null> {
  return version === null ? null : ensureBatchView(pipeline, engine, version, pipeline.onBatchProgress);
}

/**
 * Looks up the batch rows of customers that entered a window with this minute, and keeps them beside the windows: the folder `beside`. The
 * others' rows are those of the minute before, unless it had another view. What this costs follows who enters, not the base.
 *
 * @param before the folders whose rows are kept: of the minute before, if it had the same view
 */
export async function joinBatch(
  attempt: Attempt,
  view: BatchView | null,
  before = besideOfMinuteBefore(attempt, view),
): Promise<JoinedBatch> {
  const { pipeline, engine, session, folder } = attempt;
  const { project } = pipeline;
  if (view === null) {
    await openBeside(session, null);
    await engine.ensure('prlx_batch', 'none', () =>
      session.command(`CREATE OR REPLACE TEMPORARY VIEW prlx_batch AS ${noBatchSql(project)}`),
    );
    return { baseCustomers: 0, taken: [...batchColumnTypes(project).keys()], beside: null };
  }
  const { customers: baseCustomers, taken } = view;
  if (project.population === 'base') {
    await openRows(engine, project, view, view.folder);
    return { baseCustomers, taken, beside: null };
  }
  await parquetView(session, 'prlx_beside_before', BESIDE_SCHEMA, before);
  const beside = join(folder, 'beside');
  await session.command(writeState(beside, besideSql(attempt, view)));
  await openRows(engine, project, view, beside);
  return { baseCustomers, taken, beside: view.folder };
}

/** How many customers `joinBatch` looked up in the batch view. */
export async function countEntrants({ session, folder }: Attempt, { beside }: JoinedBatch): Promise<number> {
  if (beside === null) return 0;
  const [row] = await session.collect(`SELECT sum(entrants) AS entrants FROM ${fileTable('parquet', join(folder, 'beside'))}`);
  return Number(row?.entrants ?? 0n);
}

function besideOfMinuteBefore({ pipeline, minute }: Attempt, view: BatchView | null): readonly string[] {
  return view === null ? [] : committedBeside(pipeline, minute - MICROS_PER_MINUTE, view.folder);
}

function besideSql({ pipeline }: Attempt, view: BatchView): string {
  const { project } = pipeline;
  const places = JSON.stringify({ placement: view.placement, files: view.files });
  return `SELECT bucket, inline(array(beside)) FROM (
  SELECT w.bucket, prlx_batch_beside(w.last, w.touched, b.run, ${quoteLiteral(windowSpec(project))}, ${quoteLiteral(places)}) AS beside
  FROM prlx_windows w LEFT JOIN prlx_beside_before b ON b.bucket = w.bucket
)`;
}

/** The view `prlx_beside`: runs of batch rows of a folder (`beside` of an iteration, or all of a batch view); null: there are none. */
export async function openBeside(session: SparkSession, folder: string | null): Promise<void> {
  await parquetView(session, 'prlx_beside', 'bucket INT, run BINARY', folder === null ? [] : [folder]);
}

/**
 * Makes the runs of batch rows in a folder (`beside` of an iteration, or all of a batch view) the view `prlx_batch`: the key, and of the columns
 * of the view `batch` those that the rows hold.
 */
export async function openRows(engine: Engine, project: Project, view: BatchView, folder: string): Promise<void> {
  const { session } = engine;
  await openBeside(session, folder);
  await engine.ensure('prlx_batch', view.taken.join('\n'), async () => {
    const cells = keptCells(project, new Set(view.taken));
    await session.registerJavaFunction('prlx_batch_rows', 'dev.parallax.functions.BatchRows', batchRowsType(project, cells));
    await session.command(
      `CREATE OR REPLACE TEMPORARY VIEW prlx_batch AS SELECT inline(prlx_batch_rows(run, ${quoteLiteral(batchRowsSpec(project, cells))})) FROM prlx_beside`,
    );
  });
}
