import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Micros } from '@parallax/core';

/** The files of a lake, wherever they are. Addresses are those of the lake, with `/` between their parts. */
export interface LakeFiles {
  /** Names of what is in a folder; none when there is no such folder. */
  names(folder: string): Promise<readonly string[]>;
  /** When a file was last written, µs since 1970 at the precision of ms, which is what all file systems and object stores tell; null: there is none. */
  modified(file: string): Promise<Micros | null>;
  /** The files of a folder as files of this machine, while `use` runs. */
  local<T>(files: readonly string[], use: (paths: readonly string[]) => AsyncIterable<T>): AsyncIterable<T>;
}

/** A lake in a folder of this machine, or one that is mounted. */
export const LOCAL_FILES: LakeFiles = {
  async names(folder) {
    return orNone(async () => await readdir(pathOf(folder)), []);
  },
  async modified(file) {
    return orNone(async () => (await stat(pathOf(file), { bigint: true })).mtimeMs * 1000n, null);
  },
  local(files, use) {
    return use(files.map(pathOf));
  },
};

/** `file:/…` and `file:///…` are paths of this machine, too. */
function pathOf(address: string): string {
  return address.startsWith('file:') ? fileURLToPath(address) : join(address);
}

async function orNone<T>(read: () => Promise<T>, none: T): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return none;
    throw cause;
  }
}
