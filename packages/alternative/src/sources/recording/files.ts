import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { recordingError } from '../../errors.ts';
import { SMALL_FILE_BYTES_MAX } from '../../limits.ts';

/** What replaces a recording's files for this side only. */
const OVERLAY = join('overlay', 'alternative');

/** The files of a recording as this side sees them. */
export class RecordingFiles {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** The file at a path inside the recording, the overlay's if it has one; null when there is none. */
  find(...path: readonly string[]): string | null {
    for (const root of [join(this.directory, OVERLAY), this.directory]) {
      const file = join(root, ...path);
      if (existsSync(file)) return file;
    }
    return null;
  }

  /** The names in a folder of the recording and of the overlay, sorted; those that begin with a dot are left out. */
  async names(...path: readonly string[]): Promise<readonly string[]> {
    const names = new Set<string>();
    for (const root of [this.directory, join(this.directory, OVERLAY)]) {
      const folder = join(root, ...path);
      if (existsSync(folder)) for (const name of await readdir(folder)) if (!name.startsWith('.')) names.add(name);
    }
    return [...names].sort();
  }

  /** A small file's text. Throws PRLX_RECORDING when it is too large. */
  async text(file: string): Promise<string> {
    const { size } = await stat(file);
    if (size > SMALL_FILE_BYTES_MAX) throw recordingError(file, `is larger than ${SMALL_FILE_BYTES_MAX} bytes`);
    return readFile(file, 'utf8');
  }

  /** A small JSON file. Throws PRLX_RECORDING when it holds no object. */
  async json(file: string): Promise<Readonly<Record<string, unknown>>> {
    let value: unknown;
    try {
      value = JSON.parse(await this.text(file));
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw recordingError(file, 'is not JSON', { cause });
    }
    if (value === null || typeof value !== 'object' || Array.isArray(value)) throw recordingError(file, 'is no JSON object');
    return value as Readonly<Record<string, unknown>>;
  }
}
