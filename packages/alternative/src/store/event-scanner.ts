import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { READ_AT_ONCE_BYTES, READ_BYTES } from '../limits.ts';
import { EventReader } from './event-codec.ts';

/** Bytes `[from, to)` of a file. */
export type ByteRange = readonly [from: number, to: number];

/** Takes an event whose head was read, and the bytes of the file where it lies; valid during the call only. */
export type TakeStored = (event: EventReader, from: number, to: number) => void;

/** Reads files of events as `EventWriter` makes them, a piece at a time. */
export class EventScanner {
  readonly #small = Buffer.allocUnsafe(READ_AT_ONCE_BYTES);

  /**
   * Gives the events of some ranges of a file, which begin and end where events do. Throws where the file ends before a range does, and where bytes are no event.
   * @param width variables of an event
   */
  async scan(path: string, ranges: readonly ByteRange[], width: number, take: TakeStored): Promise<void> {
    if (ranges.length === 0) return;
    const handle = await open(path, 'r');
    try {
      const reader = new EventReader(width);
      for (const range of ranges) {
        if (range[1] - range[0] <= READ_AT_ONCE_BYTES) this.#scanSmall(handle, path, range, reader, take);
        else await scanLarge(handle, path, range, reader, take);
      }
    } finally {
      await handle.close();
    }
  }

  /** One customer's events lie in thousands of places of a few hundred bytes. */
  #scanSmall(handle: FileHandle, path: string, [start, end]: ByteRange, reader: EventReader, take: TakeStored): void {
    const bytes = this.#small.subarray(0, end - start);
    if (readSync(handle.fd, bytes, 0, bytes.length, start) !== bytes.length) throw new Error(`${path} ends before ${end}`);
    const done = eachIn(bytes, start, reader, take);
    if (done !== bytes.length) throw new Error(`${path}: ${bytes.length - done} bytes are no event`);
  }
}

async function scanLarge(handle: FileHandle, path: string, [start, end]: ByteRange, reader: EventReader, take: TakeStored): Promise<void> {
  let bytes = Buffer.allocUnsafe(READ_BYTES);
  /** Bytes of an event that the last piece has cut, at the beginning of `bytes`. */
  let rest = 0;
  for (let at = start; at < end; ) {
    if (rest === bytes.length) bytes = Buffer.concat([bytes], 2 * bytes.length);
    const wanted = Math.min(bytes.length - rest, end - at);
    const { bytesRead } = await handle.read(bytes, rest, wanted, at);
    if (bytesRead !== wanted) throw new Error(`${path} ends at ${at + bytesRead}, not at ${end}`);
    const piece = bytes.subarray(0, rest + bytesRead);
    const done = eachIn(piece, at - rest, reader, take);
    at += bytesRead;
    rest = piece.length - done;
    bytes.copy(bytes, 0, done, piece.length);
  }
  if (rest > 0) throw new Error(`${path}: ${rest} bytes are no event`);
}

/** Gives the events that lie whole in some bytes, which are a file's from `base` on; returns where they end. */
export function eachIn(bytes: Buffer, base: number, reader: EventReader, take: TakeStored): number {
  let done = 0;
  for (let next = reader.head(bytes, 0); next >= 0; next = reader.head(bytes, next)) {
    take(reader, base + done, base + next);
    done = next;
  }
  return done;
}
