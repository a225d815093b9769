/**
 * Goal: a lake of Parquet becomes a batch view whose rows are those of the contract, and a lookup reads only the pages it needs. Method: days
 * written by Spark whose scorecards are known in closed form; integers, decimals, dictionaries, nested fields, nulls, rows to keep aside.
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { quoteLiteral } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { describe, expect, test } from 'vitest';
import { batchRowsSpec, batchRowsType } from '../src/batch/columns.ts';
import { readAside, readProfile, readSummaries } from '../src/batch/day-record.ts';
import { type BatchProgress, type BatchWork, makeBatchView } from '../src/batch/layer.ts';
import { storeReader } from '../src/batch/store-reader.ts';
import { storeOf } from '../src/batch/stores.ts';
import { keptCells } from '../src/batch/variables.ts';
import type { Engine } from '../src/engine/engine.ts';
import { StatePaths } from '../src/engine/paths.ts';
import { fileTable, writeParquet } from '../src/engine/sql.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { engineOfTest } from './real-engine.ts';
import { FILES, folderOf, writeFiles } from './support.ts';

const DAY = '2026-01-04';
const CUSTOMERS = 3000;

/** profile: of every customer; usage: of those not divisible by 5, keyed as text with a prefix, one twice, one without the prefix. */
async function lakeOf(engine: Engine): Promise<{ folder: string; work: BatchWork }> {
  const folder = await folderOf();
  const lake = join(folder, 'lake');
  const write = async (table: string, sql: string) => {
    const target = join(lake, table, `day=${DAY}`);
    await engine.session.command(writeParquet(target, sql));
    await mkdir(target, { recursive: true });
    await writeFile(join(target, '_SUCCESS'), '');
  };
  await write(
    'profile',
    `SELECT id AS customer_id, named_struct('tier', IF(id % 3 = 0, NULL, concat('t', id % 3))) AS plan, CAST(id % 400 AS INT) AS months, CAST(1 AS INT) AS unused FROM range(0, ${CUSTOMERS}, 1, 2)`,
  );
  await write(
    'usage',
    `SELECT concat('C-', CAST(id AS STRING)) AS cust, CAST(id % 7 AS SMALLINT) AS v1, IF(id % 2 = 0, CAST(id AS DECIMAL(12,2)) / 4, NULL) AS v2 FROM range(0, ${CUSTOMERS}, 1, 3) WHERE id % 5 <> 0
     UNION ALL SELECT 'C-1', CAST(0 AS SMALLINT), CAST(0 AS DECIMAL(23,12)) UNION ALL SELECT 'X-2', CAST(0 AS SMALLINT), CAST(0 AS DECIMAL(23,12))`,
  );
  await writeFiles(folder, {
    ...FILES,
    'batch/dwh.yaml': `from: { parquet: { path: "${lake}/{table}/day={day}" } }
tables:
  - name: profile
    key: customer_id
    columns: [{ name: tier, type: text, field: plan.tier }, { name: months, places: 0 }]
    expect: [{ column: months, max: 398 }]
`,
    'batch/nosql.yaml': `from: { parquet: { path: "${lake}/{table}/day={day}" } }
tables: [{ name: usage, key: cust, key_prefix: "C-", scorecard: true }]
`,
    'batch/scorecard.csv': `source,table,column,module,transform,weight,missing_as
nosql,usage,v1,habit,"linear(3,2)|cap(-1,1)",0.25,
nosql,usage,v2,value,,2,-8
nosql,usage,v1,value,flag(6),10,
`,
    'satisfaction.sql': `SELECT s.customer_id, CAST(50 + count_if(b.profile_tier IS NULL) AS DECIMAL(5,2)) AS satisfaction
FROM stream s JOIN batch b ON b.customer_id = s.customer_id GROUP BY s.customer_id\n`,
  });
  const project = await loadProject(folder);
  const ledger = Ledger.open(':memory:');
  return { folder, work: { project, ledger, paths: new StatePaths(join(folder, 'state')), batch: storeReader(project, {}), buckets: 4 } };
}

