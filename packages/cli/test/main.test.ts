import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const TELECOM = fileURLToPath(new URL('../../../examples/telecom', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in a process of its own, as the launcher does. */
function parallax(...words: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    const texts = { out: '', err: '' };
    child.stdout.on('data', (bytes: Buffer) => {
      texts.out += bytes.toString();
    });
    child.stderr.on('data', (bytes: Buffer) => {
      texts.err += bytes.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...texts }));
  });
}

describe('the command line', () => {
  test('explains itself', async () => {
    const { code, out } = await parallax('check', '--help');
    expect(code).toBe(0);
    expect(out).toMatch(/validate a project/);
    expect(out).toMatch(/--json/);
  });

  test('an unknown option is bad usage, in text and as JSON', async () => {
    const text = await parallax('check', '--jsn');
    expect(text).toMatchObject({ code: 2, out: '' });
    expect(text.err).toMatch(/^error PRLX_USAGE: unknown option '--jsn'/);
    const json = await parallax('check', '--jsno', '--json');
    expect(json.code).toBe(2);
    expect(JSON.parse(json.err)).toMatchObject({ error: { code: 'PRLX_USAGE', exit_code: 2 } });
  });

  test('check: a project that is right', async () => {
    const { code, out, err } = await parallax('check', TELECOM, '--static', '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({ project: 'telecom', key: { name: 'customer_id', type: 'bigint' } });
  });

  test('check: a project that is wrong names each problem and ends with 2', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parallax-check-'));
    try {
      await writeFile(join(folder, 'parallax.yaml'), 'name: n\nkey: { name: k, type: text }\nbase: dwh.profile\nlatenes: 5m\n');
      const { code, out, err } = await parallax('check', folder);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain('parallax.yaml:4 (latenes): unknown field "latenes" (did you mean "lateness"?)');
      expect(err).toContain('satisfaction.sql: the file is missing');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
