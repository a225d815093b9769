import { copyFile, link, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The names of a folder's data files, in order. */
export async function parquetNames(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.parquet') && !/^[._]/.test(name)).sort();
}

/** Makes `target` hold the data files of all `folders`, in one folder: linked, so that nothing is copied where the file system can. */
export async function gatherParquet(target: string, folders: readonly string[]): Promise<void> {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  for (const [index, folder] of folders.entries())
    for (const name of await parquetNames(folder)) await linkOrCopy(join(folder, name), join(target, `${index}-${name}`));
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EMLINK') throw error;
    await copyFile(from, to);
  }
}
