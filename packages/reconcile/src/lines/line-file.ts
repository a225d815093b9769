import { type FileHandle, open } from 'node:fs/promises';
import { LINE_BYTES_MAX, READ_BYTES } from '../limits.ts';

const LINE_FEED = 0x0a;

/** Whether two files have the same bytes; then also how many lines they have. */
export async function equalLines(first: string, second: string): Promise<number | null> {
  const [a, b] = [await open(first, 'r'), await open(second, 'r')];
  try {
    const [left, right] = [Buffer.allocUnsafe(READ_BYTES), Buffer.allocUnsafe(READ_BYTES)];
    let lines = 0;
    for (let at = 0; ; ) {
      const [haveA, haveB] = [await readFully(a, left, at), await readFully(b, right, at)];
      if (haveA !== haveB || left.compare(right, 0, haveB, 0, haveA) !== 0) return null;
      if (haveA === 0) return lines;
      for (let i = left.indexOf(LINE_FEED); i >= 0 && i < haveA; i = left.indexOf(LINE_FEED, i + 1)) lines++;
      at += haveA;
    }
  } finally {
    await a.close();
    await b.close();
  }
}

async function readFully(handle: FileHandle, buffer: Buffer, from: number): Promise<number> {
  let have = 0;
  while (have < buffer.length) {
    const { bytesRead } = await handle.read(buffer, have, buffer.length - have, from + have);
    if (bytesRead === 0) break;
    have += bytesRead;
  }
  return have;
}

/** The lines of a file, without their line ends, in bounded memory. */
export async function* linesOf(file: string): AsyncGenerator<string> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    let rest: Buffer = Buffer.alloc(0);
    for (let at = 0; ; ) {
      const have = await readFully(handle, buffer, at);
      if (have === 0) break;
      at += have;
      const bytes = rest.length === 0 ? buffer.subarray(0, have) : Buffer.concat([rest, buffer.subarray(0, have)]);
      let start = 0;
      for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
        yield bytes.toString('utf8', start, end);
        start = end + 1;
      }
      rest = Buffer.from(bytes.subarray(start));
      if (rest.length > LINE_BYTES_MAX) throw new RangeError(`${file}: a line is longer than ${LINE_BYTES_MAX} bytes`);
    }
    if (rest.length > 0) yield rest.toString('utf8');
  } finally {
    await handle.close();
  }
}
