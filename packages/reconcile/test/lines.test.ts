/** Goal: canonical lines are split and paired exactly. Method: lines with every kind of value, files with equal, missing and other lines. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fieldsOf, textField } from '../src/lines/canonical-line.ts';
import { equalLines, linesOf } from '../src/lines/line-file.ts';
import { differingLines } from '../src/lines/merge.ts';

const directory = mkdtempSync(join(tmpdir(), 'parallax-lines-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('every kind of value keeps its text', () => {
  const object = {
    minute: '2026-01-05T10:00:00Z',
    'a "key"': 'x,"}\\é\u{1f600}',
    wide: null,
    yes: true,
    n: -9223372036854776000,
    text: '',
  };
  const line = JSON.stringify(object).replace('-9223372036854776000', '-9223372036854775807');
  const fields = fieldsOf(line);
  expect([...fields.keys()]).toEqual(Object.keys(object));
  expect(fields.get('n')).toBe('-9223372036854775807');
  expect(textField(fields, 'a "key"')).toBe('x,"}\\é\u{1f600}');
  expect(textField(fields, 'wide')).toBeNull();
  expect(fields.get('yes')).toBe('true');
});

test.each(['{}', '{"a":1', 'nothing', '{"a":1,}'])('%s is no canonical line', (line) => expect(() => fieldsOf(line)).toThrow(SyntaxError));

function write(name: string, lines: readonly string[]): string {
  const path = join(directory, name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

test('equal files are known by their bytes, with their number of lines', async () => {
  const long = 'x'.repeat(3_000_000);
  const [a, b] = [write('a', ['1', long, '3']), write('b', ['1', long, '3'])];
  expect(await equalLines(a, b)).toBe(3);
  expect(await equalLines(a, write('c', ['1', long, '4']))).toBeNull();
  expect(await equalLines(a, write('d', ['1', long]))).toBeNull();
  expect(await equalLines(write('e', []), write('f', []))).toBe(0);
  const lines: string[] = [];
  for await (const line of linesOf(a)) lines.push(line);
  expect(lines).toEqual(['1', long, '3']);
});

test('lines are paired by their keys; equal ones are passed over', async () => {
  const [a, b] = [write('g', ['a 1', 'b 1', 'd 1', 'e 1']), write('h', ['a 1', 'b 2', 'c 1', 'e 1', 'f 1'])];
  const pairs = [];
  for await (const pair of differingLines(a, b, (x, y) => x.charCodeAt(0) - y.charCodeAt(0))) pairs.push(pair);
  expect(pairs).toEqual([
    { spark: 'b 1', alternative: 'b 2' },
    { spark: null, alternative: 'c 1' },
    { spark: 'd 1', alternative: null },
    { spark: null, alternative: 'f 1' },
  ]);
});
