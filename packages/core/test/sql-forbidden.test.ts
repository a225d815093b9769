import { describe, expect, test } from 'vitest';
import { formatProblem } from '../src/load-project.ts';
import { sqlProblems } from '../src/project/check-sql.ts';
import { type FindOptions, findForbidden } from '../src/sql-forbidden.ts';
import { load } from './project-folder.ts';

const found = (sql: string, options?: FindOptions): string[] => findForbidden(sql, options).map(({ line, what }) => `${line}: ${what}`);

describe('refused', () => {
  test.each([
    ['avg(x)', 'avg()'],
    ['MEAN (x)', 'mean()'],
    ['try_avg(x)', 'try_avg()'],
    ['now()', 'now()'],
    ['current_timestamp()', 'current_timestamp()'],
    ['current_timestamp', 'current_timestamp'],
    ['CURRENT_DATE - 1', 'current_date'],
    ['localtimestamp()', 'localtimestamp()'],
    ['unix_timestamp()', 'unix_timestamp()'],
    ['rand()', 'rand()'],
    ['randn(1)', 'randn()'],
    ['uuid()', 'uuid()'],
    ['monotonically_increasing_id()', 'monotonically_increasing_id()'],
    ['first(x)', 'first() without an order'],
    ['any_value(x)', 'any_value() without an order'],
    ['last(x, true)', 'last() without an order'],
    ['last_value(x) OVER (PARTITION BY k)', 'last_value() without an order'],
    ['collect_list(x)', 'collect_list() without an order'],
    ['size(collect_set(x))', 'collect_set() without an order'],
    ['row_number() OVER (ORDER BY x)', 'row_number() over possible ties'],
    ['CAST(x AS DOUBLE)', 'double'],
    ['try_cast(f(x, (1)) AS float)', 'float'],
    ['cast(x AS array<double>)', 'double'],
    ['double(x)', 'double'],
    ['x::double', 'double'],
    ['1e3', 'the number 1e3, which is a double'],
    ['1.5D', 'the number 1.5D, which is a double'],
    ['2f', 'the number 2f, which is a double'],
    ['1; SELECT 2', 'more than one statement'],
    ["'x", 'a string without an end'],
    ['/* x', 'a comment without an end'],
    ['`x', 'a name in backquotes without an end'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text is Spark's, not a template
    ['${spark.x}', 'a configuration variable'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text is Spark's, not a template
    ["'${env:HOME}'", 'a configuration variable in a string'],
  ])('%s', (sql, what) => {
    expect(found(`SELECT 1,\n${sql}`)).toEqual([`2: ${what}`]);
  });

  test('each finding says what to write instead', () => {
    for (const { advice } of findForbidden("SELECT avg(x), now(), rand(), first(y), 1e3; SELECT 'x")) expect(advice).toMatch(/\.$/);
    expect(findForbidden('SELECT avg(x)')[0]?.advice).toContain('prlx_div(sum(x), count(x), places)');
  });

  test('findings are in order, with their lines', () => {
    expect(found('SELECT now(),\n  avg(x) -- rand()\n FROM t\n WHERE u < rand()')).toEqual(['1: now()', '2: avg()', '4: rand()']);
  });
});

describe('not refused', () => {
  test.each([
    "'now() rand() 1e3'",
    '-- avg(x)',
    '/* avg(x) */ 1',
    '`avg`, `now`',
    't.now, b.current_date, s.first',
    'x AS current_date',
    'first, last, uuid',
    'unix_timestamp(x)',
    'current_date.y',
    'CAST(x AS DECIMAL(5,2)) AS double',
    'cast((SELECT 1 AS double) AS INT)',
    '1.5BD, 1e3BD, 0x1, 10L',
    'array_sort(collect_list(x)), sort_array(collect_set(y))',
    'first_value(x) OVER (PARTITION BY k ORDER BY y, k)',
    'first(x) IGNORE NULLS OVER (ORDER BY k)',
    'rank() OVER (ORDER BY x)',
    'max_by(x, y), min(x)',
    '1;',
    '1; ; -- end',
    "'a;b'",
    "'5 $'",
  ])('%s', (sql) => {
    expect(found(`SELECT ${sql}`)).toEqual([]);
  });

  test('row_number() ordered by the customer key', () => {
    const options = { key: 'customer_id' };
    expect(found('row_number() OVER (ORDER BY x DESC, s.Customer_ID)', options)).toEqual([]);
    expect(found('row_number() OVER (ORDER BY x, `customer_id`)', options)).toEqual([]);
    expect(found('row_number() OVER (PARTITION BY customer_id ORDER BY x)', options)).toEqual(['1: row_number() over possible ties']);
  });

  test('doubles where columns are declared approximate', () => {
    expect(found('CAST(x AS DOUBLE) + 1e-3', { allowDouble: true })).toEqual([]);
    expect(found('avg(x)', { allowDouble: true })).toEqual(['1: avg()']);
  });
});

test('the findings of a project name file and line', async () => {
  const project = await load({
    'satisfaction.sql': 'SELECT id_no,\n row_number() OVER (ORDER BY id_no),\n CAST(avg(x) AS DOUBLE) FROM stream',
  });
  expect(sqlProblems(project).map(formatProblem)).toEqual([
    expect.stringMatching(/^satisfaction\.sql:3: avg\(\) is refused\. Its result/),
    expect.stringMatching(/^satisfaction\.sql:3: double is refused\. Results are exact/),
  ]);
  const approximate = 'name: n\nkey: { name: id_no, type: text }\nbase: dwh.profile\napproximate: { x: { tolerance: 1 } }\n';
  expect(sqlProblems(await load({ 'parallax.yaml': approximate, 'actions.sql': 'SELECT 1e3' }))).toEqual([]);
});
