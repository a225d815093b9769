import type { Project } from '@parallax/core';
import { describe, expect, test } from 'vitest';
import { noBatchSql } from '../src/batch/layer.ts';
import { batchViewColumns, batchViewSql, type CellKind, neededColumns, reduceTableSql } from '../src/batch/reduce.ts';
import { emptySql } from '../src/engine/relations.ts';
import { fileTable, literalPath, scaledDecimal, typedKey, writeParquet } from '../src/engine/sql.ts';
import { classifySql, countsSql, panesSchema, panesSql } from '../src/ingest/classify.ts';
import { answersSql, oldestAnswer, onlineViewSql } from '../src/online/answers.ts';
import { oldestNeeded } from '../src/reclaim.ts';
import { iterationSql } from '../src/score/score.ts';
import {
  lastHourStart,
  populationFilter,
  streamViewSql,
  windowColumns,
  windowExportSql,
  windowsSchema,
  windowsSql,
} from '../src/window/windows.ts';
import { at, projectOf } from './support.ts';

/** Goal: the rules that a minute's SQL carries as text are the contract's. The rows are compared by the tests on Spark. */
const MINUTE = at('10:20');
const SETTINGS = 'name: small\nkey: { name: customer_id, type: bigint }\nbase: dwh.profile\n';

function only<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error('there is none');
  return item;
}

describe('classes', () => {
  const messages = [{ stream: 1, sql: 'SELECT * FROM m1' }];

  test('late is before m − lateness, ahead from m + 1 + max_ahead on, both in microseconds', async () => {
    const sql = classifySql(await projectOf(), MINUTE, messages, 'seen');
    expect(sql).toContain(`WHEN time < ${at('10:10')} THEN 'late'`);
    expect(sql).toContain(`WHEN time >= ${at('10:23')} THEN 'ahead'`);
  });

  test('a project’s own lateness and max_ahead move the cut-offs', async () => {
    const project = await projectOf({ 'parallax.yaml': `${SETTINGS}lateness: 90s\nmax_ahead: 0s\n` });
    const sql = classifySql(project, MINUTE, messages, 'seen');
    expect(sql).toContain(`time < ${MINUTE - 90_000_000n} THEN`);
    expect(sql).toContain(`time >= ${at('10:21')} THEN`);
  });

  test('invalid comes first, then late, then ahead', async () => {
    const sql = classifySql(await projectOf(), MINUTE, messages, 'seen');
    expect(sql).toMatch(/CASE WHEN reason IS NOT NULL THEN 'invalid' WHEN time < \d+ THEN 'late' WHEN time >= \d+ THEN 'ahead' END/);
  });

  test('an id is claimed by accepted events no older than m − lateness only, before this minute’s, by least time, then payload', async () => {
    const sql = classifySql(await projectOf(), MINUTE, messages, 'seen');
    expect(sql).toContain(`FROM seen WHERE time >= ${at('10:10')}`);
    expect(sql).toMatch(/PARTITION BY stream, COALESCE\(id, .*\) ORDER BY turn, time, payload/);
  });

  test('a stream’s name is a literal, so a `-` or a quote in it does no harm; streams are united', async () => {
    const project = await projectOf();
    const sql = classifySql(
      project,
      MINUTE,
      [
        { stream: 0, sql: 'SELECT * FROM m0' },
        { stream: 1, sql: 'SELECT * FROM m1' },
      ],
      'seen',
    );
    expect(sql).toContain("SELECT 'care-desk' AS stream");
    expect(sql).toContain('FROM (SELECT * FROM m0)\n  UNION ALL\n  SELECT ');
    expect(classifySql(renamed(project, "it's"), MINUTE, [{ stream: 0, sql: 'm' }], 'seen')).toContain("SELECT 'it\\'s' AS stream");
  });

  test('a stream that is not declared is refused', async () => {
    const project = await projectOf();
    expect(() => classifySql(project, MINUTE, [{ stream: 2, sql: 'm' }], 'seen')).toThrow('no stream 2');
  });

  test('panes hold accepted events only, by customer and minute of the event, also before 1970', async () => {
    const project = await projectOf();
    const sql = panesSql(project, MINUTE, 'events');
    expect(sql).toContain("time - pmod(time, 60000000) AS event_minute FROM events WHERE class = 'accepted'");
    expect(sql).toContain('GROUP BY key, event_minute');
    expect(sql).toContain(`${MINUTE} AS iteration`);
    expect(sql).toContain("FILTER (WHERE stream = 'care-desk')");
    expect(panesSchema(project)).toBe('iteration BIGINT, key STRING, event_minute BIGINT, s0 BINARY, s1 BINARY');
  });

  test('undeclared names are bounded and the same ones whatever the order of the rows', () => {
    expect(countsSql('events', 256)).toMatch(/ORDER BY n DESC, stream, field LIMIT 256/);
  });
});

