import { existsSync } from 'node:fs';
import { cp, link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatFolder, type Micros } from '@parallax/core';

/** A line of a recording's `streams/<stream>.ndjson`. */
export interface StreamLine {
  readonly partition: number;
  readonly offset: number;
  readonly payload?: string | null;
  readonly payload_base64?: string;
}

/** Which side an edit is for: the other side gets the true files. */
export type EditedSide = 'spark' | 'alternative';

/**
 * A recording that gives one side other files than the other (contract, section 9): the Spark side reads the files themselves, the alternative
 * those in `overlay/alternative`. All that is not edited is shared by hard links.
 */
export class RecordingEdit {
  readonly #base: string;
  readonly #edits = new Map<string, string>();

  constructor(base: string) {
    this.#base = base;
  }

  static streamPath(minute: Micros, stream: string): string {
    return join('iterations', formatFolder(minute), 'streams', `${stream}.ndjson`);
  }

  static onlinePath(minute: Micros, source: string): string {
    return join('iterations', formatFolder(minute), 'online', `${source}.ndjson`);
  }

  static tablePath(day: string, source: string, table: string): string {
    return join('batch', day, source, `${table}.csv`);
  }

  static markerPath(day: string, source: string, table: string): string {
    return join('batch', day, '_complete', `${source}.${table}`);
  }

  /** A file's text as edited so far; '' when there is none. */
  async text(path: string): Promise<string> {
    const edited = this.#edits.get(path);
    if (edited !== undefined) return edited;
    const file = join(this.#base, path);
    return existsSync(file) ? readFile(file, 'utf8') : '';
  }

  set(path: string, text: string): void {
    this.#edits.set(path, text);
  }

  async lines<T>(path: string): Promise<T[]> {
    return (await this.text(path))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T);
  }

  setLines(path: string, lines: readonly object[]): void {
    this.set(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  /** Writes the recording to `target`, which must not exist. Throws when nothing was edited. */
  async write(target: string, side: EditedSide): Promise<void> {
    const changed: string[] = [];
    for (const path of this.#edits.keys()) {
      const file = join(this.#base, path);
      if (!existsSync(file) || (await readFile(file, 'utf8')) !== this.#edits.get(path)) changed.push(path);
    }
    if (changed.length === 0) throw new RangeError('the fault changes nothing of the recording');
    await linkTree(this.#base, target);
    for (const path of changed) {
      const edited = this.#edits.get(path) ?? '';
      const overlay = join(target, 'overlay', 'alternative', path);
      await mkdir(dirname(overlay), { recursive: true });
      await mkdir(dirname(join(target, path)), { recursive: true });
      if (side === 'alternative') {
        await writeFile(overlay, edited);
        continue;
      }
      // What the Spark side alone has is empty to the alternative.
      if (existsSync(join(this.#base, path))) await cp(join(this.#base, path), overlay);
      else await writeFile(overlay, '');
      await rm(join(target, path), { force: true });
      await writeFile(join(target, path), edited);
    }
  }
}

async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (entry.isDirectory()) await linkTree(join(from, entry.name), join(to, entry.name));
    else await link(join(from, entry.name), join(to, entry.name));
  }
}
