import { fileURLToPath } from 'node:url';
import { tokenize } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { expect, test } from 'vitest';
import { applyEdit, diffOf, SQL_OPERATORS, type SqlMutation, SqlView } from '../../src/prove/mutate/edit.ts';
import { arithmetic, boundaries, constants, nulls, predicates, roundings } from '../../src/prove/mutate/operators.ts';
import { joins, texts, unions } from '../../src/prove/mutate/relations.ts';
import { drawOrder, sqlMutants } from '../../src/prove/mutate/sql-mutants.ts';
import { Random } from '../../src/prove/random.ts';

/** Goal: a mutant is the query with one mistake, in the code and nowhere else, and the list is the same for the same seed. */
const telecom = await loadProject(fileURLToPath(new URL('../../../../examples/telecom', import.meta.url)));

/** What an operator makes of a query, without the blanks that an edit leaves. */
function made(sql: string, operator: (view: SqlView) => readonly SqlMutation[]): string[] {
  return operator(new SqlView(sql)).map((mutation) => applyEdit(sql, mutation).replaceAll(/\s+/g, ' ').trim());
}

test('a boundary is moved by one character, also that of a CASE, and not in a comment or a text', () => {
  expect(made("SELECT CASE WHEN a < 0 THEN 'x < y' END -- a < b", boundaries)).toEqual([
    "SELECT CASE WHEN a <= 0 THEN 'x < y' END -- a < b",
  ]);
});

test('conditions are turned round, joined otherwise, and left out; the AND of BETWEEN is none', () => {
  expect(made('SELECT 1 FROM t WHERE a < 1 AND b IN (2, 3)', predicates)).toEqual([
    'SELECT 1 FROM t WHERE true AND b IN (2, 3)',
    'SELECT 1 FROM t WHERE a > 1 AND b IN (2, 3)',
    'SELECT 1 FROM t WHERE a < 1 OR b IN (2, 3)',
    'SELECT 1 FROM t WHERE a < 1',
    'SELECT 1 FROM t WHERE a < 1 AND b IN (2)',
  ]);
  expect(made('SELECT a BETWEEN 1 AND 2', predicates)).toEqual([]);
});

test('an equality that joins two views is no condition of the rules', () => {
  expect(made('SELECT 1 FROM stream s JOIN batch b ON b.k = s.k', predicates)).toEqual([]);
});

test('nulls: a coalesce is its first argument, IS NULL is turned round, an ELSE is left out', () => {
  expect(made('SELECT coalesce(f(a, b), 0), CASE WHEN x IS NULL THEN 1 ELSE 2 END', nulls)).toEqual([
    'SELECT (f(a, b)), CASE WHEN x IS NULL THEN 1 ELSE 2 END',
    'SELECT coalesce(f(a, b), 0), CASE WHEN x IS NOT NULL THEN 1 ELSE 2 END',
    'SELECT coalesce(f(a, b), 0), CASE WHEN x IS NULL THEN 1 END',
  ]);
});

test('a constant moves in its last place; types and places are no constants', () => {
  expect(made('SELECT a * 0.60', constants)).toEqual(['SELECT a * 0.61', 'SELECT a * 0.59', 'SELECT a * 6.00']);
  expect(made('SELECT CAST(prlx_div(a, b, 2) AS DECIMAL(20, 2))', constants)).toEqual([]);
});

test('rounding: other places of a division, fewer of a cast', () => {
  expect(made('SELECT CAST(prlx_div(a, b, 2) AS DECIMAL(20, 2))', roundings)).toEqual([
    'SELECT CAST(prlx_div(a, b, 1) AS DECIMAL(20, 2))',
    'SELECT CAST(prlx_div(a, b, 0) AS DECIMAL(20, 2))',
    'SELECT CAST(prlx_div(a, b, 2) AS DECIMAL(20, 1))',
  ]);
});

test('arithmetic: only operators between two operands; a star that stands for columns is none', () => {
  expect(made('SELECT *, -a, a - b, count(*) FROM t', arithmetic)).toEqual(['SELECT *, -a, a + b, count(*) FROM t']);
  expect(made('SELECT prlx_div(a * 100, b, 2)', arithmetic)).toEqual(['SELECT prlx_div(a + 100, b, 2)', 'SELECT prlx_div(b, a * 100, 2)']);
});

