import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { analyseProject } from '../src/check/analyse.ts';
import type { Engine } from '../src/engine/engine.ts';
import { realEngine } from './real-engine.ts';
import { type Files, projectOf } from './support.ts';

/** Goal: what Spark's analyser and the types it finds say against a project's SQL comes back with file, line and field; nothing is run. */
let engine: Engine;
beforeAll(async () => {
  engine = await realEngine();
});
afterAll(() => engine.session.close());

/** `file:line (field): message` of each problem. */
async function problems(changes: Files): Promise<string[]> {
  const found = await analyseProject(engine, await projectOf(changes));
  return found.map(({ place, message }) => `${place.file}:${place.line ?? '-'} (${place.field ?? '-'}): ${message}`);
}

const satisfaction = (...lines: readonly string[]): Files => ({ 'satisfaction.sql': `${lines.join('\n')}\n` });
const SCORE = 'CAST(50 AS DECIMAL(5,2)) AS satisfaction';

describe('a project whose SQL is sound', () => {
  test('has no problem: all views, quoted names, both windows, exact division, results of every exact type', async () => {
    const columns = [
      's.customer_id',
      'prlx_div(s.network_drops_sum_1h, s.network_drops_count, 2) AS satisfaction',
      's.`care-desk_wait_last_1h` AS wait',
      'b.profile_tier, b.profile_months, b.scorecard, b.scorecard_habit',
      'o.care_mood, o.care_age_minutes',
      'i.hour_start, i.batch_day, i.batch_age_days',
      's.network_latency_avg > 3 AS slow',
    ];
    expect(
      await problems({
        'satisfaction.sql': `-- stream\nSELECT ${columns.join(',\n  ')}\nFROM stream s\nJOIN population p ON p.customer_id = s.customer_id\nJOIN batch b ON b.customer_id = s.customer_id JOIN online o ON o.customer_id = s.customer_id CROSS JOIN iteration i;\n`,
        'actions.sql':
          "SELECT r.customer_id, 'call' AS action, CONCAT('low: ', r.satisfaction) AS reason FROM satisfaction r JOIN stream s USING (customer_id) WHERE r.slow",
      }),
    ).toEqual([]);
  });

  test('is analysed again in the same session', async () => {
    expect(await problems({})).toEqual([]);
    expect(await problems({})).toEqual([]);
  });

  test('may have a text key', async () => {
    expect(await problems({ 'parallax.yaml': 'name: small\nkey: { name: customer_id, type: text }\nbase: dwh.profile\n' })).toEqual([]);
  });
});

describe('satisfaction.sql is refused for', () => {
  test('an unknown column, with its line and what there is', async () => {
    const [found, ...more] = await problems(satisfaction('SELECT', '  customer_id,', '  network_dropz_sum,', `  ${SCORE}`, 'FROM stream'));
    expect(found).toMatch(/^satisfaction\.sql:3 \(-\): .*network_dropz_sum/);
    expect(found).toContain('network_drops_sum');
    expect(more).toEqual([]);
  });

  test('a syntax error, with its line', async () => {
    const found = await problems(satisfaction('SELECT', `  customer_id, ${SCORE}`, 'FROM stream', '', 'WHERE ORDER', '  BY 1 2'));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^satisfaction\.sql:[56] \(-\): .*(?:syntax|PARSE)/i);
  });

  test('an unknown view, with its line', async () => {
    const [found] = await problems(satisfaction(`SELECT customer_id, ${SCORE}`, 'FROM streams'));
    expect(found).toMatch(/^satisfaction\.sql:2 \(-\): .*streams/);
  });

  test('a result that is a double, naming it', async () => {
    const found = await problems(satisfaction(`SELECT customer_id, ${SCORE}, CAST(1 AS DOUBLE) AS approx FROM stream`));
    expect(found.filter((f) => f.startsWith('satisfaction.sql:- (approx): is a DOUBLE'))).toHaveLength(1);
  });

  test('`/` on integers, also where the result is exact again', async () => {
    const found = await problems(
      satisfaction(
        'SELECT customer_id,',
        'CAST(network_drops_count / network_drops_count_1h AS DECIMAL(5,2)) AS satisfaction',
        'FROM stream',
      ),
    );
    expect(found).toEqual([expect.stringMatching(/^satisfaction\.sql:- \(-\): computes in DOUBLE \(a `\/` on integers/)]);
  });

  test('`/` on integers behind a sub-query and a function', async () => {
    const found = await problems(
      satisfaction(
        'WITH r AS (SELECT customer_id, round(network_drops_count / 3, 2) AS x FROM stream)',
        'SELECT customer_id, CAST(x AS DECIMAL(5,2)) AS satisfaction FROM r',
      ),
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toContain('computes in DOUBLE');
  });

  test('no satisfaction, no key', async () => {
    expect(await problems(satisfaction('SELECT customer_id, 1 AS satisfied FROM stream'))).toEqual([
      expect.stringMatching(/^satisfaction\.sql:- \(satisfaction\): returns no column satisfaction/),
    ]);
    expect((await problems(satisfaction(`SELECT ${SCORE} FROM stream`)))[0]).toMatch(
      /^satisfaction\.sql:- \(customer_id\): returns no column customer_id/,
    );
  });

  test('a satisfaction that is no number', async () => {
    expect(await problems(satisfaction("SELECT customer_id, 'good' AS satisfaction FROM stream"))).toEqual([
      expect.stringMatching(/^satisfaction\.sql:- \(satisfaction\): is STRING/),
    ]);
  });

  test('a column that no result can have', async () => {
    const found = await problems(satisfaction(`SELECT customer_id, ${SCORE}, array(1) AS list FROM stream`));
    expect(found).toEqual([expect.stringMatching(/^satisfaction\.sql:- \(list\): is ARRAY<INT>/)]);
  });

  test('a column twice', async () => {
    const found = await problems(satisfaction(`SELECT s.*, b.*, ${SCORE}`, 'FROM stream s JOIN batch b ON b.customer_id = s.customer_id'));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^satisfaction\.sql:- \(customer_id\): stands twice/);
  });
});

describe('actions.sql is refused for', () => {
  test('an unknown view, with its line', async () => {
    const [found, ...more] = await problems({ 'actions.sql': "SELECT customer_id, 'a' AS action, 'r' AS reason\nFROM\n  results\n" });
    expect(found).toMatch(/^actions\.sql:3 \(-\): .*results/);
    expect(more).toEqual([]);
  });

  test('a column that satisfaction.sql does not return', async () => {
    const [found] = await problems({ 'actions.sql': "SELECT customer_id, 'a' AS action,\nmood AS reason FROM satisfaction" });
    expect(found).toMatch(/^actions\.sql:2 \(-\): .*mood/);
  });

  test('no action or reason', async () => {
    expect(await problems({ 'actions.sql': 'SELECT customer_id FROM satisfaction' })).toEqual([
      expect.stringMatching(/^actions\.sql:- \(action\): returns no column action/),
      expect.stringMatching(/^actions\.sql:- \(reason\): returns no column reason/),
    ]);
  });

  test('problems of both files come together', async () => {
    const found = await problems({
      ...satisfaction("SELECT customer_id, 'good' AS satisfaction FROM stream"),
      'actions.sql': 'SELECT 1 AS x',
    });
    expect(new Set(found.map((f) => f.split(':')[0]))).toEqual(new Set(['satisfaction.sql', 'actions.sql']));
  });
});
