/**
 * Goal: of the views only those columns are made that the project's SQL wants, and all of those: what it reads, and what it refers to for nothing. Method: Spark's own
 * plans of queries over views of more columns than are made anyway; each query is then analysed over views of the wanted columns alone.
 */
import { expect, test } from 'vitest';
import { UNPACKED_ANYWAY } from '../src/limits.ts';
import { usedColumns } from '../src/score/used-columns.ts';
import { offeredViews, wantedColumns } from '../src/score/wanted-columns.ts';
import { engineOfTest } from './real-engine.ts';
import { folderOf, projectOf } from './support.ts';

const COLUMNS = Array.from({ length: UNPACKED_ANYWAY + 16 }, (_, i) => `c${i}`);
const FILES = {
  'batch/dwh.yaml': `from: { postgres: { url: "env:DWH_URL" } }
tables:
  - name: profile
    key: customer_id
    columns: [{ name: tier, type: text }, { name: months, places: 0 }, ${COLUMNS.map((name) => `{ name: ${name}, places: 2 }`).join(', ')}]
`,
};
const NO_ACTIONS = "SELECT customer_id, 'a' AS action, 'r' AS reason FROM satisfaction";
const score = (sql: string) => `CAST(${sql} AS DECIMAL(5,2)) AS satisfaction`;

/** The wanted columns of the view `batch`, without the scorecard's table, by name. */
async function wanted(satisfaction: string, actions = NO_ACTIONS): Promise<readonly string[]> {
  const project = await projectOf({ ...FILES, 'satisfaction.sql': satisfaction, 'actions.sql': actions });
  const engine = await engineOfTest();
  const folder = await folderOf();
  const { batch } = await wantedColumns(engine, project, folder);
  // What was found is enough: over these columns alone nothing is missing.
  const names = new Set(batch.map(({ name }) => name));
  const fewer = offeredViews(project).map(({ name, columns }) => ({
    name,
    columns: name === 'batch' ? columns.filter((column) => names.has(column.name)) : columns,
  }));
  await usedColumns(engine, project, fewer, folder);
  return batch.map(({ name }) => name);
}

test('a `*` in a query below takes only what is read of it', async () => {
  expect(await wanted(`SELECT customer_id, ${score('profile_c3')} FROM (SELECT * FROM batch) WHERE profile_c7 > 1`)).toEqual([
    'profile_c3',
    'profile_c7',
  ]);
  const joined = `SELECT customer_id, ${score('profile_c3')} FROM (SELECT * FROM stream s JOIN batch b USING (customer_id))`;
  expect(await wanted(joined)).toEqual(['profile_c3']);
  const twice = `WITH t AS (SELECT *, profile_c1 + 1 AS more FROM batch) SELECT t.customer_id, ${score('u.more')} FROM t JOIN t u ON u.customer_id = t.customer_id`;
  expect(await wanted(twice)).toEqual(['profile_c1']);
});

test('a column behind other names, of a table and of its own', async () => {
  const sql = `SELECT k AS customer_id, ${score('y')} FROM (SELECT t.customer_id AS k, x AS y FROM (SELECT b.customer_id, b.PROFILE_C5 AS x FROM batch AS b) t)`;
  expect(await wanted(sql)).toEqual(['profile_c5']);
});

test('a column whose value comes to nothing is there; what a comment or a text says is not', async () => {
  const sql = `SELECT s.customer_id, ${score('IF(1 = 2, b.profile_c9, 50)')}, 'profile_c10' AS profile_c11 -- profile_c12
FROM stream s JOIN batch b ON b.customer_id = s.customer_id`;
  expect(await wanted(sql)).toEqual(['profile_c9']);
  const below = `SELECT customer_id, ${score('50')} FROM (SELECT customer_id, profile_c2, profile_c4 FROM batch)`;
  expect(await wanted(below)).toEqual(['profile_c2', 'profile_c4']);
});

test('a column that only actions.sql reads, or refers to for nothing', async () => {
  const actions = `SELECT r.customer_id, 'call' AS action, b.profile_tier AS reason FROM satisfaction r JOIN batch b ON b.customer_id = r.customer_id WHERE b.profile_c13 > 3`;
  expect(await wanted(`SELECT customer_id, ${score('50')} FROM stream`, actions)).toEqual(['profile_tier', 'profile_c13']);
  const nothing = `SELECT customer_id, 'call' AS action, IF(1 = 2, profile_tier, 'x') AS reason FROM batch`;
  expect(await wanted(`SELECT customer_id, ${score('50')} FROM stream`, nothing)).toEqual(['profile_tier']);
});

test('a list that names every column of a view takes them all, whatever is read', async () => {
  const project = await projectOf(FILES);
  const all =
    offeredViews(project)
      .find(({ name }) => name === 'batch')
      ?.columns.map(({ name }) => name) ?? [];
  expect(all.length).toBeGreaterThan(UNPACKED_ANYWAY);
  expect(await wanted(`SELECT customer_id, ${score('50')} FROM (SELECT customer_id, ${all.join(', ')} FROM batch)`)).toEqual(all);
});
