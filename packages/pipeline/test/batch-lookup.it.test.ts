/**
 * Goal: what a minute pays to find its customers' batch rows follows who enters, and not the base. Method: Spark's own plan of the statement, in which the view is
 * scanned nowhere; a statement that does scan it shows that it would be seen.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BESIDE_SCHEMA, lookupSql } from '../src/batch/join.ts';
import { VIEW_SCHEMA } from '../src/batch/reduce.ts';
import { parquetRelation } from '../src/engine/relations.ts';
import { writeParquet } from '../src/engine/sql.ts';
import { engineOfTest } from './real-engine.ts';
import { folderOf, projectOf } from './support.ts';

test('a minute’s lookup scans its windows and what was kept, and no batch view', async () => {
  const engine = await engineOfTest();
  const { session } = engine;
  const folder = await folderOf();
  const [windows, before, view] = ['windows', 'before', 'view'].map((name) => join(folder, name)) as [string, string, string];
  await session.command(
    writeParquet(windows, 'SELECT CAST(id AS INT) AS bucket, CAST(NULL AS BINARY) AS last, CAST(NULL AS BINARY) AS touched FROM range(4)'),
  );
  await session.command(
    writeParquet(
      before,
      'SELECT CAST(id AS INT) AS bucket, CAST(NULL AS BINARY) AS run, 0 AS entrants, 0 AS pages, CAST(0 AS BIGINT) AS bytes FROM range(4)',
    ),
  );
  await session.command(writeParquet(view, 'SELECT CAST(id AS INT) AS bucket, CAST(NULL AS BINARY) AS run FROM range(4)'));
  const relations = {
    prlx_windows: parquetRelation('bucket INT, last BINARY, touched BINARY', [windows]),
    prlx_beside_before: parquetRelation(BESIDE_SCHEMA, [before]),
    prlx_view: parquetRelation(VIEW_SCHEMA, [view]),
  };
  await session.setConf({ 'spark.sql.maxMetadataStringLength': '10000' });
  const scanned = async (sql: string) => {
    const plan = await session.explain(sql, 'formatted', { relations });
    return [...plan.matchAll(/^Location: .*\[(?:file:)?(.*)\]$/gm)].map(([, path]) => path).sort();
  };
  const places = {
    placement: { buckets: 4, pages: 1, lanes: 1 },
    files: Array.from({ length: 4 }, (_, i) => join(view, `part-${i}.parquet`)),
  };
  expect(await scanned(lookupSql(await projectOf(), places))).toEqual([before, windows]);
  const whole = 'SELECT w.bucket, v.run FROM prlx_windows w JOIN prlx_view v ON v.bucket = w.bucket';
  expect(await scanned(whole)).toEqual([view, windows]);
});
