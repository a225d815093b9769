import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatFolder, type Micros, type Project } from '@parallax/core';
import type { InputComparison, InputDifference } from './sides.ts';

const OVERLAY = join('overlay', 'alternative');

/** What a recording gives to one side only: the files in `overlay/alternative` that differ from those that they replace. */
export class RecordingInputs implements InputComparison {
  readonly #directory: string;
  readonly #project: Project;
  #days: readonly InputDifference[] | null = null;

  constructor(directory: string, project: Project) {
    this.#directory = directory;
    this.#project = project;
  }

  async differences(minute: Micros): Promise<readonly InputDifference[]> {
    const iteration = join('iterations', formatFolder(minute));
    const found: InputDifference[] = [];
    for (const { name } of this.#project.streams)
      if (await this.#differs(join(iteration, 'streams', `${name}.ndjson`)))
        found.push({ kind: 'stream', minute, source: name, table: null });
    const missed = await this.#differs(join(iteration, 'seal.json'));
    for (const { name } of this.#project.online)
      if (missed || (await this.#differs(join(iteration, 'online', `${name}.ndjson`))))
        found.push({ kind: 'online', minute, source: name, table: null });
    if (this.#days === null) {
      this.#days = await this.#batch(minute);
      found.push(...this.#days);
    }
    return found;
  }

  /** Tables and markers of every day: which of them a minute uses is told by what differs. */
  async #batch(minute: Micros): Promise<readonly InputDifference[]> {
    const root = join(this.#directory, OVERLAY, 'batch');
    const found: InputDifference[] = [];
    if (!existsSync(root)) return found;
    for (const day of (await readdir(root)).sort()) {
      for (const source of this.#project.batch) {
        for (const table of source.tables) {
          const files = [join(source.name, `${table.name}.csv`), join('_complete', `${source.name}.${table.name}`)];
          for (const file of files)
            if (await this.#differs(join('batch', day, file)))
              found.push({ kind: 'batch', minute, source: source.name, table: `${source.name}.${table.name}`, day });
        }
      }
    }
    return found;
  }

  async #differs(file: string): Promise<boolean> {
    const [original, replaced] = [join(this.#directory, file), join(this.#directory, OVERLAY, file)];
    if (!existsSync(replaced)) return false;
    if (!existsSync(original)) return (await stat(replaced)).size > 0;
    if ((await stat(original)).size !== (await stat(replaced)).size) return true;
    return !(await readFile(original)).equals(await readFile(replaced));
  }
}
