import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { visibleFile } from '../src/replay/visible-file.ts';
import { folderOf } from './support.ts';

test('a file whose name Spark passes over is read through a link with the same bytes; others as they are', async () => {
  const folder = await folderOf({ '_u.ndjson': 'hidden', 'u.ndjson': 'plain' });
  expect(await visibleFile(join(folder, 'u.ndjson'), folder)).toBe(join(folder, 'u.ndjson'));
  const link = await visibleFile(join(folder, '_u.ndjson'), folder);
  expect(basename(link)).toMatch(/^[0-9a-f]/);
  expect(await readFile(link, 'utf8')).toBe('hidden');
  // A repeated attempt finds its link.
  expect(await visibleFile(join(folder, '_u.ndjson'), folder)).toBe(link);
});
