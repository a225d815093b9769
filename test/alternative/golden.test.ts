/**
 * Goal: the alternative's parsers and arithmetic are the contract's. Method: the golden vectors, which a third implementation made
 * (`packages/spark-functions/golden`, Python's `decimal`), and which the Spark side's Java is held to as well.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AcceptedEvents } from '@parallax/alternative/accept/accepted-events.ts';
import { contribution } from '@parallax/alternative/batch/scorecard.ts';
import { AnswerParser } from '@parallax/alternative/parse/answer-parser.ts';
import { divideHalfAway, parseCell, powerOfTen, unscaledAt } from '@parallax/alternative/parse/decimal.ts';
import { EventParser } from '@parallax/alternative/parse/event-parser.ts';
import { JsonScanner } from '@parallax/alternative/parse/json-scanner.ts';
import { OUT_OF_RANGE, scaledNumber } from '@parallax/alternative/parse/number.ts';
import { Captures, shapeOf } from '@parallax/alternative/parse/shape.ts';
import { EventClock } from '@parallax/alternative/parse/time.ts';
import { EventStore } from '@parallax/alternative/store/event-store.ts';
import { RawWindows } from '@parallax/alternative/window/raw-windows.ts';
import { Records } from '@parallax/alternative/window/records.ts';
import { StreamWindow } from '@parallax/alternative/window/stream-window.ts';
import type { Aggregate, ExactDecimal, KeyType, Stream, TimeFormat, Transform } from '@parallax/core';
import { expect, onTestFinished, test } from 'vitest';

function golden<T>(name: string): T[] {
  const url = new URL(`../../packages/spark-functions/golden/${name}.golden.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as T[];
}

test('numbers: source text, places, scaled integer', () => {
  const vectors = golden<[string, number, string | null]>('numbers');
  expect(vectors.length).toBeGreaterThan(1000);
  for (const [text, places, expected] of vectors) {
    const bytes = Buffer.from(text);
    const scaled = scaledNumber(bytes, 0, bytes.length, places);
    expect(scaled === OUT_OF_RANGE ? null : scaled.toString(), `${text} at ${places}`).toBe(expected);
    expect(Object.is(scaled, -0), text).toBe(false);
  }
});

test('cells of batch files: text, places, unscaled integer', () => {
  const vectors = golden<[string, number, string | null]>('cells');
  expect(vectors.length).toBeGreaterThan(1000);
  for (const [text, places, expected] of vectors) {
    const cell = parseCell(text);
    const unscaled = cell === null ? null : unscaledAt(cell, places);
    const fits = unscaled !== null && unscaled < powerOfTen(20) && unscaled > -powerOfTen(20);
    expect(fits ? unscaled.toString() : null, `${text} at ${places}`).toBe(expected);
  }
});

test('divisions of integers', () => {
  const whole = /^-?\d+$/;
  const vectors = golden<[string, string, number, string | null]>('divisions').filter(
    ([num, den]) => whole.test(num) && whole.test(den) && BigInt(den) !== 0n,
  );
  expect(vectors.length).toBeGreaterThan(100);
  for (const [num, den, places, expected] of vectors) {
    expect(divideHalfAway(BigInt(num) * powerOfTen(places), BigInt(den)).toString(), `${num} ÷ ${den} at ${places}`).toBe(expected);
  }
});

test('times: JSON value, format, microseconds', () => {
  const vectors = golden<[string, TimeFormat, string | null]>('times');
  expect(vectors.length).toBeGreaterThan(500);
  const shape = shapeOf([['t']]);
  const captures = new Captures(shape.fields);
  const scanner = new JsonScanner();
  for (const [text, format, expected] of vectors) {
    const bytes = Buffer.from(`{"t":${text}}`);
    // The origin lies near the time, so that the distance is exact; at a far one only the direction is left.
    const near = expected === null ? 0n : (BigInt(expected) / 60_000_000n) * 60_000_000n;
    const clock = new EventClock(near);
    const time = scanner.object(bytes, 0, bytes.length, shape, captures) ? clock.at(bytes, captures, 0, format) : Number.NaN;
    const label = `${text} as ${format}`;
    if (expected === null) expect(time, label).toBeNaN();
    else expect((near + BigInt(time)).toString(), label).toBe(expected);
  }
});

interface PaneVector {
  spec: { variables: { places: number; aggregates: Aggregate[] }[] };
  events: [time: number, id: string, values: (number | null)[]][];
  /** By variable and aggregate as declared. */
  expect: (number | null)[];
}

