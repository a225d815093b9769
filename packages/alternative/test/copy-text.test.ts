/** Goal: cells are what PostgreSQL holds. Method: COPY's text format by its documentation, in pieces of every size. */
import { expect, test } from 'vitest';
import { cellsOf, copyRows } from '../src/sources/live/copy-text.ts';

async function rows(text: string, size: number): Promise<(readonly (string | null)[])[]> {
  const bytes = Buffer.from(text);
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const all: (readonly (string | null)[])[] = [];
  for await (const row of copyRows(chunks())) all.push(row);
  return all;
}

test('rows and cells, nulls, empty text, escapes, text beyond ASCII, whatever the chunks', async () => {
  const text = 'a\t1\t\\N\n\t-2.50\té€\\t\\n\\\\N\\\\\n';
  const expected = [
    ['a', '1', null],
    ['', '-2.50', 'é€\t\n\\N\\'],
  ];
  for (const size of [1, 2, 3, 7, 1000]) expect(await rows(text, size)).toEqual(expected);
});

test('one cell, and a backslash before any other character is that character', () => {
  expect(cellsOf('\\N')).toEqual([null]);
  expect(cellsOf('')).toEqual(['']);
  expect(cellsOf('\\x\\b')).toEqual(['x\b']);
});