/** The scorecard of a customer by module: habit, value. */
function expectedSums(id: number): readonly [number, number] {
  if (id % 5 === 0 || id === 1) return [0, -16];
  const habit = 0.25 * Math.min(1, Math.max(-1, ((id % 7) - 3) / 2));
  return [habit, 2 * (id % 2 === 0 ? id / 4 : -8) + (id % 7 === 6 ? 10 : 0)];
}

describe('a lake', () => {
  test('is reduced to the batch view, read again by single pages', async () => {
    const engine = await engineOfTest();
    const { session } = engine;
    const { work } = await lakeOf(engine);
    const { project } = work;
    for (const source of project.batch) {
      const markers = await storeOf(source, {}).markers(session, source);
      expect(markers.map(({ day, table }) => [day, table])).toEqual([[DAY, source.tables[0]?.name]]);
    }
    const view = await makeBatchView(work, engine, { day: DAY, version: 'v1' });
    const outOfRange = Math.floor(CUSTOMERS / 400);
    expect(view.taken).toEqual(['profile_tier', 'profile_months']);
    expect(view.customers).toBe(CUSTOMERS - outOfRange);
    expect(view.aside).toEqual([
      { table: 'dwh.profile', reason: 'expected.months', rows: outOfRange },
      { table: 'nosql.usage', reason: 'key', rows: 1 },
      { table: 'nosql.usage', reason: 'key_twice', rows: 2 },
    ]);

    const cells = keptCells(project, new Set(view.taken));
    await session.registerJavaFunction('prlx_test_rows', 'dev.parallax.functions.BatchRows', batchRowsType(project, cells, true));
    const unpack = (from: string) =>
      `SELECT inline(prlx_test_rows(run, ${quoteLiteral(batchRowsSpec(project, cells, true))})) FROM ${from}`;
    const rows = await session.collect(
      `SELECT CAST(key AS INT) AS id, profile_tier AS tier, CAST(scorecard_habit AS DOUBLE) AS habit, CAST(scorecard_value AS DOUBLE) AS value, CAST(scorecard AS DOUBLE) AS total, size(top) AS n, top[0].variable AS first FROM (${unpack(fileTable('parquet', view.folder))}) ORDER BY id`,
    );
    expect(rows).toHaveLength(view.customers);
    for (const row of rows) {
      const id = Number(row.id);
      const [habit, value] = expectedSums(id);
      expect([id, row.tier, row.habit, row.value, row.total]).toEqual([
        id,
        id % 3 === 0 ? null : `t${id % 3}`,
        habit,
        value,
        habit + value,
      ]);
    }

    const places = JSON.stringify({ placement: view.placement, files: view.files });
    const byBucket = `SELECT bucket, unhex(concat_ws('', transform(array_sort(collect_list(key)), k -> concat(lpad(hex(length(k)), 2, '0'), hex(k))))) AS touched
FROM (SELECT bucket, inline(prlx_test_rows(run, ${quoteLiteral(batchRowsSpec(project, cells, true))})) FROM ${fileTable('parquet', view.folder)}) WHERE key IN ('2', '7', '1500', '2999') GROUP BY bucket`;
    const looked = `SELECT inline(array(prlx_batch_beside(CAST(NULL AS BINARY), touched, CAST(NULL AS ARRAY<BINARY>), '{"streams":[]}', ${quoteLiteral(places)}))) FROM (${byBucket})`;
    const [cost] = await session.collect(`SELECT sum(entrants) AS entrants, sum(pages) AS pages FROM (${looked})`);
    expect([Number(cost?.entrants), Number(cost?.pages)]).toEqual([4, 4]);
    const found = await session.collect(
      `SELECT key, CAST(scorecard AS DOUBLE) AS total FROM (${unpack(`(${looked})`)}) ORDER BY CAST(key AS INT)`,
    );
    expect(found.map((row) => [row.key, row.total])).toEqual(
      [2, 7, 1500, 2999].map((id) => [String(id), expectedSums(id).reduce((a, b) => a + b, 0)]),
    );

    const version = { day: DAY, version: 'v1' };
    const profile = await readProfile(work.paths, version);
    expect(profile?.get('dwh.profile.months')).toMatchObject({ values: CUSTOMERS, nulls: 0, broken: outOfRange, min: 0, max: 399 });
    expect(profile?.get('nosql.usage.v2')).toMatchObject({ bad: 0, broken: 0, min: 0 });
    const [summary] = await readSummaries(work.paths);
    expect(summary).toMatchObject({ ...version, customers: view.customers, rows: view.rows });
    expect(summary?.aside).toEqual(view.aside.map((count) => ({ ...count, listed: count.rows })));
    const row = { table: 'nosql.usage', column: null, value: null };
    expect(await readAside(work.paths, version)).toEqual([
      ...Array.from({ length: outOfRange }, (_, i) => 400 * i + 399)
        .map(String)
        .sort()
        .map((key) => ({ table: 'dwh.profile', reason: 'expected.months', key, column: 'months', value: '399', rule: 'at most 398' })),
      { ...row, reason: 'key', key: null, value: 'X-2', rule: 'a bigint key behind "C-"' },
      { ...row, reason: 'key_twice', key: '1', rule: 'one row a key' },
      { ...row, reason: 'key_twice', key: '1', rule: 'one row a key' },
    ]);
    work.ledger.close();
  });

  test('is reduced in one statement while its tables are small, and a restart goes on with those that are not done', async () => {
    const engine = await engineOfTest();
    const { work } = await lakeOf(engine);
    const version = { day: DAY, version: 'v1' };
    const told: string[] = [];
    const onProgress = ({ table, done, of }: BatchProgress) => told.push(`${table} ${done}/${of}`);
    const first = await makeBatchView(work, engine, version, onProgress);
    expect(told).toEqual(['dwh.profile 0/2', 'nosql.usage 0/2', 'view 2/2']);
    const root = dirname(first.folder);
    const tables = join(root, (await readdir(root)).find((name) => name.startsWith('reduced-')) ?? '');
    expect(await readdir(tables)).toEqual(['of-0..1']);
    const rowsOf = (folder: string) =>
      engine.session.collect(`SELECT bucket, page, customers, md5(run) AS run FROM ${fileTable('parquet', folder)} ORDER BY bucket, page`);
    const rows = await rowsOf(first.folder);

    await rm(first.folder, { recursive: true });
    told.length = 0;
    const again = await makeBatchView(work, engine, version, onProgress);
    expect(told).toEqual(['view 2/2']);
    expect([again.customers, again.aside, again.rows]).toEqual([first.customers, first.aside, first.rows]);
    expect(await rowsOf(again.folder)).toEqual(rows);

    // The base table alone is done: as many customers lie on as many pages.
    await rm(first.folder, { recursive: true });
    await engine.session.command(
      writeParquet(join(tables, 'of-dwh.profile'), `SELECT * FROM ${fileTable('parquet', join(tables, 'of-0..1'))} WHERE tbl = 0`),
    );
    await rm(join(tables, 'of-0..1'), { recursive: true });
    told.length = 0;
    await makeBatchView(work, engine, version, onProgress);
    expect(told).toEqual(['nosql.usage 1/2', 'view 2/2']);
    expect((await readdir(tables)).sort()).toEqual(['of-dwh.profile', 'of-nosql.usage']);
    expect(await rowsOf(first.folder)).toEqual(rows);
    work.ledger.close();
  });

  test('is cast where its columns are of other types, and one that it lacks is named', async () => {
    const engine = await engineOfTest();
    const { folder, work } = await lakeOf(engine);
    const usage = join(folder, 'lake', 'usage', `day=${DAY}`);
    const write = (v1: string) =>
      engine.session.command(writeParquet(usage, `SELECT concat('C-', id) AS cust, ${v1}, CAST(1 AS INT) AS V2 FROM range(0, 100)`));
    await write('CAST(6 AS DOUBLE) AS v1');
    const view = await makeBatchView(work, engine, { day: DAY, version: 'cast' });
    expect(view.rows).toEqual({ 'dwh.profile': CUSTOMERS, 'nosql.usage': 100 });
    const root = dirname(view.folder);
    const tables = join(root, (await readdir(root)).find((name) => name.startsWith('reduced-')) ?? '');
    expect((await readdir(tables)).sort()).toEqual(['of-dwh.profile', 'of-nosql.usage']);

    await write('6 AS v3');
    await expect(makeBatchView(work, engine, { day: DAY, version: 'lacking' })).rejects.toMatchObject({
      code: 'PRLX_BATCH_COLUMN',
      message: 'the table nosql.usage has no column v1',
    });
    work.ledger.close();
  });

  test('keeps aside what is no number and what has no key, and lists the value that is the reason', async () => {
    const engine = await engineOfTest();
    const { folder, work } = await lakeOf(engine);
    await engine.session.command(
      writeParquet(
        join(folder, 'lake', 'profile', `day=${DAY}`),
        // A column with a dictionary, and one without.
        `SELECT IF(id = 3, 'three', IF(id = 4, NULL, CAST(id AS STRING))) AS customer_id, named_struct('tier', 't') AS plan,
  IF(id = 5, 'many', IF(id = 6, '1e400', CAST(id % 9 AS STRING))) AS months FROM range(0, 200, 1, 1)`,
      ),
    );
    const usage = join(folder, 'lake', 'usage', `day=${DAY}`);
    await engine.session.command(
      writeParquet(usage, `SELECT concat('C-', id) AS cust, concat('v', id) AS v1, CAST(id AS STRING) AS v2 FROM range(0, 1500, 1, 1)`),
    );
    const version = { day: DAY, version: 'wrong' };
    const view = await makeBatchView(work, engine, version);
    expect(view.aside).toEqual([
      { table: 'dwh.profile', reason: 'key', rows: 2 },
      { table: 'dwh.profile', reason: 'type', rows: 2 },
      { table: 'nosql.usage', reason: 'type', rows: 1500 },
    ]);
    const rows = (await readAside(work.paths, version)) ?? [];
    const rule = 'a number of at most 20 digits, 0 of them decimals';
    expect(rows.filter(({ table }) => table === 'dwh.profile')).toEqual([
      { table: 'dwh.profile', reason: 'key', key: null, column: null, value: null, rule: 'a bigint key' },
      { table: 'dwh.profile', reason: 'key', key: null, column: null, value: 'three', rule: 'a bigint key' },
      { table: 'dwh.profile', reason: 'type', key: '5', column: 'months', value: 'many', rule },
      { table: 'dwh.profile', reason: 'type', key: '6', column: 'months', value: expect.stringMatching(/^10{99}…$|^1e400$/), rule },
    ]);
    // So many are listed, and of so many in a row group it is known what they hold.
    const usages = rows.filter(({ table }) => table === 'nosql.usage');
    expect(usages).toHaveLength(1000);
    const known = usages.filter(({ value }) => value !== null);
    expect(known.length).toBeGreaterThan(300);
    for (const { key, column, value } of known) expect([column, value]).toEqual(['v1', `v${key}`]);
    expect((await readSummaries(work.paths))[0]?.aside.at(-1)).toEqual({ table: 'nosql.usage', reason: 'type', rows: 1500, listed: 1000 });
    work.ledger.close();
  });

  test('may have tables without a row', async () => {
    const engine = await engineOfTest();
    const { folder, work } = await lakeOf(engine);
    const empty = (table: string, columns: string) =>
      engine.session.command(writeParquet(join(folder, 'lake', table, `day=${DAY}`), `SELECT ${columns} FROM range(0, 1) WHERE id < 0`));
    await empty('usage', "'C-1' AS cust, 1 AS v1, CAST(1 AS DECIMAL(12,2)) AS v2");
    const without = await makeBatchView(work, engine, { day: DAY, version: 'one' });
    expect(without.rows).toEqual({ 'dwh.profile': CUSTOMERS, 'nosql.usage': 0 });
    expect(without.customers).toBe(CUSTOMERS - Math.floor(CUSTOMERS / 400));

    await empty('profile', "1L AS customer_id, named_struct('tier', 't') AS plan, 1 AS months");
    const nobody = await makeBatchView(work, engine, { day: DAY, version: 'both' });
    expect([nobody.customers, nobody.aside, nobody.rows]).toEqual([0, [], { 'dwh.profile': 0, 'nosql.usage': 0 }]);
    work.ledger.close();
  });
});
