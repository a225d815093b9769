import { ByteTable, hashBytes } from '../accept/byte-table.ts';
import { KEYS_INTERNED_MAX } from '../limits.ts';

/** Gives equal bytes the same text: what is made once is neither decoded nor hashed again in the maps that it goes to. */
export class Interner {
  #table = new ByteTable();
  #texts: string[] = [];

  /** @param bytes valid UTF-8 in `[start, end)` */
  text(bytes: Buffer, start: number, end: number): string {
    const hash = hashBytes(bytes, start, end);
    const have = this.#table.find(bytes, start, end, hash);
    if (have >= 0) return this.#texts[have] as string;
    if (this.#texts.length >= KEYS_INTERNED_MAX) {
      this.#table = new ByteTable();
      this.#texts = [];
    }
    this.#table.add(bytes, start, end, hash);
    const text = bytes.toString('utf8', start, end);
    this.#texts.push(text);
    return text;
  }
}
