import { closeSync, openSync } from 'node:fs';

/** A log that a child appends to; close it here once the child has it. */
export function openLogFile(path: string): { readonly fd: number; readonly close: () => void } {
  const fd = openSync(path, 'a');
  return { fd, close: () => closeSync(fd) };
}
