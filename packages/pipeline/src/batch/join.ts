import { quoteIdentifier, type Seal } from '@parallax/core';
import { fileTable, typedKey } from '../engine/sql.ts';
import type { Attempt } from '../pipeline.ts';
import { batchViewColumns } from './reduce.ts';
import { ensureBatchView, noBatchSql } from './layer.ts';

/** The batch view of the sealed day as the views `prlx_batch` (key, columns), `prlx_base` (key) and, for the population, `batch`. */
export interface JoinedBatch {
  readonly baseCustomers: number;
}

/** Opens the batch view that the seal names, making it first if no minute has used it yet. Before any day is active it is empty. */
export async function joinBatch(attempt: Attempt, seal: Seal): Promise<JoinedBatch> {
  const { pipeline, session } = attempt;
  const { project } = pipeline;
  const rows =
    seal.batch === null
      ? noBatchSql(project)
      : `SELECT * FROM ${fileTable('parquet', await ensureBatchView(pipeline, session, seal.batch, pipeline.onBatchProgress))}`;
  await session.command(`CREATE OR REPLACE TEMPORARY VIEW prlx_batch AS ${rows}`);
  await session.command('CREATE OR REPLACE TEMPORARY VIEW prlx_base AS SELECT key FROM prlx_batch');
  const [row] = seal.batch === null ? [] : await session.collect('SELECT count(*) AS n FROM prlx_base');
  return { baseCustomers: Number(row?.n ?? 0n) };
}

/** The view `batch`: exactly the population's rows. */
export function batchUserViewSql(attempt: Attempt): string {
  const { project } = attempt.pipeline;
  const columns = batchViewColumns(project).map((c) => `b.${quoteIdentifier(c)}`);
  return `SELECT ${[`${typedKey('p.key', project.key.type)} AS ${quoteIdentifier(project.key.name)}`, ...columns].join(', ')}
FROM prlx_population p LEFT JOIN prlx_batch b ON b.key = p.key`;
}
