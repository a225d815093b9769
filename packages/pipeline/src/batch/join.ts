import { join } from 'node:path';
import { type BatchVersion, MICROS_PER_MINUTE, type Project, quoteLiteral } from '@parallax/core';
import type { RelationDefinition, SparkSession } from '@parallax/spark-connect';
import { committedBeside } from '../committed.ts';
import { amendedPart, touchedSql } from '../draft/whole.ts';
import type { Engine } from '../engine/engine.ts';
import { parquetRelation, parquetView } from '../engine/relations.ts';
import { windowSpec } from '../engine/specs.ts';
import { writeState } from '../engine/sql.ts';
import type { BatchView } from '../ledger/ledger.ts';
import type { Attempt } from '../pipeline.ts';
import { PANES_SCHEMA } from '../window/panes.ts';
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
 */
export async function joinBatch(attempt: Attempt, view: BatchView | null): Promise<JoinedBatch> {
  const { pipeline, engine, session, minute } = attempt;
  const { project } = pipeline;
  if (view === null) {
    await openBeside(session, null);
    await engine.ensure('prlx_batch', 'none', () =>
      session.command(`CREATE OR REPLACE TEMPORARY VIEW prlx_batch AS ${noBatchSql(project)}`),
    );
    return { baseCustomers: 0, taken: [...batchColumnTypes(project).keys()], beside: null };
  }
  if (project.population === 'base') {
    await openRows(engine, project, view, view.folder);
    return { baseCustomers: view.customers, taken: view.taken, beside: null };
  }
  const { whole, amended } = committedBeside(pipeline, minute - MICROS_PER_MINUTE, view.folder);
  return writeBeside(attempt, view, 'beside', lookupSql(project, view), {
    prlx_beside_before: parquetRelation(BESIDE_SCHEMA, [...whole, ...amended]),
  });
}

/**
 * A minute's lookup, rows of {@link BESIDE_SCHEMA}, over the relations `prlx_windows` (bucket, last, touched) and `prlx_beside_before` (of the same schema, what the
 * minute before kept). The view is no relation of it: its pages are read by their offsets.
 */
export function lookupSql(project: Project, view: Pick<BatchView, 'placement' | 'files'>): string {
  const before = '(SELECT bucket, collect_list(run) AS runs FROM prlx_beside_before GROUP BY bucket)';
  const call = besideCall(project, view, 'w.last', 'w.touched', 'b.runs');
  return besideRows(`SELECT w.bucket, ${call} FROM prlx_windows w LEFT JOIN ${before} b ON b.bucket = w.bucket`);
}

/**
 * The same for the customers alone whom panes touch: the folder `beside-amended`, with the rows of all of them. It needs nothing of their windows, in
 * which nobody else is.
 *
 * @param drafted the folder whose rows are kept
 * @param more folders of `PANES_SCHEMA`
 */
export async function amendBatch(attempt: Attempt, view: BatchView | null, drafted: string, more: readonly string[]): Promise<JoinedBatch> {
  if (view === null) return joinBatch(attempt, view);
  const touched = `(${touchedSql('prlx_panes_beside')})`;
  const call = (kept: string) => besideCall(attempt.pipeline.project, view, 'CAST(NULL AS BINARY)', 'a.keys', kept);
  // What is kept is much, and stays where it is read.
  const sql = `SELECT /*+ BROADCAST(a) */ a.bucket, ${call('array(b.run)')} FROM prlx_beside_before b JOIN ${touched} a ON a.bucket = b.bucket
  UNION ALL SELECT a.bucket, ${call('CAST(NULL AS ARRAY<BINARY>)')} FROM ${touched} a LEFT ANTI JOIN prlx_beside_before b ON b.bucket = a.bucket`;
  return writeBeside(attempt, view, amendedPart('beside'), besideRows(sql), {
    prlx_beside_before: parquetRelation(BESIDE_SCHEMA, [drafted]),
    prlx_panes_beside: parquetRelation(PANES_SCHEMA, more),
  });
}

async function writeBeside(
  attempt: Attempt,
  view: BatchView,
  target: string,
  sql: string,
  relations: Readonly<Record<string, RelationDefinition>>,
): Promise<JoinedBatch> {
  const { pipeline, engine, session, folder } = attempt;
  const beside = join(folder, target);
  await session.command(writeState(beside, sql), { relations });
  await openRows(engine, pipeline.project, view, beside);
  return { baseCustomers: view.customers, taken: view.taken, beside: view.folder };
}

/**
 * Those keys that are no base customer's: each is looked up for itself, by the page of the view in which it would lie.
 *
 * @param keys relation (key STRING)
 */
export function outsideBaseSql(project: Project, view: Pick<BatchView, 'placement' | 'files'>, keys: string): string {
  const n = 'length(CAST(key AS BINARY))';
  // A key with its length, as `prlx_keys` packs it: keys are shorter than 16 KiB.
  const size = `unhex(IF(${n} < 128, lpad(hex(${n}), 2, '0'), concat(hex(128 + ${n} % 128), lpad(hex(${n} DIV 128), 2, '0'))))`;
  const found = besideCall(project, view, 'CAST(NULL AS BINARY)', 'packed', 'CAST(NULL AS ARRAY<BINARY>)');
  // Outside the base a row is the key and a length of 0.
  return `SELECT key FROM (SELECT key, packed, ${found} FROM (SELECT key, concat(${size}, CAST(key AS BINARY)) AS packed FROM ${keys})) WHERE length(beside.run) = length(packed) + 1`;
}

/** How many customers were looked up in the batch view. @param folders of `BESIDE_SCHEMA` */
export async function countEntrants({ session }: Attempt, { beside }: JoinedBatch, folders: readonly string[]): Promise<number> {
  if (beside === null) return 0;
  const relations = { prlx_beside_counted: parquetRelation(BESIDE_SCHEMA, folders) };
  const [row] = await session.collect('SELECT sum(entrants) AS entrants FROM prlx_beside_counted', { relations });
  return Number(row?.entrants ?? 0n);
}

/** The batch rows of an iteration that was made of a draft, as one relation (bucket, run). @param parts relation (bucket, run): what stays, and what was done again */
export function wholeBesideSql(parts: string): string {
  return `SELECT bucket, prlx_batch_union(collect_list(run)) AS run FROM ${parts} GROUP BY bucket`;
}

/** @param sql rows of a bucket and {@link besideCall} */
function besideRows(sql: string): string {
  return `SELECT bucket, inline(array(beside)) FROM (\n  ${sql}\n)`;
}

/** A bucket's batch rows as `beside`. @param last, touched, kept what `prlx_batch_beside` takes, as SQL */
function besideCall(project: Project, view: Pick<BatchView, 'placement' | 'files'>, last: string, touched: string, kept: string): string {
  const places = JSON.stringify({ placement: view.placement, files: view.files });
  return `prlx_batch_beside(${last}, ${touched}, ${kept}, ${quoteLiteral(windowSpec(project))}, ${quoteLiteral(places)}) AS beside`;
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
