/**
 * Goal: three independent readings of the contract agree: the oracle's, Python's (`packages/spark-functions/golden`, written with `decimal`)
 * and, by that package's own tests, Java's. Method: the oracle's parsers on the golden vectors.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readEvent, readTime } from './classify.ts';
import { type Json, parseStrictObject } from './json.ts';
import { divideRounded, readScaled } from './numbers.ts';
import { readBody } from './online.ts';
import type { Online, Project, Stream } from './project.ts';

function golden<T>(name: string): T[] {
  const url = new URL(`../../packages/spark-functions/golden/${name}.golden.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as T[];
}

type KeyType = 'bigint' | 'text';
const projectOf = (keyType: KeyType): Project => ({ keyType }) as Project;

test('numbers: source text, places, scaled integer', () => {
  const vectors = golden<[string, number, string | null]>('numbers');
  expect(vectors.length).toBeGreaterThan(1000);
  for (const [text, places, expected] of vectors) {
    const scaled = readScaled(text, places);
    expect(typeof scaled === 'bigint' ? scaled.toString() : null, `${text} at ${places}`).toBe(expected);
  }
});

test('divisions of integers', () => {
  const vectors = golden<[string, string, number, string | null]>('divisions').filter(
    ([num, den]) => /^-?\d+$/.test(num) && /^-?\d+$/.test(den) && BigInt(den) !== 0n,
  );
  expect(vectors.length).toBeGreaterThan(100);
  for (const [num, den, places, expected] of vectors) {
    expect(divideRounded(BigInt(num) * 10n ** BigInt(places), BigInt(den)).toString(), `${num} ÷ ${den} at ${places}`).toBe(expected);
  }
});

test('times: JSON value, format, microseconds', () => {
  const vectors = golden<[string, Stream['timeFormat'], string | null]>('times');
  expect(vectors.length).toBeGreaterThan(500);
  for (const [text, format, expected] of vectors) {
    const value: Json | undefined = parseStrictObject(`{"t":${text}}`)?.members.get('t');
    const time = value === undefined ? null : readTime(value, format);
    expect(time?.toString() ?? null, `${text} as ${format}`).toBe(expected);
  }
});

interface MessageSpec {
  key: { type: KeyType; path: string[] };
  time: { path: string[]; format: Stream['timeFormat'] };
  id: { path: string[] } | null;
  variables: { path: string[]; places: number }[];
}

interface MessageVector {
  spec: number;
  payload?: string | null;
  payload_base64?: string;
  expect: { reason: string | null; key: string; time: string; id: string; vals: (number | null)[] };
}

test('messages: the reason, or key, time, id and values', () => {
  const [head, ...vectors] = golden<MessageVector & { specs: MessageSpec[] }>('messages');
  let compared = 0;
  for (const { spec, payload, payload_base64, expect: expected } of vectors) {
    const declared = head?.specs[spec];
    // A stream without an id field takes its ids from the queue; a recording has none.
    if (declared === undefined || declared.id === null) continue;
    const stream: Stream = {
      name: 's',
      keyField: declared.key.path.join('.'),
      timeField: declared.time.path.join('.'),
      timeFormat: declared.time.format,
      idField: declared.id.path.join('.'),
      variables: declared.variables.map(({ path, places }, index) => ({
        name: `v${index}`,
        field: path.join('.'),
        places,
        aggregates: [],
      })),
    };
    const bytes = payload_base64 !== undefined ? Buffer.from(payload_base64, 'base64') : payload == null ? null : Buffer.from(payload);
    const read = readEvent(projectOf(declared.key.type), stream, bytes, 0n);
    const label = `spec ${spec}: ${payload ?? payload_base64}`;
    compared++;
    if (typeof read === 'string') expect(read, label).toBe(expected.reason);
    else {
      const values = read.values.map((value) => (value === null ? null : Number(value)));
      expect({ reason: null, key: read.key, time: read.time.toString(), id: read.id, vals: values }, label).toEqual({
        reason: expected.reason,
        key: expected.key,
        time: expected.time,
        id: expected.id,
        vals: expected.vals,
      });
    }
  }
  expect(compared).toBeGreaterThan(1000);
});

interface AnswerSpec {
  rows: string[];
  key: { type: KeyType; path: string[] };
  fields: { path: string[]; places: number }[];
}

test('answers: the rows of a body, or none', () => {
  const [head, ...vectors] = golden<{ specs: AnswerSpec[]; spec: number; body?: string; expect: [string, (number | null)[]][] | null }>(
    'answers',
  );
  let compared = 0;
  for (const { spec, body, expect: expected } of vectors) {
    const declared = head?.specs[spec];
    if (declared === undefined || body === undefined) continue;
    const online: Online = {
      name: 'o',
      rows: declared.rows.join('.'),
      key: declared.key.path.join('.'),
      maxAge: 1,
      fields: declared.fields.map(({ path, places }, index) => ({ name: `f${index}`, field: path.join('.'), places })),
    };
    const rows = readBody(projectOf(declared.key.type), online, body);
    const found =
      rows === null
        ? null
        : new Map(
            [...rows].map(([key, fields]) => [key, [...fields.values()].map((value) => (value === null ? null : Number(value.unscaled)))]),
          );
    compared++;
    expect(found, body).toEqual(expected === null ? null : new Map(expected));
  }
  expect(compared).toBeGreaterThan(500);
});
