import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const TELECOM = fileURLToPath(new URL('../../../examples/telecom', import.meta.url));

const parallax = (...words: readonly string[]) => parallaxAt(process.cwd(), ...words);

function parallaxAt(cwd: string, ...words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...words], { cwd }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

let work: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'prlx-commands-'));
});
afterAll(() => rm(work, { recursive: true, force: true }));

async function telecom(name: string): Promise<string> {
  const folder = join(work, name);
  await cp(TELECOM, folder, { recursive: true });
  return folder;
}

describe('types', () => {
  test('gives the example the types that it is committed with, and leaves its logic alone', async () => {
    const folder = await telecom('whole');
    const { code, out } = await parallax('types', folder, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ written: [join(folder, 'customer.d.ts')] });
    for (const file of ['customer.d.ts', 'alternative.ts'])
      expect(await readFile(join(folder, file), 'utf8')).toBe(await readFile(join(TELECOM, file), 'utf8'));
  });

  test('a project without alternative.ts gets one to begin with, which refuses to score until it is written', async () => {
    const folder = await telecom('begun');
    await rm(join(folder, 'alternative.ts'));
    const { code, err } = await parallax('types', folder);
    expect(code).toBe(0);
    expect(err).toContain(`wrote ${join(folder, 'alternative.ts')}`);
    const logic = (await import(pathToFileURL(join(folder, 'alternative.ts')).href)) as Record<string, (...args: unknown[]) => unknown>;
    expect(Object.keys(logic).sort()).toEqual(['actions', 'satisfaction']);
    expect(() => logic.satisfaction?.({})).toThrow();
    expect(await readFile(join(folder, 'alternative.ts'), 'utf8')).toContain("from './customer.d.ts'");
  });

  test('without a folder it is the one at hand', async () => {
    const folder = await telecom('here');
    const { code, out } = await parallaxAt(folder, 'types', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ written: [join(folder, 'customer.d.ts')] });
  });

  test('a project that is wrong ends with 2 and names the file', async () => {
    const folder = await telecom('wrong');
    await writeFile(join(folder, 'parallax.yaml'), 'name: telecom\n');
    const { code, err } = await parallax('types', folder);
    expect(code).toBe(2);
    expect(err).toContain('parallax.yaml');
  });
});

describe('independence', () => {
  test('says that nothing is shared but core, and what of a project is upstream of both sides', async () => {
    const { code, out } = await parallax('independence', '--project', TELECOM, '--json');
    expect(code).toBe(0);
    const said = JSON.parse(out) as {
      independent: boolean;
      shared: { what: string; why: string }[];
      common_files: string[];
      forbidden: string[];
    };
    expect(said).toMatchObject({ independent: true, forbidden: [] });
    expect(said.common_files.length).toBeGreaterThan(3);
    expect(said.common_files.every((file) => file.startsWith('packages/core/src/'))).toBe(true);
    const upstream = said.shared.map(({ what }) => what).join('\n');
    for (const name of ['stream network', 'stream usage', 'stream care', 'batch dwh', 'batch nosql', 'online care'])
      expect(upstream).toContain(name);
    // What the coordinator says and nobody checks in full.
    for (const word of ['`cut`', 'refused', '`incomplete`', '`beside`', '`amended`', '`answered`', '`taken`'])
      expect(upstream).toContain(word);
  });

  test('is readable without --json, and refuses a project that is none', async () => {
    const { code, out } = await parallax('independence');
    expect(code).toBe(0);
    expect(out).toContain('Agreement there is no proof.');
    expect(out).toContain('The alternative reaches no file of pipeline');
    expect((await parallax('independence', '--project', work)).code).toBe(2);
  });
});
