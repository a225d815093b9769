/** Goal: captured answers are those that the close names, or none. Method: one file, one wrong thing at a time, read at once and while it grows. */
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Close, formatFolder } from '@parallax/core';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { CaptureReader } from '../src/sources/live/captures.ts';

const MINUTE = 1_767_610_800_000_000n;
const LINES = ['1', '2', '3'].map(
  (key) => `${JSON.stringify({ at: '2026-01-05T11:00:40.000000Z', ids: [key], attempt: 1, status: 200, body: `{"n":${key}}` })}\n`,
);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

let state = '';
let file = '';
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'parallax-captures-'));
  const folder = state;
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const minute = join(state, 'captures', formatFolder(MINUTE));
  mkdirSync(minute, { recursive: true });
  file = join(minute, 'care.ndjson');
});

const close = (text: string, calls = LINES.length): Close => ({ online: [{ source: 'care', sha256: sha256(text), calls }] });
const reader = () => new CaptureReader(state, MINUTE, 'care');
const WHOLE = LINES.join('');

/** The keys of the calls, and what is found. */
async function rest(of: Close, from = reader()): Promise<[readonly string[], readonly string[]]> {
  const { calls, findings } = await from.rest(of);
  for (const { kind, source, customers } of findings) expect([kind, source, customers]).toEqual(['capture', 'care', null]);
  return [calls.flatMap(({ ids }) => ids), findings.map(({ detail }) => detail)];
}

describe('a capture that is read once the close names it', () => {
  test('gives the calls that it holds', async () => {
    writeFileSync(file, WHOLE);
    expect(await rest(close(WHOLE))).toEqual([['1', '2', '3'], []]);
  });

  test('of which one byte is another is no answer', async () => {
    writeFileSync(file, WHOLE.replace('"n\\":2', '"n\\":7'));
    expect(await rest(close(WHOLE))).toEqual([[], ['care: the captured answers are not those that the close names']]);
  });

  test('that is cut short, or longer, is none', async () => {
    for (const text of [LINES.slice(0, 2).join(''), WHOLE + LINES[0], '']) {
      writeFileSync(file, text);
      expect(await rest(close(WHOLE))).toEqual([[], ['care: the captured answers are not those that the close names']]);
    }
  });

  test('with another number of calls than the close says is none', async () => {
    writeFileSync(file, WHOLE);
    for (const calls of [2, 4])
      expect(await rest(close(WHOLE, calls))).toEqual([[], [`care: 3 calls are captured, the close names ${calls}`]]);
  });

  test('that is gone is found; a close that names none asks for none', async () => {
    expect(await rest(close(WHOLE))).toEqual([[], ['care: the captured answers are gone']]);
    expect(await rest({ online: [] })).toEqual([[], []]);
    expect(await rest({ online: [{ source: 'other', sha256: sha256(''), calls: 0 }] })).toEqual([[], []]);
  });
});

describe('a capture that is read while it grows', () => {
  test('gives each call once, whole lines first, the others when the close names them', async () => {
    const part = `${file}.part`;
    const growing = reader();
    writeFileSync(part, (LINES[0] ?? '') + (LINES[1] ?? '').slice(0, 9));
    expect((await growing.ahead()).flatMap(({ ids }) => ids)).toEqual(['1']);
    expect(await growing.ahead()).toEqual([]);
    appendFileSync(part, (LINES[1] ?? '').slice(9) + LINES[2]);
    renameSync(part, file);
    expect(await rest(close(WHOLE), growing)).toEqual([['2', '3'], []]);
    expect(growing.given.flatMap(({ ids }) => ids)).toEqual(['1']);
  });

  test('of which something was given that the close does not name begins anew', async () => {
    const wrong: readonly Close[] = [close(WHOLE.replace('11:00:40', '11:00:41')), close(WHOLE, 2), { online: [] }];
    for (const of of wrong) {
      const growing = reader();
      writeFileSync(`${file}.part`, LINES[0] ?? '');
      await growing.ahead();
      writeFileSync(file, WHOLE);
      await expect(growing.rest(of)).rejects.toMatchObject({ code: 'PRLX_ALTERNATIVE_AHEAD', retryable: true });
    }
  });
});
