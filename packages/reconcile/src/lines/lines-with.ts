import { open } from 'node:fs/promises';
import { LINE_BYTES_MAX, READ_BYTES } from '../limits.ts';

const LINE_FEED = 0x0a;

/**
 * The lines of a file that hold one of these texts, in bounded memory: found by their bytes, so that a few lines among many cost no more than
 * reading the file.
 */
export async function linesWith(file: string, texts: readonly string[]): Promise<readonly string[]> {
  const wanted = texts.map((text) => Buffer.from(text));
  const found: string[] = [];
  const handle = await open(file, 'r');
  try {
    let rest: Buffer = Buffer.alloc(0);
    for (let at = 0; ; ) {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, at);
      at += bytesRead;
      const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      const end = bytesRead === 0 ? bytes.length : bytes.lastIndexOf(LINE_FEED) + 1;
      for (const text of wanted) {
        for (let hit = bytes.indexOf(text); hit >= 0 && hit < end; ) {
          const start = bytes.lastIndexOf(LINE_FEED, hit) + 1;
          const stop = bytes.indexOf(LINE_FEED, hit);
          found.push(bytes.toString('utf8', start, stop < 0 ? end : stop));
          hit = stop < 0 ? -1 : bytes.indexOf(text, stop);
        }
      }
      if (bytesRead === 0) return found;
      rest = bytes.subarray(end);
      if (rest.length > LINE_BYTES_MAX) throw new RangeError(`${file}: a line is longer than ${LINE_BYTES_MAX} bytes`);
    }
  } finally {
    await handle.close();
  }
}
