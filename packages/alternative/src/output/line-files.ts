import { appendFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WRITE_CHARS } from '../limits.ts';

export const LINE_FILES = ['events', 'windows', 'results', 'actions'] as const;
export type LineFile = (typeof LINE_FILES)[number];

/** The four outputs under construction; those of an earlier replay are replaced when all is there. */
export class LineFiles {
  readonly #folder: string;
  readonly #pending: Record<LineFile, string[]> = { events: [], windows: [], results: [], actions: [] };
  #chars = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    for (const file of LINE_FILES) await writeFile(this.#growing(file), '');
  }

  /** Adds a line without its line end. `flush` must follow when `isFull`. */
  add(file: LineFile, line: string): void {
    this.#pending[file].push(line, '\n');
    this.#chars += line.length + 1;
  }

  get isFull(): boolean {
    return this.#chars >= WRITE_CHARS;
  }

  async flush(): Promise<void> {
    for (const file of LINE_FILES) {
      if (this.#pending[file].length > 0) await appendFile(this.#growing(file), this.#pending[file].join(''));
      this.#pending[file] = [];
    }
    this.#chars = 0;
  }

  async finish(): Promise<void> {
    await this.flush();
    for (const file of LINE_FILES) await rename(this.#growing(file), join(this.#folder, `${file}.ndjson`));
  }

  async abandon(): Promise<void> {
    for (const file of LINE_FILES) await rm(this.#growing(file), { force: true });
  }

  #growing(file: LineFile): string {
    return join(this.#folder, `.${file}.growing`);
  }
}
