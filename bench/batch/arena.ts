import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Project } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import type { RunningService } from '@parallax/local';
import { type Engine, Ledger, StatePaths } from '@parallax/pipeline';
import { batchRowsSpec, batchRowsType } from '@parallax/pipeline/batch/columns.ts';
import { makeBatchView } from '@parallax/pipeline/batch/layer.ts';
import { storeReader } from '@parallax/pipeline/batch/store-reader.ts';
import { fileTable } from '@parallax/pipeline/engine/sql.ts';
import type { BatchView } from '@parallax/pipeline/ledger/ledger.ts';
import type { BenchContext } from '../bench.ts';
import { DAY, type DaySize, projectFiles } from './data.ts';

const BUCKETS = 64;

/** What every part of the bench works with. */
export interface Arena {
  readonly context: BenchContext;
  readonly home: string;
  readonly server: RunningService;
  readonly duck: DuckDBConnection;
  readonly engine: Engine;
}

export interface MadeView {
  readonly view: BatchView;
  /** The expression that unpacks a `run` of it. */
  readonly rows: string;
}

/** The project that reads a day of such a size, written to a folder. @param from the setting `from` of its batch source @param kept columns that its SQL reads */
export async function projectIn(folder: string, from: string, size: DaySize, kept = 0): Promise<Project> {
  for (const [path, text] of Object.entries(projectFiles(from, size, kept))) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return loadProject(folder);
}

/** Makes the batch view of the day in an empty folder of state. */
export async function makeView(engine: Engine, project: Project, state: string): Promise<MadeView> {
  const ledger = Ledger.open(':memory:');
  try {
    const work = { project, ledger, paths: new StatePaths(state), batch: storeReader(project, {}), buckets: BUCKETS };
    const view = await makeBatchView(work, engine, { day: DAY, version: 'v1' });
    return { view, rows: `prlx_bench_rows(run, '${batchRowsSpec(project, [])}')` };
  } finally {
    ledger.close();
  }
}

/** Makes the rows of a view readable as the table `bench_rows`. */
export async function openRows({ session }: Engine, project: Project, { view, rows }: MadeView): Promise<void> {
  await session.registerJavaFunction('prlx_bench_rows', 'dev.parallax.functions.BatchRows', batchRowsType(project, []));
  await session.command(`CREATE OR REPLACE TEMPORARY VIEW bench_rows AS SELECT inline(${rows}) FROM ${fileTable('parquet', view.folder)}`);
}
