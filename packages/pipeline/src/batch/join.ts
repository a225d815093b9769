import { quoteIdentifier, type Seal } from '@parallax/core';
import { fileTable, typedKey } from '../engine/sql.ts';
import type { Attempt } from '../pipeline.ts';
import { ensureBatchView, noBatchSql } from './layer.ts';
import { batchViewColumns } from './reduce.ts';

/** The batch view of the sealed day, as `prlx_batch` (key, columns) and `prlx_base` (key). */
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
    await openBase(attempt);
    return { baseCustomers: 0 };
  }
  const view = await ensureBatchView(pipeline, session, seal.batch, pipeline.onBatchProgress);
  await engine.ensure('prlx_batch', view.folder, () =>
    session.command(`CREATE OR REPLACE TEMPORARY VIEW prlx_batch AS SELECT * FROM ${fileTable('parquet', view.folder)}`),
  );
  await openBase(attempt);
  return { baseCustomers: view.customers };
}

async function openBase({ engine, session }: Attempt): Promise<void> {
  await engine.ensure('prlx_base', '', () => session.command('CREATE OR REPLACE TEMPORARY VIEW prlx_base AS SELECT key FROM prlx_batch'));
}

/** The view `batch`: exactly the population's rows. */
export function batchUserViewSql(attempt: Attempt): string {
  const { project } = attempt.pipeline;
  const columns = batchViewColumns(project).map((c) => `b.${quoteIdentifier(c)}`);
  return `SELECT ${[`${typedKey('p.key', project.key.type)} AS ${quoteIdentifier(project.key.name)}`, ...columns].join(', ')}
FROM prlx_population p LEFT JOIN prlx_batch b ON b.key = p.key`;
}
