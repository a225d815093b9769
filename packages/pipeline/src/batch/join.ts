import type { Seal } from '@parallax/core';
import { fileTable } from '../engine/sql.ts';
import type { Attempt } from '../pipeline.ts';
import { ensureBatchView, noBatchSql } from './layer.ts';

/** The batch view of the sealed day, as `prlx_batch` (key, columns). */
export interface JoinedBatch {
  readonly baseCustomers: number;
}

/** Opens the batch view that the seal names, making it first if no minute has used it yet. Before any day is active it is empty. */
export async function joinBatch(attempt: Attempt, seal: Seal): Promise<JoinedBatch> {
  const { pipeline, engine, session } = attempt;
  const { project } = pipeline;
  if (seal.batch === null) {
    await engine.ensure('prlx_batch', 'none', () =>
      session.command(`CREATE OR REPLACE TEMPORARY VIEW prlx_batch AS ${noBatchSql(project)}`),
    );
    return { baseCustomers: 0 };
  }
  const view = await ensureBatchView(pipeline, session, seal.batch, pipeline.onBatchProgress);
  await engine.ensure('prlx_batch', view.folder, () =>
    session.command(`CREATE OR REPLACE TEMPORARY VIEW prlx_batch AS SELECT * FROM ${fileTable('parquet', view.folder)}`),
  );
  return { baseCustomers: view.customers };
}
