import { join } from 'node:path';
import { MICROS_PER_MINUTE, quoteIdentifier, quoteLiteral, type Seal } from '@parallax/core';
import { committedBeside } from '../committed.ts';
import { parquetView } from '../engine/relations.ts';
import { windowSpec } from '../engine/specs.ts';
import { typedKey, writeState } from '../engine/sql.ts';
import type { BatchView } from '../ledger/ledger.ts';
import type { Attempt } from '../pipeline.ts';
import { batchColumnTypes, batchRowsSpec, batchRowsType, batchViewColumns } from './columns.ts';
import { ensureBatchView } from './layer.ts';
import { noBatchSql } from './no-batch.ts';
import { keptCells } from './variables.ts';

/** Columns of `beside`: the batch rows of a bucket's customers, and what finding those that entered cost. */
export const BESIDE_SCHEMA = 'bucket INT, run BINARY, entrants INT, pages INT, bytes BIGINT';

/** The batch rows of the minute's customers, as `prlx_batch` (key, columns) and `prlx_base` (key). */
export interface JoinedBatch {
  readonly baseCustomers: number;
  /** Customers that were looked up in the batch view, and the bytes that were read for them. */
  readonly entrants: number;
  readonly bytes: number;
}

/** Opens the batch view that the seal names, making it first if no minute has used it yet; null before any day is active. */
export async function openBatch(attempt: Attempt, seal: Seal): Promise<BatchView | null> {
  const { pipeline, engine } = attempt;
  return seal.batch === null ? null : ensureBatchView(pipeline, engine, seal.batch, pipeline.onBatchProgress);
}

/**
 * Looks up the batch rows of customers that entered a window with this minute, and keeps them beside the windows: the folder `beside`. The
 * others' rows are those of the minute before, unless it had another version. What this costs follows who enters, not the base.
 */
export async function joinBatch(attempt: Attempt, seal: Seal, view: BatchView | null): Promise<JoinedBatch> {
  const { pipeline, engine, session, minute, folder } = attempt;
  const { project } = pipeline;
  if (view === null) {
    await engine.ensure('prlx_batch', 'none', async () => {
      await session.command(`CREATE OR REPLACE TEMPORARY VIEW prlx_batch AS ${noBatchSql(project)}`);
      await session.command('CREATE OR REPLACE TEMPORARY VIEW prlx_base AS SELECT key FROM prlx_batch');
    });
    return { baseCustomers: 0, entrants: 0, bytes: 0 };
  }
  if (project.population === 'base') {
    await parquetView(session, 'prlx_beside', 'bucket INT, run BINARY', [view.folder]);
    await defineRows(attempt, view);
    return { baseCustomers: view.customers, entrants: 0, bytes: 0 };
  }
  const before = pipeline.ledger.seal(minute - MICROS_PER_MINUTE);
  const same = before?.batch?.version === seal.batch?.version && before?.batch?.day === seal.batch?.day;
  const kept = same && before?.projectHash === project.hash ? committedBeside(pipeline, minute - MICROS_PER_MINUTE) : [];
  await parquetView(session, 'prlx_beside_before', BESIDE_SCHEMA, kept);
  const beside = join(folder, 'beside');
  await session.command(writeState(beside, besideSql(attempt, view)));
  await parquetView(session, 'prlx_beside', BESIDE_SCHEMA, [beside]);
  await defineRows(attempt, view);
  const [row] = await session.collect('SELECT sum(entrants) AS entrants, sum(bytes) AS bytes FROM prlx_beside');
  return { baseCustomers: view.customers, entrants: Number(row?.entrants ?? 0n), bytes: Number(row?.bytes ?? 0n) };
}

function besideSql({ pipeline }: Attempt, view: BatchView): string {
  const { project } = pipeline;
  const places = JSON.stringify({ placement: view.placement, files: view.files });
  return `SELECT bucket, inline(array(beside)) FROM (
  SELECT bucket, prlx_batch_beside(max(last), max(touched), max(kept), ${quoteLiteral(windowSpec(project))}, ${quoteLiteral(places)}) AS beside FROM (
    SELECT bucket, last, touched, CAST(NULL AS BINARY) AS kept FROM prlx_windows
    UNION ALL SELECT bucket, NULL, NULL, run FROM prlx_beside_before
  ) GROUP BY bucket
)`;
}

/** Views over whatever `prlx_beside` is; made anew when the cells of a row are others. */
async function defineRows({ pipeline, engine, session }: Attempt, view: BatchView): Promise<void> {
  const { project } = pipeline;
  const taken = new Set(view.taken);
  await engine.ensure('prlx_batch', JSON.stringify(view.taken), async () => {
    const cells = keptCells(project, taken);
    await session.registerJavaFunction('prlx_batch_rows', 'dev.parallax.functions.BatchRows', batchRowsType(project, cells));
    const types = batchColumnTypes(project);
    const columns = batchViewColumns(project).map((name) =>
      types.has(name) && !taken.has(name) ? `CAST(NULL AS ${types.get(name)}) AS ${quoteIdentifier(name)}` : quoteIdentifier(name),
    );
    await session.command(
      `CREATE OR REPLACE TEMPORARY VIEW prlx_batch AS SELECT ${['key', ...columns].join(', ')} FROM (SELECT inline(prlx_batch_rows(run, ${quoteLiteral(batchRowsSpec(project, cells))})) FROM prlx_beside)`,
    );
    await session.command('CREATE OR REPLACE TEMPORARY VIEW prlx_base AS SELECT explode(prlx_batch_keys(run)) AS key FROM prlx_beside');
  });
}

/** The view `batch`: exactly the population's rows. */
export function batchUserViewSql(attempt: Attempt): string {
  const { project } = attempt.pipeline;
  const columns = batchViewColumns(project).map((c) => `b.${quoteIdentifier(c)}`);
  return `SELECT ${[`${typedKey('p.key', project.key.type)} AS ${quoteIdentifier(project.key.name)}`, ...columns].join(', ')}
FROM prlx_population p LEFT JOIN prlx_batch b ON b.key = p.key`;
}
