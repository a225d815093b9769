import { expect, test } from 'vitest';
import { claimSql } from '../src/ingest/claimed.ts';
import { engineOfTest } from './real-engine.ts';
import { at, projectOf } from './support.ts';

/**
 * Goal: what is left of a minute after its seal is read from its log once, although two parts of one query want it. Method: Spark's own plan, in which the second
 * of them must be what was shuffled for the first, without a reader of its own.
 */
test('messages that are settled as they are read are read once', async () => {
  const engine = await engineOfTest();
  const topic = "SELECT inline(prlx_topic(ranges, '{}', '{}')) AS (bucket, events) FROM VALUES ('a'), ('b') AS calls(ranges)";
  const relations = {
    prlx_slices: { sql: `${topic} UNION ALL ${topic}` },
    prlx_claimed_before: { sql: 'SELECT CAST(id AS INT) AS bucket, CAST(string(id) AS BINARY) AS claims FROM range(3)' },
  };
  const names = { slices: 'prlx_slices', isQuery: true, before: 'prlx_claimed_before', own: null, payloads: null };
  const plan = await engine.session.explain(claimSql(await projectOf(), at('10:20'), names, 8), 'simple', { relations });
  expect(plan.match(/prlx_topic\(/g)).toHaveLength(2);
  expect(plan).toContain('ReusedExchange');
});
