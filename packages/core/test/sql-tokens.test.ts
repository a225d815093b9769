import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tokenize } from '../src/sql-tokens.ts';

const kinds = (sql: string): string[] => tokenize(sql).map(({ kind, text }) => `${kind} ${text}`);

describe('the tokenizer of Spark SQL', () => {
  test('names, numbers, punctuation', () => {
    expect(kinds('SELECT a.b_1, 1h::int, x<=>y')).toEqual([
      'identifier SELECT',
      'identifier a',
      'punctuation .',
      'identifier b_1',
      'punctuation ,',
      'identifier 1h',
      'punctuation ::',
      'identifier int',
      'punctuation ,',
      'identifier x',
      'punctuation <=>',
      'identifier y',
    ]);
    expect(kinds('größe Δ')).toEqual(['identifier größe', 'identifier Δ']);
  });

  test('a number ends where no name goes on', () => {
    for (const number of ['1', '1.', '.5', '1.25', '1e3', '1.5E-7', '10L', '1Y', '2S', '1.0D', '1BD', '1.5bd', '2f']) {
      expect(kinds(`${number} `)).toEqual([`number ${number}`]);
    }
    expect(kinds('4g_drops')).toEqual(['identifier 4g_drops']);
    expect(kinds('1e')).toEqual(['identifier 1e']);
    expect(kinds('t.4g')).toEqual(['identifier t', 'punctuation .', 'identifier 4g']);
    expect(kinds('1-2')).toEqual(['number 1', 'punctuation -', 'number 2']);
  });

  test('strings with escapes, doubled quotes and raw strings', () => {
    for (const text of [`'a\\'b'`, `'it''s'`, `"say ""x"""`, `"a\\"b"`, `'--'`, `'/*'`, `'a\nb'`, `''`, `r'C:\\'`, `R"\\"`]) {
      expect(kinds(text)).toEqual([`string ${text}`]);
    }
    expect(kinds(`'a' 'b'`)).toEqual([`string 'a'`, `string 'b'`]);
    expect(kinds(`'a\\\\' x`)).toEqual([`string 'a\\\\'`, 'identifier x']);
    expect(kinds(`br'a'`)).toEqual(['identifier br', `string 'a'`]);
  });

  test('names in backquotes', () => {
    expect(kinds('`a b`.`c``d`')).toEqual(['quoted `a b`', 'punctuation .', 'quoted `c``d`']);
  });

  test('comments of a line, continued lines, nested brackets, hints', () => {
    expect(kinds('a -- b\nc')).toEqual(['identifier a', 'comment -- b', 'identifier c']);
    expect(kinds('-- b \\\nstill\nc')).toEqual(['comment -- b \\\nstill', 'identifier c']);
    expect(kinds('a/* x /* y */ z */b')).toEqual(['identifier a', 'comment /* x /* y */ z */', 'identifier b']);
    expect(kinds('/*+ BROADCAST(t) */ x')).toEqual(['comment /*+ BROADCAST(t) */', 'identifier x']);
    expect(kinds("-- it's\nx")).toEqual(["comment -- it's", 'identifier x']);
  });

  test('what has no end reaches to the end', () => {
    for (const text of [`'a b`, `"a`, '`a', '/* a', '/* /* */', `'a\\'`, `r'a`])
      expect(kinds(`x ${text}`)).toEqual(['identifier x', `unclosed ${text}`]);
  });

  test('lines and offsets', () => {
    const sql = "a\n'b\nc' /* d\r\n */ e\n\nf";
    expect(tokenize(sql).map(({ line, offset }) => [line, offset])).toEqual([
      [1, 0],
      [2, 2],
      [3, 8],
      [4, 18],
      [6, 21],
    ]);
  });

  test('every character but blanks is in exactly one token', () => {
    const piece = fc.constantFrom('a', '1', '.', '-', '--', '/*', '*/', "'", '"', '`', '\\', '\n', ' ', 'r', 'e', '(', ';', '$', 'é', '😀');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const sql = pieces.join('');
        let at = 0;
        for (const { text, offset } of tokenize(sql)) {
          expect(sql.slice(at, offset)).toMatch(/^\s*$/);
          expect(sql.slice(offset, offset + text.length)).toBe(text);
          expect(text).not.toBe('');
          at = offset + text.length;
        }
        expect(sql.slice(at)).toMatch(/^\s*$/);
      }),
    );
  });
});
