import { mkdir, symlink } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { sha256Hex } from '@parallax/core';

/**
 * A path by which Spark sees a file: it passes over those whose name begins with `_` or `.`, so such a file gets a link with another name in
 * `scratch`. Others are returned as they are.
 */
export async function visibleFile(file: string, scratch: string): Promise<string> {
  if (!/^[_.]/.test(basename(file))) return file;
  const folder = join(scratch, 'links');
  const link = join(folder, `${sha256Hex(resolve(file)).slice(0, 24)}-${basename(file)}`);
  await mkdir(folder, { recursive: true });
  await symlink(resolve(file), link).catch((error: NodeJS.ErrnoException) => {
    // The same file again, after a restart of the attempt.
    if (error.code !== 'EEXIST') throw error;
  });
  return link;
}
