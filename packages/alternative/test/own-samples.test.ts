/** Goal: own bulk calls are few, made when they may be, and what they say against the captures is named. Method: a small API on loopback. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MICROS_PER_MINUTE, type Project } from '@parallax/core';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { OwnSamples } from '../src/sources/live/own-samples.ts';

const MINUTE = 100n * MICROS_PER_MINUTE;
const END_MS = Number((MINUTE + MICROS_PER_MINUTE) / 1000n);
const KEYS = Array.from({ length: 100 }, (_, i) => String(i));

let calls: string[][] = [];
let open: (id: number) => number = () => 0;
let url = '';
let status = 200;
beforeEach(async () => {
  [calls, open, status] = [[], () => 0, 200];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (bytes) => {
      body += String(bytes);
    });
    request.on('end', () => {
      const { ids } = JSON.parse(body) as { readonly ids: readonly number[] };
      calls.push(ids.map(String));
      response.writeHead(status).end(JSON.stringify({ customers: ids.map((id) => ({ id, open: open(id) })) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  onTestFinished(() => {
    server.close();
  });
});

const PROJECT = {
  key: { name: 'id', type: 'bigint' },
  online: ['care', 'other'].map((name) => ({
    ...{ name, url: { kind: 'literal', value: 'http://127.0.0.1:1/' }, rowsPath: ['customers'], keyPath: ['id'], chunk: 50, maxAge: 3 },
    fields: [{ name: 'open', path: ['open'], places: 0 }],
  })),
} as unknown as Project;

const samplesAt = (nowMs: number, customers = 10, differing = 0.5) =>
  new OwnSamples(PROJECT, { care: { url, customers, differing } }, {}, () => nowMs);
const CAPTURED = { onlineAge: (_source: number, key: string) => (key === '7' ? 1 : 0), onlineValue: () => 0 };

test('one call a minute, of as many as are allowed, others the next minute; a source that is not named is not called', async () => {
  const samples = samplesAt(END_MS - 5_000);
  samples.take(MINUTE, KEYS);
  samples.take(MINUTE, KEYS);
  expect(await samples.compare(MINUTE, CAPTURED)).toEqual({
    findings: [],
    coverage: { 'own_calls_asked.care': 10, 'own_calls_compared.care': 10, 'own_calls_differing.care': 0 },
  });
  expect(calls.length).toBe(1);
  const next = new OwnSamples(PROJECT, { care: { url, customers: 10, differing: 0.5 } }, {}, () => END_MS + 55_000);
  next.take(MINUTE + MICROS_PER_MINUTE, KEYS);
  await next.compare(MINUTE + MICROS_PER_MINUTE, CAPTURED);
  expect(calls.length).toBe(2);
  expect(calls[0]?.some((id) => calls[1]?.includes(id))).toBe(false);
});

test('never more than a chunk; answers that stand in from earlier minutes are not compared', async () => {
  const samples = samplesAt(END_MS - 5_000, 10_000);
  samples.take(MINUTE, KEYS);
  const { coverage } = await samples.compare(MINUTE, CAPTURED);
  const asked = calls.flat();
  expect(asked.length).toBe(50);
  expect(coverage['own_calls_compared.care']).toBe(asked.filter((id) => id !== '7').length);
});

test('other values than the captured ones are skew beyond the share that is allowed', async () => {
  open = (id) => (id % 2 === 0 ? 0 : 1);
  for (const [differing, kinds] of [
    [0.9, []],
    [0.1, ['online_skew']],
  ] as const) {
    const samples = samplesAt(END_MS - 5_000, 50, differing);
    samples.take(MINUTE, KEYS.slice(0, 50));
    const { findings, coverage } = await samples.compare(MINUTE, CAPTURED);
    expect(coverage['own_calls_differing.care']).toBe(24);
    expect(findings.map(({ kind, source, customers }) => [kind, source, customers])).toEqual(kinds.map((kind) => [kind, 'care', null]));
  }
});

test('no call before its time, after the minute, or for nobody; a call without an answer compares nobody', async () => {
  for (const [nowMs, keys] of [
    [END_MS - 30_000, KEYS],
    [END_MS + 1_000, KEYS],
    [END_MS - 5_000, []],
  ] as const) {
    const samples = samplesAt(nowMs);
    samples.take(MINUTE, keys);
    expect((await samples.compare(MINUTE, CAPTURED)).coverage['own_calls_asked.care']).toBe(0);
  }
  expect(calls).toEqual([]);
  status = 503;
  const samples = samplesAt(END_MS - 5_000);
  samples.take(MINUTE, KEYS);
  expect((await samples.compare(MINUTE, CAPTURED)).coverage).toMatchObject({ 'own_calls_asked.care': 10, 'own_calls_compared.care': 0 });
});
