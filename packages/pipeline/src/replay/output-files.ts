import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline as pipe } from 'node:stream/promises';
import { writeLines } from '../lines/write-lines.ts';

export const REPLAY_FILES = ['events', 'windows', 'results', 'actions'] as const;
export type ReplayFile = (typeof REPLAY_FILES)[number];

/** The four outputs under construction: a minute's part is written apart and appended once all of it is there. */
export class OutputFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await this.abandon();
    for (const file of REPLAY_FILES) await writeLines(this.#growing(file), []);
  }

  /** Where the pending minute's lines go. */
  part(file: ReplayFile): string {
    return join(this.#folder, `.${file}.part`);
  }

  async keep(): Promise<void> {
    for (const file of REPLAY_FILES) await pipe(createReadStream(this.part(file)), createWriteStream(this.#growing(file), { flags: 'a' }));
  }

  async finish(): Promise<void> {
    for (const file of REPLAY_FILES) await rename(this.#growing(file), join(this.#folder, `${file}.ndjson`));
  }

  async abandon(): Promise<void> {
    for (const file of REPLAY_FILES) {
      await rm(this.part(file), { force: true });
      await rm(this.#growing(file), { force: true });
    }
  }

  #growing(file: ReplayFile): string {
    return join(this.#folder, `.${file}.growing`);
  }
}
