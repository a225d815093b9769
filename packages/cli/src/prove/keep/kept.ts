import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fromJson, toJson } from './exact-json.ts';
import { IN_USE } from './one-at-a-time.ts';

/**
 * What a run of `prove` has found out so far, in a folder: a later one goes on from there. Each value stands beside the print of what it came
 * of, and is worth nothing to another print. A value is there whole or not at all, whenever the process ends.
 */
export class Kept {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Begins anew when that is wanted, or the folder is of another run: what was found by other code, rules or options would be a wrong answer. */
  static async open(folder: string, print: string, fresh = false): Promise<{ readonly kept: Kept; readonly goesOn: boolean }> {
    const kept = new Kept(folder);
    const goesOn = !fresh && (await kept.read<true>('run', print)) !== null;
    if (!goesOn) {
      for (const name of existsSync(folder) ? await readdir(folder) : [])
        if (name !== IN_USE) await rm(join(folder, name), { recursive: true, force: true });
      await kept.write('run', print, true);
    }
    return { kept, goesOn };
  }

  /** The value that was kept for the same print; null when there is none. `T` is what was written. */
  async read<T>(name: string, print: string): Promise<T | null> {
    const file = this.#file(name);
    if (!existsSync(file)) return null;
    const { of, value } = fromJson(await readFile(file, 'utf8')) as { of: string; value: T };
    return of === print ? value : null;
  }

  async write(name: string, print: string, value: unknown): Promise<void> {
    const file = this.#file(name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.new`, toJson({ of: print, value }));
    await rename(`${file}.new`, file);
  }

  #file(name: string): string {
    return join(this.folder, `${name}.json`);
  }
}
