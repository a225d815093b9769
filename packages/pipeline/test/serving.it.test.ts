/**
 * Goal: a customer without any event is served from the baseline, one with an iteration from its newest one, across many minutes put together.
 * Method: a lake of five customers on real Spark; the baseline by the project's SQL, iterations' results by hand.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MinuteVerdict } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { expect, test } from 'vitest';
import { type BatchWork, ensureBatchView } from '../src/batch/layer.ts';
import { storeReader } from '../src/batch/store-reader.ts';
import type { Engine } from '../src/engine/engine.ts';
import { StatePaths } from '../src/engine/paths.ts';
import { fileTable, writeParquet } from '../src/engine/sql.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { makeBaseline } from '../src/serve/baseline.ts';
import { currentOverlay, servedLayers } from '../src/serve/layers.ts';
import { gatherOverlay } from '../src/serve/overlay.ts';
import { newestSql, servedColumns, servingSql } from '../src/serve/serving.ts';
import { engineOfTest } from './real-engine.ts';
import { at, FILES, folderOf, sealOf, writeFiles } from './support.ts';

const DAY = { day: '2026-01-05', version: 'v1' };

async function workOf(engine: Engine): Promise<BatchWork & { readonly ledger: Ledger }> {
  const folder = await folderOf();
  const target = join(folder, 'lake', 'profile', `day=${DAY.day}`);
  await engine.session.command(
    writeParquet(target, "SELECT id AS customer_id, IF(id % 2 = 0, 'gold', NULL) AS tier, id * 10 AS months FROM range(1, 6, 1, 1)"),
  );
  await writeFile(join(target, '_SUCCESS'), '');
  await writeFiles(folder, {
    ...FILES,
    'batch/nosql.yaml': null,
    'batch/scorecard.csv': null,
    'batch/dwh.yaml': `from: { parquet: { path: "${folder}/lake/{table}/day={day}" } }
tables:
  - { name: profile, key: customer_id, columns: [{ name: tier, type: text }, { name: months, places: 0 }] }
`,
    'satisfaction.sql': `SELECT s.customer_id, CAST(b.profile_months + s.network_drops_count + COALESCE(s.network_drops_sum, 1) + COALESCE(o.care_open_tickets, 1) AS DECIMAL(5,2)) AS satisfaction,
  b.profile_tier AS tier, i.batch_age_days AS age
FROM stream s JOIN batch b ON b.customer_id = s.customer_id JOIN online o ON o.customer_id = s.customer_id CROSS JOIN iteration i\n`,
  });
  const project = await loadProject(folder);
  const ledger = Ledger.open(':memory:');
  ledger.takeLease('test', 0n, 1n << 60n);
  ledger.registerDay(DAY, at('09:56'));
  return { project, ledger, paths: new StatePaths(join(folder, 'state')), batch: storeReader(project, {}), buckets: 2 };
}

test('baseline, overlay and iterations are served as one', { timeout: 180_000 }, async () => {
  const engine = await engineOfTest();
  const { session } = engine;
  const work = await workOf(engine);
  const { project, ledger, paths } = work;
  const view = await ensureBatchView(work, engine, DAY);
  const day = ledger.days()[0];
  if (day === undefined) throw new Error('no day');
  const baseline = await makeBaseline(engine, project, day, view);
  expect([baseline.customers, baseline.minute]).toEqual([5, String(at('10:00'))]);
  ledger.setDayBaseline(DAY, baseline);
  const rows = await session.collect(
    `SELECT customer_id, CAST(satisfaction AS STRING) AS s, tier, age FROM ${fileTable('parquet', baseline.folder)} ORDER BY customer_id`,
  );
  expect(rows.map((row) => [Number(row.customer_id), row.s, row.tier, row.age])).toEqual([
    [1, '12.00', null, 0],
    [2, '22.00', 'gold', 0],
    [3, '32.00', null, 0],
    [4, '42.00', 'gold', 0],
    [5, '52.00', null, 0],
  ]);

  const commit = async (minute: bigint, customer: number, satisfaction: number, amended = false) => {
    const folder = join(paths.iteration(minute), '1-1');
    await mkdir(folder, { recursive: true });
    await session.command(
      writeParquet(
        join(folder, 'results'),
        `SELECT CAST(${customer} AS BIGINT) AS customer_id, CAST(${satisfaction} AS DECIMAL(5,2)) AS satisfaction, 'x' AS tier, 0 AS age`,
      ),
    );
    ledger.writeSeal(minute, { ...sealOf('10:00'), batch: DAY, projectHash: project.hash }, 1n);
    const report = JSON.stringify({ minute: String(minute), batch: DAY, amended });
    ledger.commit({ minute, folder, manifest: 'm', digest: 'd', report }, []);
  };
  /** Of a minute that was made of a draft: customer 2 was done again, and has this satisfaction, or none. */
  const amend = async (minute: bigint, satisfaction: number | null) => {
    const folder = join(paths.iteration(minute), '1-1');
    const rows = `SELECT CAST(2 AS BIGINT) AS customer_id, CAST(${satisfaction ?? 0} AS DECIMAL(5,2)) AS satisfaction, 'y' AS tier, 0 AS age WHERE ${satisfaction !== null}`;
    await session.command(writeParquet(join(folder, 'results-amended'), rows));
    await session.command(writeParquet(join(folder, 'amended'), "SELECT 0 AS bucket, X'0132' AS keys"));
  };
  const served = async () => {
    const layers = servedLayers(ledger);
    if (layers === null) throw new Error('no layers');
    const columns = await servedColumns(session, layers);
    const verdicts = new Map<bigint, MinuteVerdict['verdict']>([[at('10:00'), 'match']]);
    const sql = servingSql(layers, columns, await newestSql(session, layers, columns), verdicts);
    const all = await session.collect(
      `SELECT customer_id, CAST(satisfaction AS STRING) AS s, served_from AS f, date_format(served_minute, 'HH:mm') AS m, served_age_minutes AS a, served_verdict AS v FROM (${sql}) ORDER BY customer_id`,
    );
    return all.map((row) => [Number(row.customer_id), row.s, row.f, row.m, row.a, row.v]);
  };
  await commit(at('10:00'), 1, 7);
  await commit(at('10:01'), 2, 8);
  await commit(at('10:02'), 2, 3, true);
  await amend(at('10:02'), 9);
  const soon = [
    [1, '7.00', 'iteration', '10:00', 2, 'match'],
    [2, '9.00', 'iteration', '10:02', 0, null],
    [3, '32.00', 'baseline', '10:00', 2, null],
    [4, '42.00', 'baseline', '10:00', 2, null],
    [5, '52.00', 'baseline', '10:00', 2, null],
  ];
  expect(await served()).toEqual(soon);
  // Who was done again and has no result any more is served from before.
  await amend(at('10:02'), null);
  expect((await served())[1]).toEqual([2, '8.00', 'iteration', '10:01', 1, null]);
  await amend(at('10:02'), 9);

  await gatherOverlay(engine, ledger, paths);
  expect(currentOverlay(ledger)).toBeNull();
  await gatherOverlay(engine, ledger, paths, 3);
  expect(servedLayers(ledger)?.iterations).toEqual([]);
  expect(await served()).toEqual(soon);
  await commit(at('10:03'), 1, 6);
  expect((await served()).slice(0, 2)).toEqual([
    [1, '6.00', 'iteration', '10:03', 0, null],
    [2, '9.00', 'iteration', '10:02', 1, null],
  ]);
  ledger.close();
});
