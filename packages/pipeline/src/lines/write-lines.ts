import type { Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { EXPORT_CHUNK_BYTES } from '../limits.ts';

/** Lines, or bytes of whole lines. */
export type Lines = Iterable<string | Buffer> | AsyncIterable<string | Buffer>;

/** Writes lines to a file in chunks, waiting for the disk; the same bytes go through `hash` when one is given. */
export async function writeLines(path: string, lines: Lines, hash?: Hash): Promise<void> {
  await pipeline(chunked(lines, hash), createWriteStream(path));
}

async function* chunked(lines: Lines, hash: Hash | undefined): AsyncIterable<Buffer> {
  let chunk: Buffer[] = [];
  let text: string[] = [];
  let length = 0;
  const endText = (): void => {
    if (text.length > 0) chunk.push(Buffer.from(text.join('')));
    text = [];
  };
  const take = (): Buffer => {
    endText();
    const [only] = chunk;
    const bytes = chunk.length === 1 && only !== undefined ? only : Buffer.concat(chunk);
    hash?.update(bytes);
    chunk = [];
    length = 0;
    return bytes;
  };
  for await (const line of lines) {
    if (typeof line === 'string') {
      text.push(line);
    } else {
      endText();
      chunk.push(line);
    }
    length += line.length;
    if (length >= EXPORT_CHUNK_BYTES) yield take();
  }
  if (length > 0) yield take();
}
