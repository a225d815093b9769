import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Bytes of all files below a folder, 0 when it is not there. A file that has several names is counted once. What is removed meanwhile is left out. One call at
 * a time goes to the file system, so that whoever else waits for it hardly notices.
 */
export async function folderBytes(folder: string): Promise<number> {
  return bytesBelow(folder, new Set());
}

async function bytesBelow(folder: string, linked: Set<string>): Promise<number> {
  let bytes = 0;
  for (const entry of (await unlessGone(() => readdir(folder, { withFileTypes: true }))) ?? []) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      bytes += await bytesBelow(path, linked);
      continue;
    }
    const file = await unlessGone(() => lstat(path));
    if (file === null) continue;
    const name = `${file.dev} ${file.ino}`;
    if (file.nlink > 1 && linked.has(name)) continue;
    if (file.nlink > 1) linked.add(name);
    bytes += file.size;
  }
  return bytes;
}

async function unlessGone<T>(look: () => Promise<T>): Promise<T | null> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
