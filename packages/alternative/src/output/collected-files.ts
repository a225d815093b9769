import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LINE_FILES, type LineFile, type LineFiles } from './line-files.ts';

/** The four outputs of a replay under construction, minute after minute; those of an earlier replay are replaced when all is there. */
export class CollectedFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    for (const file of LINE_FILES) await writeFile(this.#growing(file), '');
  }

  /** Adds one minute's finished files. */
  async keep(minute: LineFiles): Promise<void> {
    for (const file of LINE_FILES)
      await pipeline(createReadStream(minute.path(file)), createWriteStream(this.#growing(file), { flags: 'a' }));
  }

  async finish(): Promise<void> {
    for (const file of LINE_FILES) await rename(this.#growing(file), join(this.#folder, `${file}.ndjson`));
  }

  async abandon(): Promise<void> {
    for (const file of LINE_FILES) await rm(this.#growing(file), { force: true });
  }

  #growing(file: LineFile): string {
    return join(this.#folder, `.${file}.growing`);
  }
}
