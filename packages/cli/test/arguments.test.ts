import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Failure, toFailure } from '../src/failure.ts';
import { loadCommands } from '../src/load-commands.ts';

/** Goal: `run`, `record` and `replay` refuse bad arguments with exit code 2, a reason and advice, before anything is started or written. */
const TELECOM = fileURLToPath(new URL('../../../examples/telecom', import.meta.url));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parallax-arguments-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What a command line fails with, in this process: the launcher's own part is tested in `main.test.ts`. */
async function failure(...words: readonly string[]): Promise<Failure> {
  const program = new Command('parallax').exitOverride().configureOutput({ outputError: () => {}, writeErr: () => {} });
  await loadCommands(program, words);
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    return toFailure(error);
  }
  throw new Error(`not refused: ${words.join(' ')}`);
}

const KAFKA = ['--kafka', '127.0.0.1:1'];
const OUT = 'never-written';

describe('refused as bad usage', () => {
  test.each<[string, (project: string) => string[], RegExp]>([
    ['replay without a recording', (p) => ['replay', '--project', p, '--out', OUT], /missing required argument 'recording'/],
    ['replay without a project', () => ['replay', 'r', '--out', OUT], /required option '--project <dir>'/],
    ['replay without an output folder', (p) => ['replay', 'r', '--project', p], /required option '--out <dir>'/],
    [
      'replay on a side that there is not',
      (p) => ['replay', 'r', '--project', p, '--out', OUT, '--side', 'neither'],
      /there is no side neither/,
    ],
    ['replay with one word too many', (p) => ['replay', 'r', 's', '--project', p, '--out', OUT], /too many arguments/],
    ['run for no minutes', (p) => ['run', '--project', p, ...KAFKA, '--minutes', '0'], /--minutes.*whole number of at least 1/],
    ['run for half a minute', (p) => ['run', '--project', p, ...KAFKA, '--minutes', '1.5'], /--minutes.*whole number of at least 1/],
    ['run for a word', (p) => ['run', '--project', p, ...KAFKA, '--minutes', 'three'], /--minutes.*whole number of at least 1/],
    ['record without Kafka', (p) => ['record', '--project', p, '--state', 's', '--out', OUT], /no Kafka is named/],
    [
      'record of a state that is none',
      (p) => ['record', '--project', p, ...KAFKA, '--state', 's', '--out', OUT],
      /no run has left its state in/,
    ],
    [
      'record of no iterations',
      (p) => ['record', '--project', p, ...KAFKA, '--state', 's', '--out', OUT, '--iterations', '-1'],
      /--iterations/,
    ],
  ])('%s', async (_, words, reason) => {
    const found = await failure(...words(TELECOM));
    expect(found).toMatchObject({ code: 'PRLX_USAGE', exitCode: 2 });
    expect(found.message).toMatch(reason);
  });

  test.each([
    ['10:20', 'not a date'],
    ['2026-01-05T10:20:30Z', 'within a minute'],
    ['2026-02-30T10:20:00Z', 'a date that does not exist'],
    ['2026-01-05T10:20:00+00:00', 'another offset'],
  ])('run --from %s: %s', async (from) => {
    const found = await failure('run', '--project', TELECOM, ...KAFKA, '--state', join(folder, 'state'), '--from', from);
    expect(found).toMatchObject({ code: 'PRLX_USAGE', exitCode: 2, message: `--from ${from} is no minute` });
    expect(existsSync(join(folder, 'state'))).toBe(false);
  });

  test('record --from a time that is none', async () => {
    const state = join(folder, 'state');
    const found = await failure(...['record', '--project', TELECOM, ...KAFKA, '--state', state, '--out', OUT, '--from', 'noon']);
    expect(found).toMatchObject({ code: 'PRLX_USAGE', exitCode: 2, message: '--from noon is no minute' });
    expect(existsSync(state)).toBe(false);
  });
});

describe('refused for what the folders hold', () => {
  test.each(['run', 'record', 'replay'])('%s: a project that is not there', async (command) => {
    const project = join(folder, 'no-project');
    const rest = {
      run: KAFKA,
      record: [...KAFKA, '--state', join(folder, 's'), '--out', join(folder, 'o')],
      replay: ['r', '--out', join(folder, 'o')],
    };
    const found = await failure(command, '--project', project, ...(rest[command as keyof typeof rest] ?? []));
    expect(found.exitCode).toBe(2);
    expect(found.message).toContain(project);
    expect(await readdir(folder)).not.toContain('o');
  });

  test('replay: a recording that is not there, and one with a bad first minute, name the file', async () => {
    const missing = await failure('replay', join(folder, 'none'), '--project', TELECOM, '--out', join(folder, 'o'));
    expect(missing).toMatchObject({ code: 'PRLX_RECORDING', exitCode: 2 });
    expect(missing.message).toContain(join(folder, 'none', 'recording.json'));
    const recording = join(folder, 'recording');
    await mkdir(recording);
    await writeFile(join(recording, 'recording.json'), '{"format":1,"from":"2026-01-05T10:00:01Z","iterations":1}');
    const bad = await failure('replay', recording, '--project', TELECOM, '--out', join(folder, 'o'));
    expect(bad).toMatchObject({ code: 'PRLX_RECORDING', exitCode: 2, place: { file: join(recording, 'recording.json') } });
    expect(existsSync(join(folder, 'o'))).toBe(false);
  });

  test('an engine’s address that is none', async () => {
    const recording = join(folder, 'empty-recording');
    await mkdir(recording);
    await writeFile(join(recording, 'recording.json'), '{"format":1,"from":"2026-01-05T10:00:00Z","iterations":1}');
    const found = await failure('replay', recording, '--project', TELECOM, '--out', join(folder, 'o'), '--engine', 'http://spark');
    expect(found).toMatchObject({ code: 'PRLX_SPARK_URL', exitCode: 2, advice: expect.stringContaining('sc://host:port') });
  });
});