test('joins: outer, with lost rows, by another key; a text key has no next one', () => {
  const sql = 'SELECT 1 FROM stream AS s JOIN batch AS b ON b.id = s.id';
  expect(made(sql, (view) => joins(view, { name: 'id', type: 'bigint' }))).toEqual([
    'SELECT 1 FROM stream AS s LEFT JOIN batch AS b ON b.id = s.id',
    'SELECT 1 FROM stream AS s JOIN (SELECT * FROM batch WHERE id % 5 <> 0) AS b ON b.id = s.id',
    'SELECT 1 FROM stream AS s LEFT JOIN (SELECT * FROM batch WHERE id % 5 <> 0) AS b ON b.id = s.id',
    'SELECT 1 FROM stream AS s JOIN batch AS b ON b.id = s.id + 1',
  ]);
  expect(made(sql, (view) => joins(view, { name: 'id', type: 'text' }))).toHaveLength(3);
  expect(made('SELECT 1 FROM a JOIN b ON true', (view) => joins(view, { name: 'id', type: 'bigint' }))).toEqual([]);
});

test('unions and texts', () => {
  expect(made('SELECT 1 UNION ALL SELECT 2', unions)).toEqual(['SELECT 1', 'SELECT 1 UNION SELECT 2']);
  expect(made("SELECT 'gold' UNION SELECT 'plain'", texts)).toEqual([
    "SELECT 'Gold' UNION SELECT 'plain'",
    "SELECT 'plain' UNION SELECT 'plain'",
    "SELECT 'gold' UNION SELECT 'Plain'",
    "SELECT 'gold' UNION SELECT 'gold'",
  ]);
});

test.each(['satisfaction.sql', 'actions.sql'] as const)(
  '%s: every mutant is another text, differs in code, and its diff is what changed',
  (file) => {
    const sql = file === 'satisfaction.sql' ? telecom.satisfactionSql : telecom.actionsSql;
    const code = (text: string) =>
      tokenize(text)
        .filter(({ kind }) => kind !== 'comment')
        .map(({ text: word }) => word)
        .join(' ');
    const mutants = sqlMutants(telecom, file);
    const original = code(sql);
    expect(mutants.length).toBeGreaterThan(100);
    expect(new Set([sql, ...mutants.map((m) => m.sql)]).size).toBe(mutants.length + 1);
    for (const mutant of mutants) {
      expect(code(mutant.sql)).not.toBe(original);
      const lines = sql.split('\n');
      const { line, before, after } = mutant.diff;
      expect([...lines.slice(0, line - 1), ...after, ...lines.slice(line - 1 + before.length)].join('\n')).toBe(mutant.sql);
    }
  },
);

test('the columns of a mutant are columns that the project has: other aggregates, the other window, another of the same kind', () => {
  const mutants = sqlMutants(telecom, 'satisfaction.sql');
  const whats = (operator: string) => mutants.filter((m) => m.operator === operator).map((m) => m.what);
  expect(whats('aggregate')).toContain('network_latency_avg_1h became network_latency_max_1h');
  expect(whats('window')).toContain('network_latency_avg_1h became network_latency_avg');
  expect(whats('column')).toContain('sentiment became wait_s');
});

test('the order is the seed’s, and its front holds every kind of mistake', () => {
  const mutants = sqlMutants(telecom, 'satisfaction.sql');
  const draw = (seed: string) => drawOrder(mutants, new Random(seed)).map((m) => m.sql);
  expect(draw('a')).toEqual(draw('a'));
  expect(draw('a')).not.toEqual(draw('b'));
  expect([...draw('a')].sort()).toEqual(mutants.map((m) => m.sql).sort());
  const kinds = new Set(mutants.map((m) => m.operator));
  const front = drawOrder(mutants, new Random('a'))
    .slice(0, kinds.size)
    .map((m) => m.operator);
  expect(new Set(front)).toEqual(kinds);
  expect(SQL_OPERATORS.filter((o) => kinds.has(o))).toEqual(front);
});

test('a diff of an edit over several lines has them all', () => {
  const sql = 'a\nb\nc\nd';
  expect(diffOf(sql, { offset: 2, length: 3, text: 'x' })).toEqual({ line: 2, before: ['b', 'c'], after: ['x'] });
});
