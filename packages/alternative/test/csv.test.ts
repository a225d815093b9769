/** Goal: RFC 4180 in pieces of any size. Method: texts with every kind of cell, cut everywhere. */
import { expect, test } from 'vitest';
import { CsvFault, CsvReader } from '../src/sources/recording/csv.ts';

function rowsOf(pieces: readonly string[]): (string | null)[][] {
  const rows: (string | null)[][] = [];
  const reader = new CsvReader((row) => rows.push([...row]));
  for (const piece of pieces) reader.push(piece);
  reader.end();
  return rows;
}

const TEXT = 'a,b,"c ""d"""\r\n,"",x\n"1,2","3\r\n4\n"," 5 "\r\nlast,é\u{1f600},';
const ROWS = [
  ['a', 'b', 'c "d"'],
  [null, '', 'x'],
  ['1,2', '3\r\n4\n', ' 5 '],
  ['last', 'é\u{1f600}', null],
];

test('bare, quoted, empty and null cells, whichever way the text is cut', () => {
  expect(rowsOf([TEXT])).toEqual(ROWS);
  expect(rowsOf([`${TEXT}\n`])).toEqual(ROWS);
  expect(rowsOf([`${TEXT}\r\n`])).toEqual(ROWS);
  expect(rowsOf([...TEXT])).toEqual(ROWS);
  for (let at = 0; at <= TEXT.length; at++) expect(rowsOf([TEXT.slice(0, at), '', TEXT.slice(at)]), `cut at ${at}`).toEqual(ROWS);
});

test.each<[string, (string | null)[][]]>([
  ['', []],
  ['\n', [[null]]],
  ['""', [['']]],
  ['a', [['a']]],
  ['a\n\nb', [['a'], [null], ['b']]],
  [',', [[null, null]]],
  ['"a"\r\n', [['a']]],
])('%j', (text, rows) => expect(rowsOf([text])).toEqual(rows));

test.each<[string, number]>([
  ['a\n"b', 2],
  ['a"b', 1],
  ['"a"b', 1],
  ['a\nb\nc\rd', 3],
  ['"a\n\n"x', 3],
])('%j is no CSV, line %i', (text, line) => {
  expect(() => rowsOf([text])).toThrow(expect.toSatisfy((error) => error instanceof CsvFault && error.line === line));
});

test('the line of a row is where it begins', () => {
  const lines: number[] = [];
  const reader = new CsvReader((_, line) => lines.push(line));
  reader.push('a\n"b\nc"\nd\n');
  reader.end();
  expect(lines).toEqual([1, 2, 4]);
});