describe('windows', () => {
  test('last_hour is the 60 minutes that end with m', () => {
    expect(lastHourStart(at('10:20'))).toBe(at('09:21'));
    expect(lastHourStart(at('2026-01-05T00:00:00Z'))).toBe(at('2026-01-04T23:01:00Z'));
  });

  test('hour_to_date begins with the hour of m, and no event minute after m is read', async () => {
    const sql = windowsSql(await projectOf(), MINUTE, 'panes', 'base');
    expect(sql).toContain(`FILTER (WHERE event_minute >= ${at('10:00')})`);
    expect(sql).toContain(`FILTER (WHERE event_minute >= ${at('09:21')})`);
    expect(sql).toContain(`WHERE event_minute <= ${MINUTE} AND`);
  });

  test('effective minute m: read by this iteration, or an early event whose minute this is', async () => {
    expect(windowsSql(await projectOf(), MINUTE, 'panes', 'base')).toContain(
      `bool_or(iteration = ${MINUTE} OR event_minute = ${MINUTE}) AS touched`,
    );
  });

  test.each([
    ['window', 'in_base AND in_hour', 'LEFT OUTER JOIN'],
    ['touched', 'in_base AND touched', 'LEFT OUTER JOIN'],
    ['base', 'in_base', 'FULL OUTER JOIN'],
  ])('the population %s is %s', async (population, filter, join) => {
    const project = await projectOf({ 'parallax.yaml': `${SETTINGS}population: ${population}\n` });
    expect(populationFilter(project)).toBe(filter);
    expect(windowsSql(project, MINUTE, 'panes', 'base')).toContain(join);
  });

  test('columns: streams by name, variables and aggregates as declared, each with its place in its stream’s values', async () => {
    expect(windowColumns(await projectOf())).toEqual([
      { name: 'care-desk_wait_last', stream: 0, index: 0, places: 1 },
      { name: 'network_drops_sum', stream: 1, index: 0, places: 0 },
      { name: 'network_drops_count', stream: 1, index: 1, places: null },
      { name: 'network_latency_avg', stream: 1, index: 2, places: 2 },
      { name: 'network_latency_max', stream: 1, index: 3, places: 2 },
    ]);
  });

  test('the view `stream` has each column for both windows, names in backquotes', async () => {
    const project = await projectOf();
    const sql = streamViewSql(project, 'windows');
    expect([...sql.matchAll(/ AS `([^`]+)`/g)].map((m) => m[1])).toEqual([
      'customer_id',
      ...windowColumns(project).map((c) => c.name),
      ...windowColumns(project).map((c) => `${c.name}_1h`),
    ]);
    expect(sql).toContain("h0[0] * CAST('0.1' AS DECIMAL(2,1)) AS DECIMAL(20,1)) AS `care-desk_wait_last`");
    expect(sql).toContain('h1[1] AS `network_drops_count`');
    expect(sql).toContain('l1[1] AS `network_drops_count_1h`');
    expect(sql).toContain('CAST(key AS BIGINT) AS `customer_id`');
  });

  test('an exported window has the same names in both, and holds the population only', async () => {
    const project = await projectOf();
    const names = (sql: string) => [...sql.matchAll(/ AS `([^`]+)`/g)].map((m) => m[1]);
    const [hour, last] = [windowExportSql(project, 'windows', 'hour_to_date'), windowExportSql(project, 'windows', 'last_hour')];
    expect(names(hour)).toEqual(windowColumns(project).map((c) => c.name));
    expect(names(last)).toEqual(names(hour));
    for (const sql of [hour, last]) expect(sql).toContain('FROM windows WHERE in_base AND in_hour');
    expect([hour.includes("'hour_to_date' AS window"), last.includes("'last_hour' AS window")]).toEqual([true, true]);
  });

  test('two states a stream', async () => {
    expect(windowsSchema(await projectOf())).toBe(
      'key STRING, in_base BOOLEAN, in_hour BOOLEAN, touched BOOLEAN, h0 BINARY, l0 BINARY, h1 BINARY, l1 BINARY',
    );
  });
});

describe('online', () => {
  test('only calls answered with 200 count; the last by time, then by line', async () => {
    const project = await projectOf();
    const sql = answersSql(project, MINUTE, [{ source: only(project.online), path: '/state/care.ndjson' }]);
    expect(sql).toContain('WHERE c.status = 200');
    expect(sql).toContain('struct(c.at, block, line) AS place');
    expect(sql).toContain('max_by(struct(g.vals), a.place).vals');
    expect(sql).toContain(`${MINUTE} AS iteration`);
    expect(sql).toContain('text.`/state/care.ndjson`');
  });

  test('an answer stands in for as many minutes as its source’s max_age, this one not counted', async () => {
    const project = await projectOf();
    expect(oldestAnswer(project, MINUTE)).toBe(at('10:17'));
    expect(onlineViewSql(project, MINUTE, 'population', 'answers')).toContain(`AND iteration >= ${at('10:17')} GROUP BY key`);
    expect(oldestAnswer({ ...project, online: [] }, MINUTE)).toBe(MINUTE);
  });

  test('each source joins its own answers and has its fields and its age', async () => {
    const care = (await projectOf()).online[0];
    if (care === undefined) throw new Error('no source');
    const project = { ...(await projectOf()), online: [care, { ...care, name: 'net-ops', maxAge: 0 }] };
    const sql = onlineViewSql(project, MINUTE, 'population', 'answers');
    expect([...sql.matchAll(/ AS `([^`]+)`/g)].map((m) => m[1])).toEqual([
      'customer_id',
      ...['care_open_tickets', 'care_mood', 'care_age_minutes', 'net-ops_open_tickets', 'net-ops_mood', 'net-ops_age_minutes'],
    ]);
    expect(sql).toContain(`WHERE source = 'net-ops' AND iteration >= ${MINUTE} GROUP BY key) o1 ON o1.key = p.key`);
    expect(sql).toContain(`CAST((${MINUTE} - o0.n.iteration) DIV 60000000 AS INT) AS \`care_age_minutes\``);
  });
});

