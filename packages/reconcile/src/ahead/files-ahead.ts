import { existsSync } from 'node:fs';
import { PackedFault } from '../spark-side/bytes.ts';
import { type KeptFile, keptFiles } from '../spark-side/parquet.ts';

/**
 * What was found in files before a minute had them, file by file. Nobody has said then that they are the minute's: what was found of one counts where the minute
 * has that very file, whatever other files it has.
 */
export class FilesAhead<Found> {
  /** By `KeptFile.id`. */
  #found = new Map<string, Found>();

  /** Reads the files of a folder that were not read yet. One that is taken away meanwhile, or is not what it should be, is left to who must have it. */
  async look(folder: string, read: (file: KeptFile) => Promise<Found>): Promise<void> {
    for (const file of await filesNow(folder)) {
      if (this.#found.has(file.id)) continue;
      try {
        this.#found.set(file.id, await read(file));
      } catch (error) {
        if (!(error instanceof PackedFault) && existsSync(file.path)) throw error;
      }
    }
  }

  /** What was found in a file; undefined: it was not read. */
  of({ id }: KeptFile): Found | undefined {
    return this.#found.get(id);
  }

  /** What was found in all files. */
  all(): Iterable<Found> {
    return this.#found.values();
  }

  forget(): void {
    this.#found = new Map();
  }
}

/** The files of a folder by now; none when they are taken away meanwhile. */
async function filesNow(folder: string): Promise<readonly KeptFile[]> {
  try {
    return await keptFiles(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
