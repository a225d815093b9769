/** Goal: what the state takes on disk is known, without a walk in every minute. Method: a folder of known sizes, and a clock by hand. */
import { link, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StatePaths } from '../src/engine/paths.ts';
import { folderBytes } from '../src/folder-bytes.ts';
import { STATE_SIZE_EVERY_MS } from '../src/limits.ts';
import { StateMeter } from '../src/run/state-size.ts';
import { folderOf } from './support.ts';

test('all files below count, one with two names once, a folder that is not there nothing', async () => {
  const folder = await folderOf();
  await mkdir(join(folder, 'a', 'b'), { recursive: true });
  await writeFile(join(folder, 'a', 'one'), '1234');
  await writeFile(join(folder, 'a', 'b', 'two'), '123456');
  await link(join(folder, 'a', 'one'), join(folder, 'a', 'b', 'again'));
  expect(await folderBytes(folder)).toBe(10);
  expect(await folderBytes(join(folder, 'none'))).toBe(0);
});

test('the folder is measured once in a while, the ledger whenever it is asked', async () => {
  const folder = await folderOf();
  const paths = new StatePaths(folder);
  let now = 0n;
  const notes: string[] = [];
  const meter = new StateMeter(
    paths,
    () => now,
    (text) => notes.push(text),
  );
  expect(meter.size()).toEqual({ folder_bytes: null, ledger_bytes: 0 });
  await writeFile(paths.ledger, '1234567');
  await writeFile(`${paths.ledger}-wal`, '123');
  meter.look();
  await meter.end();
  expect(meter.size()).toEqual({ folder_bytes: 10, ledger_bytes: 10 });
  await writeFile(`${paths.ledger}-wal`, '12345');
  now = BigInt(STATE_SIZE_EVERY_MS) * 1000n - 1n;
  meter.look();
  await meter.end();
  expect(meter.size()).toEqual({ folder_bytes: 10, ledger_bytes: 12 });
  now += 1n;
  meter.look();
  await meter.end();
  expect(meter.size()).toEqual({ folder_bytes: 12, ledger_bytes: 12 });
  expect(notes).toEqual([]);
});

test('a walk that took long is not made again soon', async () => {
  const folder = await folderOf();
  const paths = new StatePaths(folder);
  let now = 0n;
  // Each look at the clock takes ten seconds.
  const meter = new StateMeter(
    paths,
    () => {
      now += 10_000_000n;
      return now;
    },
    () => undefined,
  );
  meter.look();
  await meter.end();
  await writeFile(paths.ledger, '1234567');
  now += 60_000_000n;
  meter.look();
  await meter.end();
  expect(meter.size().folder_bytes).toBe(0);
});
