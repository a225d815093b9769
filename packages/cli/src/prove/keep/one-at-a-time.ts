import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ParallaxError } from '@parallax/core';

/** The file that says which process works in a folder. */
export const IN_USE = 'in-use';

/** Takes a folder for this process, and returns how to give it back. Throws PRLX_USAGE while a living process has it. */
export async function takeFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, IN_USE);
  for (;;) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      return () => rm(file, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const pid = Number(await readFile(file, 'utf8').catch(() => ''));
    // A process that was killed leaves the file behind.
    if (pid > 0 && existsSync(`/proc/${pid}`))
      throw new ParallaxError('PRLX_USAGE', `the process ${pid} works in ${folder}`, {
        exitCode: 2,
        advice: 'Wait for it, or name another folder: --keep DIR.',
      });
    await rm(file, { force: true });
  }
}