/** Aggregates know of times their order alone: each is put into a minute of the hour, in that order. */
function withinTheHour({ events }: PaneVector): { time: number; id: string; values: Float64Array }[] {
  const times = [...new Set(events.map(([time]) => time))].sort((a, b) => a - b);
  return events.map(([time, id, values]) => ({
    ...{ time: times.indexOf(time) * 60_000_000 + 5, id },
    values: Float64Array.from(values, (value) => value ?? Number.NaN),
  }));
}

const panes = golden<PaneVector>('panes');
const streams = panes.map(({ spec }, i): Stream => ({ name: `s${i}`, variables: spec.variables }) as unknown as Stream);
const WINDOWS = ['last_hour', 'hour_to_date'] as const;

/** Holds what `value` gives of each vector's variables and aggregates, in both windows, against what is expected. */
function expectPanes(value: (stream: number, variable: number, aggregate: Aggregate, window: (typeof WINDOWS)[number]) => unknown): void {
  for (const [stream, { spec, expect: expected }] of panes.entries()) {
    for (const window of WINDOWS) {
      const found = spec.variables.flatMap(({ aggregates }, variable) =>
        aggregates.map((aggregate) => value(stream, variable, aggregate, window)),
      );
      expect(found, `${window} of vector ${stream}`).toEqual(expected);
    }
  }
}

test('aggregates of windows that are kept from minute to minute: events, their values', () => {
  expect(panes.length).toBeGreaterThan(300);
  const starts = { last_hour: 0, hour_to_date: 0 };
  const windows = panes.map((vector, i) => {
    const window = new StreamWindow(streams[i] as Stream, new Records());
    for (const event of withinTheHour(vector)) window.enter(0, event, starts);
    return window;
  });
  expectPanes((stream, ...of) => (windows[stream] as StreamWindow).read(0, ...of, starts));
});

test('aggregates of windows from raw events: the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parallax-golden-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const store = new EventStore(
    folder,
    streams.map(({ variables }) => variables.length),
  );
  await store.open();
  for (const [stream, vector] of panes.entries()) {
    const accepted = new AcceptedEvents(join(folder, 'accepted'), vector.spec.variables.length);
    for (const { time, id, values } of withinTheHour(vector)) {
      const idBytes = Buffer.from(id);
      accepted.add({ key: 'k', time, idBytes, idStart: 0, idEnd: idBytes.length, values });
    }
    await store.append(stream, accepted, 0);
  }
  const raw = await RawWindows.read({ streams }, store, 59, 0, { bucket: -1, keys: new Set(['k']) });
  expectPanes((...of) => raw.value('k', ...of));
});

interface MessageSpec {
  key: { type: KeyType; path: string[] };
  time: { path: string[]; format: TimeFormat };
  id: { path: string[] } | null;
  variables: { path: string[]; places: number }[];
}

interface MessageVector {
  spec: number;
  payload?: string | null;
  payload_base64?: string;
  message_id?: string | null;
  expect: { reason: string | null; key: string; time: string; id: string; vals: (number | null)[] };
}

