import { resolve } from 'node:path';
import { loadProject } from '@parallax/core/load-project.ts';
import { expect, test } from 'vitest';
import { isKeyLocal } from '../src/draft/key-local.ts';
import { offeredPlans } from '../src/score/used-columns.ts';
import { offeredViews } from '../src/score/wanted-columns.ts';
import { engineOfTest } from './real-engine.ts';
import { folderOf, projectOf } from './support.ts';

/** Goal: a draft is made only of SQL that judges a customer by its own rows. Method: Spark's own plans of queries that do, and of those that do not. */
const SCORE = 'CAST(50 AS DECIMAL(5,2)) AS satisfaction';

const LOCAL: Readonly<Record<string, string>> = {
  'one view': `SELECT customer_id, ${SCORE} FROM stream`,
  'all views': `SELECT s.customer_id, CAST(b.profile_months + o.care_open_tickets + s.network_drops_sum AS DECIMAL(5,2)) AS satisfaction FROM stream s JOIN batch b ON b.customer_id = s.customer_id LEFT JOIN online o ON o.customer_id = s.customer_id`,
  using: `SELECT customer_id, ${SCORE}, profile_tier FROM stream JOIN batch USING (customer_id)`,
  'from the population': `SELECT p.customer_id, ${SCORE}, s.network_drops_sum FROM population p LEFT JOIN stream s ON s.customer_id = p.customer_id AND s.network_drops_sum > 3 WHERE p.customer_id <> 7`,
  'the hour of the minute': `SELECT s.customer_id, CAST(CASE WHEN hour(i.minute) = 3 THEN s.network_drops_sum END AS DECIMAL(5,2)) AS satisfaction FROM stream s CROSS JOIN iteration i`,
  'grouped by customer': `SELECT customer_id, CAST(max(n) AS DECIMAL(5,2)) AS satisfaction FROM (SELECT s.customer_id, b.profile_months AS n FROM stream s JOIN batch b ON b.customer_id = s.customer_id) GROUP BY customer_id`,
  'conditions beside the key': `SELECT s.customer_id, ${SCORE} FROM stream s JOIN batch b ON b.customer_id = s.customer_id AND (b.profile_months > s.network_drops_sum OR b.profile_tier IS NULL) AND NOT (b.profile_months = 7)`,
};

const NOT_LOCAL: Readonly<Record<string, string>> = {
  'a rank': `SELECT customer_id, CAST(rank() OVER (ORDER BY network_drops_sum) AS DECIMAL(5,2)) AS satisfaction FROM stream`,
  'a mean of all': `SELECT s.customer_id, CAST(s.network_drops_sum - a.total AS DECIMAL(5,2)) AS satisfaction FROM stream s CROSS JOIN (SELECT sum(network_drops_sum) AS total FROM stream) a`,
  'a scalar query': `SELECT customer_id, CAST(network_drops_sum - (SELECT max(network_drops_sum) FROM stream) AS DECIMAL(5,2)) AS satisfaction FROM stream`,
  'others of the tier': `SELECT s.customer_id, CAST(t.n AS DECIMAL(5,2)) AS satisfaction FROM batch s JOIN (SELECT profile_tier, count(*) AS n FROM batch GROUP BY profile_tier) t ON t.profile_tier = s.profile_tier`,
  'a limit': `SELECT customer_id, ${SCORE} FROM stream ORDER BY network_drops_sum LIMIT 10`,
  'another customer’s row': `SELECT s.customer_id, CAST(b.profile_months AS DECIMAL(5,2)) AS satisfaction FROM stream s JOIN batch b ON b.customer_id = s.network_drops_sum`,
  'either of two': `SELECT s.customer_id, CAST(b.profile_months AS DECIMAL(5,2)) AS satisfaction FROM stream s JOIN batch b ON b.customer_id = s.customer_id OR b.profile_months = s.network_drops_sum`,
  'a key that is computed': `SELECT customer_id + 1 AS customer_id, ${SCORE} FROM stream`,
  'another column as the key': `SELECT network_drops_sum AS customer_id, ${SCORE} FROM stream`,
  'all crossed': `SELECT s.customer_id, CAST(b.profile_months AS DECIMAL(5,2)) AS satisfaction FROM stream s CROSS JOIN batch b`,
};

const ACTIONS = {
  local:
    "SELECT r.customer_id, 'call' AS action, b.profile_tier AS reason FROM satisfaction r JOIN batch b ON b.customer_id = r.customer_id WHERE r.satisfaction < 60 UNION ALL SELECT customer_id, 'ask', 'x' FROM stream WHERE network_drops_sum > 3",
  first: "SELECT customer_id, 'call' AS action, 'x' AS reason FROM satisfaction ORDER BY satisfaction LIMIT 5",
};

async function verdictOf(satisfaction: string, actions: string): Promise<readonly boolean[]> {
  const project = await projectOf({ 'satisfaction.sql': satisfaction, 'actions.sql': actions });
  const plans = await offeredPlans(await engineOfTest(), project, offeredViews(project), await folderOf());
  return plans.map((plan) => isKeyLocal(plan, project.key.name));
}

test.each(Object.entries(LOCAL))('%s: each customer by its own rows', async (_name, sql) => {
  expect(await verdictOf(sql, ACTIONS.local)).toEqual([true, true]);
});

test.each(Object.entries(NOT_LOCAL))('%s: not', async (_name, sql) => {
  expect((await verdictOf(sql, ACTIONS.local))[0]).toBe(false);
});

test('the example’s rules', async () => {
  const example = await loadProject(resolve(import.meta.dirname, '../../../examples/telecom'));
  const plans = await offeredPlans(await engineOfTest(), example, offeredViews(example), await folderOf());
  expect(plans.map((plan) => isKeyLocal(plan, example.key.name))).toEqual([true, true]);
});

test('actions for some of all are not each customer’s own', async () => {
  expect(await verdictOf(LOCAL['one view'] ?? '', ACTIONS.first)).toEqual([true, false]);
});
