import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Micros } from '@parallax/core';
import type { Pipeline } from './pipeline.ts';

/**
 * Makes the folder of an attempt at a minute, empty, and removes what attempts before it have left, of this epoch and of earlier ones: a minute that fails for hours
 * would else fill the disk. The folder of a committed iteration stays, and so does what a coordinator of a later epoch writes.
 */
export async function openAttempt({ ledger, paths }: Pick<Pipeline, 'ledger' | 'paths'>, minute: Micros, attempt: number): Promise<string> {
  const iteration = paths.iteration(minute);
  const folder = paths.attempt(minute, ledger.epoch, attempt);
  await mkdir(iteration, { recursive: true });
  const committed = ledger.iteration(minute)?.folder;
  for (const name of await readdir(iteration)) {
    const epoch = epochOf(name);
    const isLeft = epoch !== null && epoch <= ledger.epoch && (committed === undefined || name !== basename(committed));
    if (isLeft) await rm(join(iteration, name), { recursive: true, force: true });
  }
  await mkdir(folder);
  return folder;
}

/** The epoch of an attempt's folder, `<epoch>-<attempt>`; null of any other. */
function epochOf(name: string): number | null {
  const epoch = /^(\d+)-\d+$/.exec(name)?.[1];
  return epoch === undefined ? null : Number(epoch);
}
