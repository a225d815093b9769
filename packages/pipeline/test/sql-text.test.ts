import { describe, expect, test } from 'vitest';
import { emptySql } from '../src/engine/relations.ts';
import { fileTable, literalPath, typedKey, writeParquet } from '../src/engine/sql.ts';
import { answersSql, callsSql } from '../src/online/answers.ts';
import { oldestNeeded } from '../src/reclaim.ts';
import { iterationSql } from '../src/score/score.ts';
import { at, projectOf } from './support.ts';

/** Goal: the rules that a minute's SQL carries as text are the contract's. The rows are compared by the tests on Spark. */
const MINUTE = at('10:20');
const SETTINGS = 'name: small\nkey: { name: customer_id, type: bigint }\nbase: dwh.profile\n';

function only<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error('there is none');
  return item;
}

describe('online', () => {
  test('only calls answered with 200 count, in the order of their time, then line', async () => {
    const project = await projectOf();
    const sql = callsSql(project, MINUTE, [{ source: only(project.online), path: '/state/care.ndjson' }], 8);
    expect(sql).toContain(`CASE WHEN c.status = 200 THEN prlx_asked(c.ids, c.body, ${MINUTE}L, c.at, block, line, '{"buckets":8,`);
    expect(sql).toContain('text.`/state/care.ndjson`');
  });

  test('an answer stands in for as many minutes as its source’s max_age, this one not counted', async () => {
    const [care] = (await projectOf()).online;
    if (care === undefined) throw new Error('no source');
    const project = { ...(await projectOf()), online: [care, { ...care, name: 'net-ops', maxAge: 0 }] };
    const sql = answersSql(project, MINUTE, { calls: 'calls', before: 'before' }, 8);
    expect(sql).toContain(`SELECT 'care' AS source, bucket, ${MINUTE}L AS minute, prlx_answers(collect_list(answers), ${at('10:17')}L, `);
    expect(sql).toContain(`SELECT 'net-ops' AS source, bucket, ${MINUTE}L AS minute, prlx_answers(collect_list(answers), ${MINUTE}L, `);
    expect(sql).toContain("SELECT bucket, answers FROM before WHERE source = 'net-ops' AND answers IS NOT NULL");
  });
});

describe('the view `iteration`', () => {
  test('minute, its hour, the batch day and its age in days by UTC dates', () => {
    expect(iterationSql(at('10:20'), '2026-01-04')).toBe(
      "SELECT TIMESTAMP '2026-01-05T10:20:00.000000Z' AS minute, TIMESTAMP '2026-01-05T10:00:00.000000Z' AS hour_start, DATE '2026-01-04' AS batch_day, 1 AS batch_age_days",
    );
    expect(iterationSql(at('2026-03-01T00:00:00Z'), '2026-02-28')).toContain(' 1 AS batch_age_days');
    expect(iterationSql(at('2026-01-05T23:59:00Z'), '2026-01-05')).toContain(' 0 AS batch_age_days');
    expect(iterationSql(at('2026-01-05T00:00:00Z'), '2026-01-06')).toContain(' -1 AS batch_age_days');
  });

  test('before any day both are null, with their types', () => {
    expect(iterationSql(at('10:20'), null)).toContain('CAST(NULL AS DATE) AS batch_day, CAST(NULL AS INT) AS batch_age_days');
  });
});

describe('what later minutes can still need', () => {
  test('the panes of an hour, with the early events of the minutes before it', async () => {
    // 60 minutes, 2 of max_ahead and the rest of that minute.
    expect(oldestNeeded(await projectOf(), at('12:00'))).toBe(at('10:57'));
  });

  test('ids as long as they can be claimed, and answers as long as they may stand in, if that is longer', async () => {
    const late = await projectOf({ 'parallax.yaml': `${SETTINGS}lateness: 2h\n` });
    expect(oldestNeeded(late, at('12:00'))).toBe(at('09:57'));
    const old = await projectOf({ 'online/care.yaml': 'rows: r\nkey: k\nmax_age: 300\nfields:\n  - { name: a, field: a, places: 0 }\n' });
    expect(oldestNeeded(old, at('12:00'))).toBe(at('07:00'));
  });
});

describe('SQL text', () => {
  test('a path is taken literally, whatever stands in it', () => {
    expect(literalPath('/a*b?c[d]{e}\\f')).toBe('/a\\*b\\?c\\[d\\]\\{e\\}\\\\f');
    expect(fileTable('parquet', '/a`b')).toBe('parquet.`/a``b`');
    expect(writeParquet("/it's", 'SELECT 1')).toBe("INSERT OVERWRITE DIRECTORY '/it\\'s' USING parquet\nSELECT 1");
  });

  test('a key has its declared type for users, text inside', () => {
    expect([typedKey('k', 'bigint'), typedKey('k', 'text')]).toEqual(['CAST(k AS BIGINT)', 'k']);
  });

  test('an empty relation has the columns of its schema', () => {
    expect(emptySql('a STRING, `b c` ARRAY<STRING>, d DECIMAL(20,2)')).toBe(
      'SELECT CAST(NULL AS STRING) AS a, CAST(NULL AS ARRAY<STRING>) AS `b c`, CAST(NULL AS DECIMAL(20,2)) AS d WHERE false',
    );
  });
});
