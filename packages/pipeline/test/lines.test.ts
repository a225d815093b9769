import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SparkType, SparkValue } from '@parallax/spark-connect';
import { describe, expect, test } from 'vitest';
import { actionId } from '../src/act/decide.ts';
import { EXPORT_CHUNK_BYTES } from '../src/limits.ts';
import { actionLines, cellJson, eventLines } from '../src/lines/lines.ts';
import { writeLines } from '../src/lines/write-lines.ts';
import type { ClassCount } from '../src/outcome.ts';
import { at, failureOf, folderOf, projectOf } from './support.ts';

describe('one value as JSON', () => {
  test.each<[SparkType, SparkValue, string]>([
    [{ kind: 'decimal', precision: 20, scale: 2 }, { unscaled: -5n, scale: 2 }, '"-0.05"'],
    [{ kind: 'decimal', precision: 20, scale: 0 }, { unscaled: 7n, scale: 0 }, '"7"'],
    [
      { kind: 'decimal', precision: 38, scale: 6 },
      { unscaled: 99_999_999_999_999_999_999_999_999_999_999n, scale: 6 },
      '"99999999999999999999999999.999999"',
    ],
    [{ kind: 'byte' }, -128, '-128'],
    [{ kind: 'short' }, 32_767, '32767'],
    [{ kind: 'int' }, 0, '0'],
    [{ kind: 'long' }, 9_223_372_036_854_775_807n, '9223372036854775807'],
    [{ kind: 'boolean' }, true, 'true'],
    [{ kind: 'boolean' }, false, 'false'],
    [{ kind: 'string' }, 'a"\\\n\u00e9\u{1F600}', '"a\\"\\\\\\né\u{1F600}"'],
    [{ kind: 'string' }, '', '""'],
    [{ kind: 'timestamp' }, at('10:00') + 1n, '"2026-01-05T10:00:00.000001Z"'],
    [{ kind: 'timestamp_ntz' }, -1n, '"1969-12-31T23:59:59.999999Z"'],
    [{ kind: 'date' }, 20_458, '"2026-01-05"'],
    [{ kind: 'date' }, -1, '"1969-12-31"'],
    [{ kind: 'double' }, 0.1, '0.1'],
    [{ kind: 'double' }, Number.NaN, '"NaN"'],
    [{ kind: 'float' }, Number.NEGATIVE_INFINITY, '"-Infinity"'],
  ])('%j %s', (type, value, text) => {
    expect(cellJson(type, value, 'c')).toBe(text);
    expect(() => JSON.parse(text)).not.toThrow();
  });

  test('null is null, whatever the type', () => {
    for (const kind of ['string', 'long', 'date', 'binary'] as const) expect(cellJson({ kind }, null, 'c')).toBe('null');
  });

  test.each<SparkType>([
    { kind: 'binary' },
    { kind: 'day_time_interval' },
    { kind: 'array', element: { kind: 'int' }, containsNull: true },
    { kind: 'struct', fields: [] },
  ])('$kind has no canonical text: the column is named', async (type) => {
    expect(await failureOf(() => cellJson(type, 1, 'odd'))).toMatchObject({
      code: 'PRLX_RESULT_TYPE',
      exitCode: 2,
      message: expect.stringContaining('odd'),
    });
  });
});

describe('the lines of events', () => {
  const count = (stream: string, name: ClassCount['class'], reason: string | null, n: number): ClassCount => ({
    stream,
    class: name,
    reason,
    n,
  });

  test('are in order of stream, class and reason by their bytes, and none has n 0', () => {
    const counts = [
      count('b', 'late', null, 2),
      count('a', 'invalid', 'type', 1),
      count('a', 'invalid', 'json', 3),
      count('a', 'duplicate', null, 0),
      count('a', 'accepted', null, 4),
      count('a-1', 'accepted', null, 5),
      count('B', 'ahead', null, 6),
    ];
    expect([...eventLines(at('10:00'), counts)].map((line) => line.replace('{"minute":"2026-01-05T10:00:00Z",', ''))).toEqual([
      '"stream":"B","class":"ahead","reason":null,"n":6}\n',
      '"stream":"a","class":"accepted","reason":null,"n":4}\n',
      '"stream":"a","class":"invalid","reason":"json","n":3}\n',
      '"stream":"a","class":"invalid","reason":"type","n":1}\n',
      '"stream":"a-1","class":"accepted","reason":null,"n":5}\n',
      '"stream":"b","class":"late","reason":null,"n":2}\n',
    ]);
  });
});

describe('actions', () => {
  test('an id is the SHA-256 of project, key, action and minute, a line feed between them', () => {
    // printf 'telecom\n42\nretention_call\n2026-01-05T10:20:00Z' | sha256sum
    expect(actionId('telecom', '42', 'retention_call', at('10:20'))).toBe(
      '979cdcfa39035126bd17981b2a4da55076a3cd1950226f2ae804cd489d2dea90',
    );
  });

  test('a line names the key as the project does', async () => {
    const decisions = [{ id: 'f00', minute: at('10:20'), customer: '42', action: 'call', reason: null }];
    expect([...actionLines(await projectOf(), at('10:20'), decisions)]).toEqual([
      '{"minute":"2026-01-05T10:20:00Z","customer_id":"42","action":"call","reason":null,"id":"f00"}\n',
    ]);
  });
});

describe('writing lines', () => {
  test('the file holds them all, past one chunk too, and the hash is the file’s', async () => {
    const path = join(await folderOf(), 'lines');
    const line = `${'é'.repeat(1_000)}\n`;
    const lines = Array.from({ length: Math.ceil((2.5 * EXPORT_CHUNK_BYTES) / line.length) }, (_, i) => `${i}${line}`);
    const hash = createHash('sha256');
    await writeLines(path, lines, hash);
    const bytes = await readFile(path);
    expect(bytes.equals(Buffer.from(lines.join('')))).toBe(true);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  test('no line makes an empty file, and one that was there is replaced', async () => {
    const path = join(await folderOf({ lines: 'old\n' }), 'lines');
    await writeLines(path, []);
    expect((await stat(path)).size).toBe(0);
  });

  test('a failure of the source is the caller’s', async () => {
    const path = join(await folderOf(), 'lines');
    const failing = async function* (): AsyncIterable<string> {
      yield 'one\n';
      throw new RangeError('gone');
    };
    await expect(writeLines(path, failing())).rejects.toThrow('gone');
  });
});
