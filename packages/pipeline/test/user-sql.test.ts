import { describe, expect, test } from 'vitest';
import { prepareUserSql } from '../src/score/user-sql.ts';

describe('a user’s query as Spark gets it', () => {
  test.each([
    [
      'the view `stream` is quoted wherever it is named',
      'SELECT stream.a FROM stream JOIN STREAM s',
      'SELECT `stream`.a FROM `stream` JOIN `STREAM` s',
    ],
    [
      'a longer name, a quoted one, a text and a comment stay',
      "SELECT stream_x, `stream`, 'stream' -- stream\nFROM x /* stream */",
      "SELECT stream_x, `stream`, 'stream' -- stream\nFROM x /* stream */",
    ],
    ['a semicolon at the end goes, with what follows it', 'SELECT 1 ; -- done\n', 'SELECT 1 '],
    ['a semicolon in a text stays', "SELECT ';'", "SELECT ';'"],
    [
      'a division has the type of its places',
      'SELECT prlx_div(a, b, 2) FROM stream',
      'SELECT CAST(prlx_div(a, b, 2) AS DECIMAL(20,2)) FROM `stream`',
    ],
    [
      'nested divisions each have theirs',
      'SELECT prlx_div(prlx_div(a, b, 0), c, 12)',
      'SELECT CAST(prlx_div(CAST(prlx_div(a, b, 0) AS DECIMAL(20,0)), c, 12) AS DECIMAL(20,12))',
    ],
  ])('%s', (_, sql, expected) => expect(prepareUserSql(sql)).toBe(expected));

  test('every line stays where it was, so that an error names the right one', () => {
    const sql = "SELECT\n  -- stream\n  prlx_div(a,\n b, 2),\n  'x\n'\nFROM stream\n;\n";
    const lines = prepareUserSql(sql).split('\n');
    expect(lines.findIndex((line) => line.includes('FROM'))).toBe(sql.split('\n').findIndex((line) => line.includes('FROM')));
  });
});
