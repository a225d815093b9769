import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyType } from '@parallax/core';
import { describe, expect, test } from 'vitest';
import type { KeyBatches } from '../src/engine/key-batches.ts';
import { ONLINE_ATTEMPTS_MAX, ONLINE_BACKOFF_MS, ONLINE_BODY_BYTES_MAX, ONLINE_CONCURRENCY_MAX } from '../src/limits.ts';
import { SourceCapture } from '../src/online/capture.ts';
import type { Clock } from '../src/run/clock.ts';
import { rows, startBulkApi } from './bulk-api.ts';
import { at, folderOf, hastyClock, projectOf } from './support.ts';

interface Line {
  readonly at: string;
  readonly ids: readonly string[];
  readonly attempt: number;
  readonly status: number;
  readonly body: string;
}

async function captureOf(url: string, options: { keyType?: KeyType; chunk?: number; clock?: Clock; deadline?: AbortController } = {}) {
  const [declared] = (await projectOf()).online;
  if (declared === undefined) throw new Error('no source');
  const path = join(await folderOf(), 'captures', 'care.ndjson');
  const { keyType = 'bigint', chunk = declared.chunk, clock = hastyClock(at('10:20')), deadline = new AbortController() } = options;
  const capture = new SourceCapture({ source: { ...declared, chunk }, keyType, url, path, clock, deadline });
  const lines = async (): Promise<Line[]> =>
    (await readFile(path, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  return { capture, path, lines, deadline };
}

describe('a capture of which a draft has taken a part', () => {
  test('the part can be read while it goes on; what came after it stands alone, and the whole file has both', async () => {
    const api = await startBulkApi(({ ids }) => ({ status: 200, body: rows(ids) }));
    const { capture, path, lines } = await captureOf(api.url);
    await capture.ask(['1', '2', '3']);
    const taken = await capture.soFar();
    expect(taken).toMatchObject({ path: `${path}.part`, calls: 2 });
    const first = await readFile(taken?.path ?? '', 'utf8');
    expect(first.trimEnd().split('\n')).toHaveLength(2);
    expect(capture.after()).toBeNull();
    await capture.ask(['1', '4']);
    const close = await capture.close();
    const after = capture.after();
    expect(after).toMatchObject({ path: `${path}.after`, calls: 1 });
    expect(await readFile(path, 'utf8')).toBe(first + (await readFile(after?.path ?? '', 'utf8')));
    expect((await lines()).at(-1)?.ids).toEqual(['4']);
    expect(close?.sha256).toBe(
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    );
  });
});

test('of a capture without a call nothing is taken, and all that comes is after it', async () => {
  const api = await startBulkApi(({ ids }) => ({ status: 200, body: rows(ids) }));
  const { capture } = await captureOf(api.url);
  expect(await capture.soFar()).toBeNull();
  await capture.ask(['1', '2', '3']);
  await capture.close();
  expect(capture.after()?.calls).toBe(2);
});

describe('a capture that is finished before its minute is closed', () => {
  test('has let go of whom it asked, and its file and digest stand; the name under which a draft reads it stays until it is closed', async () => {
    const api = await startBulkApi(({ ids }) => ({ status: 200, body: rows(ids) }));
    const { capture, path, deadline } = await captureOf(api.url);
    await capture.ask(['1', '2', '3']);
    expect(capture.remembered).toBe(3);
    await capture.soFar();
    await capture.ask(['4']);
    deadline.abort();
    const sha256 = await capture.finish();
    expect(capture.remembered).toBe(0);
    const written = await readFile(`${path}.part`);
    expect(createHash('sha256').update(written).digest('hex')).toBe(sha256);
    expect(existsSync(path)).toBe(false);
    await capture.ask(['5']);
    expect([capture.remembered, api.calls.length]).toEqual([0, 3]);
    expect(await capture.finish()).toBe(sha256);
    expect(await capture.close()).toEqual({ source: 'care', sha256, calls: 3 });
    expect(await readFile(path)).toEqual(written);
    expect(capture.after()).toMatchObject({ calls: 1 });
  });

  test('waits for calls that the deadline has cut short: they are in it', async () => {
    const arrived = Promise.withResolvers<void>();
    const api = await startBulkApi(() => {
      arrived.resolve();
      return null;
    });
    const { capture, path, deadline } = await captureOf(api.url);
    const asking = capture.ask(['1']);
    await arrived.promise;
    deadline.abort();
    await capture.finish();
    expect(await readFile(`${path}.part`, 'utf8')).toContain('"ids":["1"],"attempt":1,"status":0');
    await asking;
    expect(await capture.close()).toMatchObject({ calls: 1 });
  });
});

describe('bulk calls', () => {
  test('ask in chunks; what was answered is captured raw, and the digest is the file’s', async () => {
    const raw = (ids: readonly string[]) => `\uFEFF\t${rows(ids)}\r\n\u{1F600}"\\\u0000`;
    const api = await startBulkApi(({ ids }, nth) => ({ status: 200, body: nth <= 3 ? raw(ids) : rows(ids) }));
    const { capture, path, lines } = await captureOf(api.url);
    await capture.ask(['1', '2', '3', '4', '5']);
    const close = await capture.close();
    expect(new Set(api.calls.map((call) => call.text))).toEqual(new Set(['{"ids":[1,2]}', '{"ids":[3,4]}', '{"ids":[5]}']));
    const captured = await lines();
    for (const ids of [['1', '2'], ['3', '4'], ['5']]) {
      const bodies = captured.filter((line) => line.ids.join() === ids.join()).map((line) => [line.attempt, line.status, line.body]);
      expect(bodies).toEqual([
        [1, 200, raw(ids)],
        [2, 200, rows(ids)],
      ]);
    }
    expect(close).toEqual({
      source: 'care',
      sha256: createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
      calls: 6,
    });
  });

  test('the lines have the fields of a recording, in their order', async () => {
    const api = await startBulkApi(({ ids }) => ({ status: 200, body: rows(ids) }));
    const { capture, path } = await captureOf(api.url);
    await capture.ask(['7']);
    await capture.close();
    expect(await readFile(path, 'utf8')).toBe(
      `{"at":"2026-01-05T10:20:00.000000Z","ids":["7"],"attempt":1,"status":200,"body":${JSON.stringify(rows(['7']))}}\n`,
    );
  });

  test('ids of bigint keys are JSON integers, exact beyond 2^53; text keys are JSON strings', async () => {
    const api = await startBulkApi(({ ids }) => ({ status: 200, body: rows(ids) }));
    const numbers = await captureOf(api.url);
    await numbers.capture.ask(['9007199254740993', '-9223372036854775808']);
    const texts = await captureOf(api.url, { keyType: 'text' });
    await texts.capture.ask(['01', 'a"\\\n\u00e9']);
    expect(api.calls.map((call) => call.text)).toEqual([
      '{"ids":[9007199254740993,-9223372036854775808]}',
      '{"ids":["01","a\\"\\\\\\né"]}',
    ]);
    for (const { capture, lines } of [numbers, texts]) {
      await capture.close();
      expect((await lines())[0]?.ids).toHaveLength(2);
    }
    expect((await numbers.lines())[0]?.ids).toEqual(['9007199254740993', '-9223372036854775808']);
    expect((await texts.lines())[0]?.ids).toEqual(['01', 'a"\\\n\u00e9']);
  });

  test('nobody is asked twice in a minute, not within one list and not by the top-up', async () => {
    const api = await startBulkApi(({ ids }) => ({ status: 200, body: rows(ids) }));
    const { capture } = await captureOf(api.url);
    await capture.ask(['1', '2', '1', '3']);
    const topUp = async function* (): KeyBatches {
      yield ['3', '4'];
      yield ['1', '2'];
    };
    await capture.ask(topUp());
    await capture.ask(['4']);
    expect(api.calls.flatMap((call) => call.ids).sort()).toEqual(['1', '2', '3', '4']);
    expect((await capture.close())?.calls).toBe(api.calls.length);
  });

  test('no more are in flight than the limit, and the limit is used', async () => {
    const waiting: (() => void)[] = [];
    const api = await startBulkApi(async ({ ids }, nth) => {
      // The first ones are answered when as many as may be have arrived, so that fewer or more would show.
      if (nth < ONLINE_CONCURRENCY_MAX) await new Promise<void>((resolve) => waiting.push(resolve));
      else for (const resolve of waiting.splice(0)) resolve();
      return { status: 200, body: rows(ids) };
    });
    const { capture } = await captureOf(api.url, { chunk: 1 });
    await capture.ask(Array.from({ length: 5 * ONLINE_CONCURRENCY_MAX }, (_, i) => String(i)));
    expect(api.mostAtOnce()).toBe(ONLINE_CONCURRENCY_MAX);
    expect((await capture.close())?.calls).toBe(5 * ONLINE_CONCURRENCY_MAX);
  });

  test('when nobody is to be asked there is no call and no file', async () => {
    const api = await startBulkApi(() => ({ status: 200, body: rows([]) }));
    const { capture, path } = await captureOf(api.url);
    await capture.ask([]);
    expect([await capture.close(), existsSync(path), api.calls.length]).toEqual([null, false, 0]);
  });
});

describe('calls that fail are repeated, and each attempt is captured', () => {
  test('429 with Retry-After waits as long as it says; 500 by back-off', async () => {
    const answers = [
      { status: 429, body: 'slow', headers: { 'retry-after': '3' } },
      { status: 500, body: 'oops' },
    ];
    const clock = hastyClock(at('10:20'));
    const api = await startBulkApi(({ ids }, nth) => answers[nth - 1] ?? { status: 200, body: rows(ids) });
    const { capture, lines } = await captureOf(api.url, { clock });
    await capture.ask(['1', '2']);
    expect(await capture.close()).toMatchObject({ calls: 3 });
    expect((await lines()).map(({ attempt, status, body }) => [attempt, status, body])).toEqual([
      [1, 429, 'slow'],
      [2, 500, 'oops'],
      [3, 200, rows(['1', '2'])],
    ]);
    expect(clock.slept).toEqual([3_000, 2 * ONLINE_BACKOFF_MS]);
    expect((await lines()).map((line) => line.at)).toEqual([
      '2026-01-05T10:20:00.000000Z',
      '2026-01-05T10:20:03.000000Z',
      '2026-01-05T10:20:03.400000Z',
    ]);
  });

  test.each([
    ['not JSON', 'not json'],
    ['cut off', '{"customers":[{"customer_id":1}'],
    ['without the declared rows', '{"rows":[]}'],
    ['with rows that are no array', '{"customers":{}}'],
    ['behind a byte order mark', '\uFEFF{"customers":[]}'],
    ['empty', ''],
  ])('a 200 whose body is %s is no answer', async (_, body) => {
    const api = await startBulkApi(({ ids }, nth) => ({ status: 200, body: nth === 1 ? body : rows(ids) }));
    const { capture, lines } = await captureOf(api.url);
    await capture.ask(['1']);
    await capture.close();
    expect((await lines()).map((line) => [line.attempt, line.body])).toEqual([
      [1, body],
      [2, rows(['1'])],
    ]);
  });

  test('after the last attempt the chunk is given up, and the others go on', async () => {
    const api = await startBulkApi(({ ids }) => (ids.includes('1') ? { status: 503, body: '' } : { status: 200, body: rows(ids) }));
    const { capture, lines } = await captureOf(api.url);
    await capture.ask(['1', '2', '3']);
    await capture.close();
    const statuses = (await lines()).map((line) => `${line.ids.join()} ${line.status}`).sort();
    expect(statuses).toEqual([...Array.from({ length: ONLINE_ATTEMPTS_MAX }, () => '1,2 503'), '3 200']);
  });

  test('a connection that breaks has status 0 and no body', async () => {
    const api = await startBulkApi(({ ids }, nth) => {
      if (nth === 1) throw new Error('broken');
      return { status: 200, body: rows(ids) };
    });
    const { capture, lines } = await captureOf(api.url);
    await capture.ask(['1']);
    await capture.close();
    expect((await lines()).map((line) => [line.status, line.body])).toEqual([
      [0, ''],
      [200, rows(['1'])],
    ]);
  });

  test('a body past the limit is cut off, so that no strict reader takes it', async () => {
    const api = await startBulkApi(() => ({ status: 200, body: `{"customers":[],"x":"${'a'.repeat(ONLINE_BODY_BYTES_MAX)}"}` }));
    const { capture, lines } = await captureOf(api.url);
    await capture.ask(['1']);
    await capture.close();
    for (const line of await lines()) {
      expect(line.body.length).toBeLessThanOrEqual(ONLINE_BODY_BYTES_MAX);
      expect(() => JSON.parse(line.body)).toThrow();
    }
  });
});

describe('the deadline', () => {
  test('ends a call that has no answer: it is captured with status 0, and nothing is asked any more', async () => {
    const arrived = Promise.withResolvers<void>();
    const api = await startBulkApi(() => {
      arrived.resolve();
      return null;
    });
    const { capture, lines, deadline } = await captureOf(api.url, { chunk: 1 });
    const asking = capture.ask(['1']);
    await arrived.promise;
    deadline.abort();
    await asking;
    await capture.ask(['2']);
    expect(await capture.close()).toMatchObject({ calls: 1 });
    expect((await lines()).map(({ ids, status, attempt }) => ({ ids, status, attempt }))).toEqual([{ ids: ['1'], status: 0, attempt: 1 }]);
    expect(api.calls).toHaveLength(1);
  });

  test('ends the wait of a retry', async () => {
    const waiting = Promise.withResolvers<void>();
    const clock: Clock = {
      now: () => at('10:20'),
      sleep: (_, signal) =>
        new Promise((resolve) => {
          signal?.addEventListener('abort', () => resolve());
          waiting.resolve();
        }),
    };
    const api = await startBulkApi(() => ({ status: 429, body: '', headers: { 'retry-after': '3600' } }));
    const { capture, deadline } = await captureOf(api.url, { clock });
    const asking = capture.ask(['1']);
    await waiting.promise;
    deadline.abort();
    await asking;
    expect(await capture.close()).toMatchObject({ calls: 1 });
  });

  test('that has passed before the first call leaves nothing', async () => {
    const api = await startBulkApi(() => ({ status: 200, body: rows([]) }));
    const deadline = new AbortController();
    deadline.abort();
    const { capture } = await captureOf(api.url, { deadline });
    await capture.ask(['1']);
    expect([await capture.close(), api.calls.length]).toEqual([null, 0]);
  });
});
