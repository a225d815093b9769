import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { BatchView } from '@parallax/alternative/batch/batch-view.ts';
import { BatchSource } from '@parallax/alternative/sources/live/batch-source.ts';
import type { Project } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { JARS } from '@parallax/local';
import { Ledger, openEngine, StatePaths } from '@parallax/pipeline';
import { makeBatchView } from '@parallax/pipeline/batch/layer.ts';
import { completeDays, storeReader } from '@parallax/pipeline/batch/store-reader.ts';
import type { BatchView as SparkView } from '@parallax/pipeline/ledger/ledger.ts';
import { batchColumns } from '@parallax/reconcile/columns.ts';
import { scaledText } from '@parallax/reconcile/decimal-text.ts';
import { findBatchRows } from '@parallax/reconcile/spark-side/batch-rows.ts';
import { ParquetReader } from '@parallax/reconcile/spark-side/parquet.ts';
import { expect, onTestFinished } from 'vitest';

type Row = Readonly<Record<string, string | null>>;

/** A project that needs no more than its batch tables. @param files beside those, by path */
export async function batchProject(folder: string, files: Readonly<Record<string, string>>): Promise<Project> {
  const all = {
    'streams/web.yaml':
      'key: { field: id }\ntime: { field: t, format: epoch_us }\nevent_id: e\nvariables:\n  - { name: x, field: x, places: 0, aggregates: [sum] }\n',
    'actions.sql': "SELECT customer_id, 'a' AS action, 'r' AS reason FROM satisfaction WHERE false",
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return loadProject(folder);
}

/**
 * The one complete day of a project's stores as both sides read it, each by its own clients: the rows of the customers `keys` by name of column, as text.
 *
 * @param url the Spark Connect server's
 * @param env for both sides' settings
 */
export async function bothViews(
  project: Project,
  { folder, url, env, keys }: { folder: string; url: string; env: Readonly<Record<string, string>>; keys: readonly string[] },
): Promise<{ day: string; view: SparkView; spark: ReadonlyMap<string, Row>; alternative: ReadonlyMap<string, Row> }> {
  const engine = await openEngine({ url, functionsJar: join(JARS, 'functions', 'parallax-spark-functions.jar') });
  onTestFinished(() => engine.session.close());
  const ledger = Ledger.open(':memory:');
  onTestFinished(() => ledger.close());
  const [day, ...others] = await completeDays(project, engine.session, env);
  if (day === undefined || others.length > 0) throw new Error(`${others.length + Number(day !== undefined)} days are complete`);
  const work = { project, ledger, paths: new StatePaths(join(folder, 'state')), batch: storeReader(project, env), buckets: 4 };
  const view = await makeBatchView(work, engine, day);

  const source = new BatchSource({ project, env, addresses: {}, scratch: join(folder, 'scratch'), now: Date.now });
  onTestFinished(() => source.close());
  // Each side finds the day complete by itself, as of the same time.
  const registered = [{ day: day.day, version: day.version, registered: day.completedAt, view: null }];
  expect(await source.days(registered)).toEqual([{ day: day.day, version: day.version, registered: day.completedAt }]);
  const sources = { table: source.table.bind(source), dayBytes: async () => source.dayBytes() };
  const own = await BatchView.build(project, sources, day.day, join(folder, 'own'));
  onTestFinished(() => own.close());

  expect(await own.aside()).toEqual(view.aside);

  const parquet = await ParquetReader.open();
  onTestFinished(() => parquet.close());
  const columns = batchColumns(project);
  const spark = new Map<string, Row>();
  for (const [key, row] of await findBatchRows(parquet, project, { folders: [view.folder], taken: view.taken }, new Set(keys)))
    spark.set(key, Object.fromEntries(row));
  const alternative = new Map<string, Row>();
  for (const [key, cells] of await own.rows(keys)) {
    const text = (at: number): string | null => {
      const cell = cells[at] ?? null;
      return typeof cell === 'bigint' ? scaledText(cell, columns[at]?.places ?? null) : cell;
    };
    alternative.set(key, Object.fromEntries(columns.map(({ name }, at) => [name, text(at)])));
  }
  return { day: day.day, view, spark, alternative };
}

/** A port of loopback that nobody has. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