test('messages: the reason, or key, time, id and values', () => {
  const [head, ...vectors] = golden<MessageVector & { specs: MessageSpec[] }>('messages');
  let compared = 0;
  for (const { spec, payload, payload_base64, message_id, expect: expected } of vectors) {
    const declared = head?.specs[spec];
    if (declared === undefined) continue;
    const stream: Stream = {
      name: 's',
      from: null,
      keyPath: declared.key.path,
      time: declared.time,
      eventIdPath: declared.id?.path ?? null,
      variables: declared.variables.map(({ path, places }, index) => ({
        name: `v${index}`,
        path,
        places,
        unit: null,
        aggregates: ['sum'],
      })),
    };
    const bytes = payload_base64 !== undefined ? Buffer.from(payload_base64, 'base64') : payload == null ? null : Buffer.from(payload);
    const near = expected.reason === null ? (BigInt(expected.time) / 60_000_000n) * 60_000_000n : 0n;
    const parser = new EventParser(stream, declared.key.type, new EventClock(near));
    const reason = parser.parse(bytes, message_id ?? null);
    const label = `spec ${spec}: ${payload ?? payload_base64}`;
    compared++;
    expect(reason, label).toBe(expected.reason);
    if (reason !== null) continue;
    const values = [...parser.values].map((value) => (Number.isNaN(value) ? null : value));
    expect({ key: parser.key, time: (near + BigInt(parser.time)).toString(), id: parser.id, vals: values }, label).toEqual({
      key: expected.key,
      time: expected.time,
      id: expected.id,
      vals: expected.vals,
    });
  }
  expect(compared).toBeGreaterThan(2000);
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
    const fields = declared.fields.map(({ path, places }, index) => ({ name: `f${index}`, path, places }));
    const parser = new AnswerParser(
      { name: 'o', url: null, rowsPath: declared.rows, keyPath: declared.key.path, chunk: 1, maxAge: 1, fields },
      declared.key.type,
    );
    const answer = parser.parse(Buffer.from(body));
    const width = fields.length;
    const valuesOf = (row: number) => [...(answer?.values.subarray(row * width, (row + 1) * width) ?? [])];
    const shown = (row: number) => valuesOf(row).map((v) => (Number.isNaN(v) ? null : v));
    const found = answer === null ? null : new Map([...answer.rows].map(([key, row]) => [key, shown(row)]));
    compared++;
    expect(found, body).toEqual(expected === null ? null : new Map(expected));
  }
  expect(compared).toBeGreaterThan(500);
});

/** A decimal's text as the project's reader has it. */
function exact(text: string): ExactDecimal {
  const [whole = '', fraction = ''] = text.split('.');
  return { unscaled: BigInt(whole + fraction), scale: fraction.length };
}

interface StepVector {
  readonly kind: 'linear' | 'cap' | 'bin' | 'flag';
  readonly center?: string;
  readonly scale?: string;
  readonly low?: string;
  readonly high?: string;
  readonly value?: string;
  readonly edges?: readonly { readonly below: string | null; readonly value: string }[];
}

function transformOf({ kind, center = '0', scale = '1', low = '0', high = '0', value = '0', edges = [] }: StepVector): Transform {
  switch (kind) {
    case 'linear':
      return { kind, center: exact(center), scale: exact(scale) };
    case 'cap':
      return { kind, low: exact(low), high: exact(high) };
    case 'bin':
      return { kind, edges: edges.map((edge) => ({ below: edge.below === null ? null : exact(edge.below), value: exact(edge.value) })) };
    case 'flag':
      return { kind, value: exact(value) };
  }
}

test('scorecards: the sums of modules at scale 12', () => {
  const vectors = golden<{
    spec: { modules: string[]; entries: { module: number; transforms: StepVector[]; weight: string; missing_as: string | null }[] };
    values: (string | null)[];
    expect: string[];
  }>('scorecards');
  // A project's bin ends in `*`: that of a vector may not.
  const whole = vectors.filter(({ spec }) =>
    spec.entries.every(({ transforms }) => transforms.every(({ kind, edges }) => kind !== 'bin' || edges?.at(-1)?.below === null)),
  );
  expect(whole.length).toBeGreaterThan(100);
  for (const { spec, values, expect: sums } of whole) {
    const found = spec.modules.map(() => 0n);
    for (const [i, entry] of spec.entries.entries()) {
      const value = values[i] ?? null;
      const amount = contribution(
        {
          source: '',
          table: '',
          column: '',
          module: '',
          transforms: entry.transforms.map(transformOf),
          weight: exact(entry.weight),
          missingAs: entry.missing_as === null ? null : exact(entry.missing_as),
        },
        value === null ? null : { unscaled: exact(value).unscaled, places: exact(value).scale },
      );
      found[entry.module] = (found[entry.module] ?? 0n) + amount;
    }
    for (const [module, sum] of sums.entries()) if (sum !== 'overflow') expect(String(found[module])).toBe(sum);
  }
});
