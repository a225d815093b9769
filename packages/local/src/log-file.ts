import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { LOG_FILE_BYTES_MAX, LOG_TAIL_BYTES, LOG_TAIL_LINES } from './limits.ts';

/** Opens a service's log for appending, with a line that marks the start, readable by its owner alone. */
export function openLog(file: string, title: string): number {
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file) && statSync(file).size > LOG_FILE_BYTES_MAX) renameSync(file, `${file}.1`);
  const descriptor = openSync(file, 'a', 0o600);
  writeSync(descriptor, `--- ${new Date().toISOString()} ${title}\n`);
  return descriptor;
}

/** The text from byte `from` to the end, at most the last `LOG_TAIL_BYTES`. */
export function readLogFrom(file: string, from: number): string {
  if (!existsSync(file)) return '';
  const descriptor = openSync(file, 'r');
  try {
    const size = fstatSync(descriptor).size;
    const start = Math.max(from, size - LOG_TAIL_BYTES, 0);
    const buffer = Buffer.alloc(Math.max(size - start, 0));
    const read = readSync(descriptor, buffer, 0, buffer.length, start);
    return buffer.toString('utf8', 0, read);
  } finally {
    closeSync(descriptor);
  }
}

/** The last lines of a log's text, for an error message. */
export function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}
