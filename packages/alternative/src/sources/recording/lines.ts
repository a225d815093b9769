import { open } from 'node:fs/promises';
import { recordingError } from '../../errors.ts';
import { LINE_BYTES_MAX, READ_BYTES } from '../../limits.ts';

const LINE_FEED = 0x0a;

/** Takes the line `bytes[start, end)`, without its line end; `offset` is where it begins in the file. Blank lines are left out. */
export type TakeLine = (bytes: Buffer, start: number, end: number, offset: number, line: number) => void;

/** Reads a file line by line in bounded memory. The bytes are valid during the call only. Throws PRLX_RECORDING for a line that is too long. */
export async function eachLine(file: string, take: TakeLine, signal?: AbortSignal): Promise<void> {
  const handle = await open(file, 'r');
  try {
    let buffer = Buffer.allocUnsafe(READ_BYTES);
    let have = 0;
    let offset = 0;
    let line = 0;
    for (;;) {
      signal?.throwIfAborted();
      if (have === buffer.length) {
        if (have >= LINE_BYTES_MAX) throw recordingError(file, `a line is longer than ${LINE_BYTES_MAX} bytes`, { line: line + 1 });
        const grown = Buffer.allocUnsafe(buffer.length * 2);
        buffer.copy(grown, 0, 0, have);
        buffer = grown;
      }
      const { bytesRead } = await handle.read(buffer, have, buffer.length - have, offset + have);
      const last = bytesRead === 0;
      have += bytesRead;
      let start = 0;
      while (start < have) {
        const found = buffer.subarray(0, have).indexOf(LINE_FEED, start);
        if (found < 0 && !last) break;
        const end = found < 0 ? have : found;
        line++;
        if (!isBlank(buffer, start, end)) take(buffer, start, end, offset + start, line);
        start = end + 1;
      }
      if (last) return;
      buffer.copy(buffer, 0, start, have);
      offset += start;
      have -= start;
    }
  } finally {
    await handle.close();
  }
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] as number) > 0x20) return false;
  return true;
}
