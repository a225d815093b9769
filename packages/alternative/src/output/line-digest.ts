import { createHash } from 'node:crypto';

/** Characters of lines that are hashed at once: a call a line costs more than its bytes. */
const CHUNK_CHARS = 64 * 1024;

/** SHA-256 of lines, each with its line end. */
export class LineDigest {
  readonly #hash = createHash('sha256');
  #pending = '';

  /** @param line without its line end */
  add(line: string): void {
    this.#pending += line;
    this.#pending += '\n';
    if (this.#pending.length >= CHUNK_CHARS) this.#flush();
  }

  /** @param lines whole ones, with their line ends */
  addBytes(lines: Uint8Array): void {
    this.#flush();
    this.#hash.update(lines);
  }

  /** Hexadecimal; nothing can be added then. */
  hex(): string {
    this.#flush();
    return this.#hash.digest('hex');
  }

  #flush(): void {
    this.#hash.update(this.#pending);
    this.#pending = '';
  }
}
