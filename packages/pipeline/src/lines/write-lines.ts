import type { Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { EXPORT_CHUNK_BYTES } from '../limits.ts';

/** Writes lines to a file in chunks, waiting for the disk; the same bytes go through `hash` when one is given. */
export async function writeLines(path: string, lines: Iterable<string> | AsyncIterable<string>, hash?: Hash): Promise<void> {
  await pipeline(chunked(lines, hash), createWriteStream(path));
}

async function* chunked(lines: Iterable<string> | AsyncIterable<string>, hash: Hash | undefined): AsyncIterable<Buffer> {
  let chunk: string[] = [];
  let length = 0;
  const take = (): Buffer => {
    const bytes = Buffer.from(chunk.join(''));
    hash?.update(bytes);
    chunk = [];
    length = 0;
    return bytes;
  };
  for await (const line of lines) {
    chunk.push(line);
    length += line.length;
    if (length >= EXPORT_CHUNK_BYTES) yield take();
  }
  if (length > 0) yield take();
}
