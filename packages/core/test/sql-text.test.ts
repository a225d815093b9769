import { describe, expect, test } from 'vitest';
import { quoteIdentifier, quoteLiteral, quoteStandardLiteral, stripSemicolon, typeDivisions } from '../src/sql-text.ts';

describe('quoting', () => {
  test('a name whatever its characters', () => {
    expect(quoteIdentifier('a')).toBe('`a`');
    expect(quoteIdentifier('a b`c`')).toBe('`a b``c```');
  });

  test('a text whatever its characters', () => {
    expect(quoteLiteral("it's")).toBe("'it\\'s'");
    expect(quoteLiteral('a\\')).toBe("'a\\\\'");
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text is Spark's, not a template
    expect(quoteLiteral('${env:HOME}')).toBe("'\\u0024{env:HOME}'");
  });

  test('a text of standard SQL: only the quote is special', () => {
    expect(quoteStandardLiteral("it's \\ $5")).toBe("'it''s \\ $5'");
  });
});

describe('stripSemicolon', () => {
  test.each([
    ['SELECT 1', 'SELECT 1'],
    ['SELECT 1;', 'SELECT 1'],
    ['SELECT 1 ; -- end\n ;\n', 'SELECT 1 '],
    ["SELECT ';'", "SELECT ';'"],
    ['SELECT 1; SELECT 2', 'SELECT 1; SELECT 2'],
    ['SELECT 1 -- ;', 'SELECT 1 -- ;'],
  ])('%s', (sql, expected) => {
    expect(stripSemicolon(sql)).toBe(expected);
  });
});

describe('typeDivisions', () => {
  test.each([
    ['a call', 'SELECT prlx_div(a, b, 2) x', 'SELECT CAST(prlx_div(a, b, 2) AS DECIMAL(20,2)) x'],
    ['of any case, with blanks', 'Prlx_DIV (a, b , 12 )', 'CAST(Prlx_DIV (a, b , 12 ) AS DECIMAL(20,12))'],
    ['in backquotes', '`prlx_div`(a, b, 0)', 'CAST(`prlx_div`(a, b, 0) AS DECIMAL(20,0))'],
    [
      'nested in an argument',
      'prlx_div(prlx_div(a, b, 6), f(c, (d)), 2)',
      'CAST(prlx_div(CAST(prlx_div(a, b, 6) AS DECIMAL(20,6)), f(c, (d)), 2) AS DECIMAL(20,2))',
    ],
    [
      'two beside each other',
      'prlx_div(a,b,1)+prlx_div(c,d,2)',
      'CAST(prlx_div(a,b,1) AS DECIMAL(20,1))+CAST(prlx_div(c,d,2) AS DECIMAL(20,2))',
    ],
    ['over lines, which stay', 'prlx_div(\n  a,\n  b, -- (\n  3\n)', 'CAST(prlx_div(\n  a,\n  b, -- (\n  3\n) AS DECIMAL(20,3))'],
    ['with commas in strings and brackets', "prlx_div(m['a,b'], x[f(1,2)], 4)", "CAST(prlx_div(m['a,b'], x[f(1,2)], 4) AS DECIMAL(20,4))"],
    ['with a comment before its last argument', 'prlx_div(a, b, /* 9 */ 2)', 'CAST(prlx_div(a, b, /* 9 */ 2) AS DECIMAL(20,2))'],
  ])('%s', (_, sql, expected) => {
    expect(typeDivisions(sql)).toBe(expected);
  });

  test.each([
    ['a string', "SELECT 'prlx_div(a, b, 2)'"],
    ['a comment', 'SELECT 1 -- prlx_div(a, b, 2)\n/* prlx_div(a, b, 2) */'],
    ['another name', 'my_prlx_div(a, b, 2), prlx_div2(a, b, 2)'],
    ['a name in a schema', 'other.prlx_div(a, b, 2)'],
    ['a column', 'SELECT prlx_div, b FROM t'],
    ['places that are an expression', 'prlx_div(a, b, n), prlx_div(a, b, 1 + 1), prlx_div(a, b, -1)'],
    ['places out of range', 'prlx_div(a, b, 13), prlx_div(a, b, 2L), prlx_div(a, b, 2.0), prlx_div(a, b, 02)'],
    ['too few or many arguments', 'prlx_div(a, 2), prlx_div(a, b, c, 2)'],
    ['a call without end', 'prlx_div(a, b, 2'],
  ])('leaves %s as it is', (_, sql) => {
    expect(typeDivisions(sql)).toBe(sql);
  });
});
