import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openAttempt } from '../src/attempt-folder.ts';
import { StatePaths } from '../src/engine/paths.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { at, failureOf, folderOf, sealOf } from './support.ts';

/** Goal: a minute that keeps failing leaves one attempt on the disk, and nothing that counts is removed. Method: folders by hand, a ledger in its third epoch. */
const MINUTE = at('10:20');
const EPOCH = 3;

async function stateOf(folders: readonly string[]) {
  const ledger = Ledger.open(':memory:');
  onTestFinished(() => ledger.close());
  for (let epoch = 1; epoch <= EPOCH; epoch++) ledger.takeLease('test', 0n, 1n);
  expect(ledger.epoch).toBe(EPOCH);
  const paths = new StatePaths(await folderOf());
  const iteration = paths.iteration(MINUTE);
  for (const folder of folders) {
    await mkdir(join(iteration, folder), { recursive: true });
    await writeFile(join(iteration, folder, 'windows'), folder);
  }
  return { ledger, paths, left: async () => (await readdir(iteration)).sort() };
}

test('what earlier attempts of this epoch and of those before left is removed; what later ones write, and what was read ahead, stays', async () => {
  const { ledger, paths, left } = await stateOf(['1-1', '2-7', '3-1', '3-2', '3-3', '4-1', '10-1', 'ahead-2', 'ahead-3']);
  const folder = await openAttempt({ ledger, paths }, MINUTE, 3);
  expect(folder).toBe(paths.attempt(MINUTE, EPOCH, 3));
  expect(await left()).toEqual(['10-1', '3-3', '4-1', 'ahead-2', 'ahead-3']);
  expect(await readdir(folder)).toEqual([]);
});

test('after many failures there is one folder, and other minutes keep theirs', async () => {
  const { ledger, paths, left } = await stateOf([]);
  await mkdir(paths.attempt(at('10:19'), 1, 1), { recursive: true });
  for (let attempt = 1; attempt <= 5; attempt++) await writeFile(join(await openAttempt({ ledger, paths }, MINUTE, attempt), 'slice'), 'x');
  expect(await left()).toEqual(['3-5']);
  expect(await readdir(paths.iteration(at('10:19')))).toEqual(['1-1']);
});

test('the folder of a committed iteration is never removed, not even for an attempt of its own name', async () => {
  const { ledger, paths, left } = await stateOf(['2-1', '3-1']);
  ledger.writeSeal(MINUTE, sealOf('10:20'), 0n);
  const manifest = ledger.writeClose(MINUTE, sealOf('10:20'), { online: [] });
  ledger.commit({ minute: MINUTE, folder: paths.attempt(MINUTE, EPOCH, 1), manifest, digest: 'd', report: '{}' }, []);
  await openAttempt({ ledger, paths }, MINUTE, 2);
  expect(await left()).toEqual(['3-1', '3-2']);
  await expect(openAttempt({ ledger, paths }, MINUTE, 1)).rejects.toThrow('EEXIST');
  expect(await readdir(paths.attempt(MINUTE, EPOCH, 1))).toEqual(['windows']);
});

test('without the lease nothing is removed', async () => {
  const { ledger, paths, left } = await stateOf(['1-1']);
  ledger.releaseLease();
  expect((await failureOf(() => openAttempt({ ledger, paths }, MINUTE, 1))).code).toBe('PRLX_FENCED');
  expect(await left()).toEqual(['1-1']);
});