describe('batch', () => {
  test('a row is kept aside for its first reason: a bad key, a key twice, a value that is no number', async () => {
    const project = await projectOf();
    const source = only(project.batch);
    const sql = reduceTableSql(project, source, only(source.tables), cellsOf('rel', { customer_id: 'text', tier: 'text', months: 'text' }));
    expect(sql).toContain('prlx_int_key(CAST(`customer_id` AS STRING)) AS key');
    expect(sql).toContain(
      "CASE WHEN key IS NULL THEN 'key' WHEN count(*) OVER (PARTITION BY key) > 1 THEN 'key_twice' WHEN bad THEN 'type' END AS aside",
    );
    expect(sql).toContain('(`months` IS NOT NULL AND TRY_CAST(prlx_decimal(`months`, 0) AS DECIMAL(20,0)) IS NULL) AS bad');
    expect(sql).toContain('CAST(`tier` AS STRING) AS `profile_tier`');
  });

  test('a number of the store is rounded as a number, half away from zero, never through text', async () => {
    const project = await projectOf();
    const source = only(project.batch);
    const sql = reduceTableSql(
      project,
      source,
      only(source.tables),
      cellsOf('rel', { customer_id: 'integer', tier: 'text', months: 'decimal' }),
    );
    expect(sql).toContain('TRY_CAST(ROUND(CAST(`months` AS DECIMAL(38,12)), 0) AS DECIMAL(20,0)) AS `profile_months`');
  });

  test('a text key is taken as it is', async () => {
    const project = await projectOf({ 'parallax.yaml': 'name: small\nkey: { name: customer_id, type: text }\nbase: dwh.profile\n' });
    const source = only(project.batch);
    const sql = reduceTableSql(project, source, only(source.tables), cellsOf('rel', { customer_id: 'text', tier: 'text', months: 'text' }));
    expect(sql).toContain('SELECT CAST(`customer_id` AS STRING) AS key');
  });

  test.each<[CellKind, CellKind, string]>([
    ['integer', 'integer', 'array(CAST(`v1` AS BIGINT), CAST(`v2` AS BIGINT), CAST(`v2` AS BIGINT))'],
    ['integer', 'decimal', 'array(CAST(`v1` AS DECIMAL(38,12)), CAST(`v2` AS DECIMAL(38,12)), CAST(`v2` AS DECIMAL(38,12)))'],
    ['text', 'decimal', 'array(CAST(`v1` AS STRING), CAST(`v2` AS STRING), CAST(`v2` AS STRING))'],
  ])('a scorecard’s values of %s and %s are handed over as one type', async (v1, v2, expected) => {
    const project = await projectOf();
    const source = only(project.batch.filter((s) => s.name === 'nosql'));
    const table = only(source.tables);
    expect(neededColumns(project, source, table)).toEqual(['cust', 'v1', 'v2']);
    const sql = reduceTableSql(project, source, table, cellsOf('rel', { cust: 'integer', v1, v2 }));
    expect(sql).toContain(expected);
    expect(sql).toContain("WHEN bad OR score IS NULL THEN 'type' END");
  });

  test('the batch view has a row a base customer, without rows kept aside; a missing table’s scorecard is `missing`, not null', async () => {
    const project = await projectOf();
    expect(batchViewColumns(project)).toEqual(['profile_tier', 'profile_months', 'scorecard_habit', 'scorecard_value', 'scorecard']);
    const sql = batchViewSql(project, (source, table) => `${source.name}_${table.name}`);
    expect(sql).toContain('FROM dwh_profile `t0`\nLEFT JOIN nosql_usage `t1` ON `t1`.key = `t0`.key AND `t1`.aside IS NULL');
    expect(sql).toContain('WHERE `t0`.aside IS NULL');
    expect(sql).toContain('COALESCE(`t1`.score, prlx_score(array_repeat(CAST(NULL AS STRING), 3)');
    expect(sql).toMatch(/CAST\(ROUND\(.*, 6\) AS DECIMAL\(20,6\)\) AS scorecard\n/);
  });

  test('before any day it has every column with its type and no row', async () => {
    expect(noBatchSql(await projectOf())).toBe(
      'SELECT CAST(NULL AS STRING) AS key, CAST(NULL AS STRING) AS `profile_tier`, CAST(NULL AS DECIMAL(20,0)) AS `profile_months`, CAST(NULL AS DECIMAL(20,6)) AS `scorecard_habit`, CAST(NULL AS DECIMAL(20,6)) AS `scorecard_value`, CAST(NULL AS DECIMAL(20,6)) AS `scorecard` WHERE false',
    );
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
  test('a scaled integer becomes a DECIMAL without a double on the way', () => {
    expect(scaledDecimal('v', 0)).toBe('CAST(v AS DECIMAL(20,0))');
    expect(scaledDecimal('v', 1)).toBe("CAST(v * CAST('0.1' AS DECIMAL(2,1)) AS DECIMAL(20,1))");
    expect(scaledDecimal('v', 6)).toBe("CAST(v * CAST('0.000001' AS DECIMAL(7,6)) AS DECIMAL(20,6))");
  });

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

function cellsOf(relation: string, kinds: Readonly<Record<string, CellKind>>): { relation: string; cells: ReadonlyMap<string, CellKind> } {
  return { relation, cells: new Map(Object.entries(kinds)) };
}

function renamed(project: Project, name: string): Project {
  return { ...project, streams: project.streams.map((stream) => ({ ...stream, name })) };
}
