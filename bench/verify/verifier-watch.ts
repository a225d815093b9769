import { readFileSync } from 'node:fs';
import { family } from '@parallax/local/proc.ts';
import { ownSeconds, peakRssMib } from '../processes.ts';

/** CPU and memory of the verifier, which its coordinator starts, and starts again when it ends. */
export class VerifierWatch {
  #pid: number | null = null;
  #seconds = 0;
  #peakMib = 0;

  /** CPU seconds since the last call; 0 when there is no verifier. @param coordinator the process that keeps it */
  used(coordinator: number): number {
    const pid = verifierOf(coordinator);
    if (pid === null) return 0;
    const seconds = ownSeconds(pid, true);
    const used = pid === this.#pid ? seconds - this.#seconds : seconds;
    this.#pid = pid;
    this.#seconds = seconds;
    this.#peakMib = Math.max(this.#peakMib, peakRssMib(pid));
    return used;
  }

  /** The most resident memory so far, MiB. */
  get peakMib(): number {
    return this.#peakMib;
  }
}

function verifierOf(coordinator: number): number | null {
  return family(coordinator).find(({ pid }) => pid !== coordinator && isVerifier(pid))?.pid ?? null;
}

function isVerifier(pid: number): boolean {
  try {
    // Its words, each ended by a zero byte: node, options, main.ts, the command.
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').includes('verify');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // It ended between the two looks.
    if (code === 'ENOENT' || code === 'ESRCH') return false;
    throw error;
  }
}
