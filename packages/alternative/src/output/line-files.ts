import { appendFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WRITE_CHARS } from '../limits.ts';

export const LINE_FILES = ['events', 'windows', 'results', 'actions'] as const;
export type LineFile = (typeof LINE_FILES)[number];

/** Files of canonical lines under construction in one folder; they get their names, `<file>.ndjson`, when all is there. */
export class LineFiles {
  readonly #folder: string;
  readonly #files: readonly LineFile[];
  readonly #pending: Record<LineFile, string[]> = { events: [], windows: [], results: [], actions: [] };
  #chars = 0;

  /** @param files those that are wanted: lines of others are left out */
  constructor(folder: string, files: readonly LineFile[] = LINE_FILES) {
    this.#folder = folder;
    this.#files = files;
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    for (const file of this.#files) await writeFile(this.#growing(file), '');
  }

  /** Whether lines of this file are kept: whoever makes them at a cost asks first. */
  wants(file: LineFile): boolean {
    return this.#files.includes(file);
  }

  /** Adds a line without its line end. `flush` must follow when `isFull`. */
  add(file: LineFile, line: string): void {
    if (!this.wants(file)) return;
    this.#pending[file].push(line, '\n');
    this.#chars += line.length + 1;
  }

  get isFull(): boolean {
    return this.#chars >= WRITE_CHARS;
  }

  /** Writes whole lines, with their line ends, behind those that were added. */
  async write(file: LineFile, lines: Uint8Array): Promise<void> {
    if (!this.wants(file)) return;
    await this.flush();
    await appendFile(this.#growing(file), lines);
  }

  async flush(): Promise<void> {
    for (const file of this.#files) {
      if (this.#pending[file].length > 0) await appendFile(this.#growing(file), this.#pending[file].join(''));
      this.#pending[file] = [];
    }
    this.#chars = 0;
  }

  /** Where a finished file stands. */
  path(file: LineFile): string {
    return join(this.#folder, `${file}.ndjson`);
  }

  async finish(): Promise<void> {
    await this.flush();
    for (const file of this.#files) await rename(this.#growing(file), this.path(file));
  }

  async abandon(): Promise<void> {
    for (const file of this.#files) await rm(this.#growing(file), { force: true });
  }

  #growing(file: LineFile): string {
    return join(this.#folder, `.${file}.growing`);
  }
}
