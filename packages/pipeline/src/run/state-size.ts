import { existsSync, statSync } from 'node:fs';
import type { Micros, StateSize } from '@parallax/core';
import type { StatePaths } from '../engine/paths.ts';
import { folderBytes } from '../folder-bytes.ts';
import { STATE_SIZE_EVERY_MS, STATE_SIZE_PAUSE } from '../limits.ts';

/** SQLite's file, and beside it the log of what was written last and its index. */
const LEDGER_FILES = ['', '-wal', '-shm'];

/**
 * Knows how large a run's state is. The folder, thousands of files, is walked beside the minutes and once in a while only; the ledger's few files are asked whenever
 * the size is wanted.
 */
export class StateMeter {
  readonly #paths: StatePaths;
  readonly #now: () => Micros;
  readonly #note: (text: string) => void;
  #bytes: number | null = null;
  #next: Micros = 0n;
  #walk: Promise<void> | null = null;

  /** @param now microseconds since 1970 */
  constructor(paths: StatePaths, now: () => Micros, note: (text: string) => void) {
    this.#paths = paths;
    this.#now = now;
    this.#note = note;
  }

  /** Begins to measure the folder anew, if that was long enough ago. */
  look(): void {
    if (this.#walk !== null || this.#now() < this.#next) return;
    this.#walk = this.#measure().finally(() => {
      this.#walk = null;
    });
  }

  /** What is known now. */
  size(): StateSize {
    return { folder_bytes: this.#bytes, ledger_bytes: ledgerBytes(this.#paths) };
  }

  /** Returns once nothing is measured any more. */
  async end(): Promise<void> {
    await this.#walk;
  }

  async #measure(): Promise<void> {
    const begun = this.#now();
    try {
      this.#bytes = await folderBytes(this.#paths.root);
      const took = this.#now() - begun;
      const [least, fair] = [BigInt(STATE_SIZE_EVERY_MS) * 1000n, took * BigInt(STATE_SIZE_PAUSE)];
      this.#next = begun + (least > fair ? least : fair);
    } catch (error) {
      this.#note(`the state folder could not be measured: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** Bytes of the ledger on disk. */
export function ledgerBytes({ ledger }: StatePaths): number {
  return LEDGER_FILES.reduce((sum, suffix) => sum + (existsSync(ledger + suffix) ? statSync(ledger + suffix).size : 0), 0);
}
