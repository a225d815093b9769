import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RUNTIME } from './paths.ts';
import type { ProcessId } from './proc.ts';
import type { ServiceName } from './types.ts';

export interface RecordedService extends ProcessId {
  readonly name: ServiceName;
  readonly port: number;
  readonly url: string;
  readonly logFile: string;
}

/** What `up` started. Holds a password, so its file is readable by its owner alone. */
export interface UpState {
  readonly supervisor: ProcessId;
  readonly home: string;
  readonly services: readonly RecordedService[];
}

export const UP_FILE = join(RUNTIME, 'run', 'up.json');
/** Where the data and logs of `up` stand. */
export const UP_HOME = join(RUNTIME, 'services');

/** Null when nothing was started, or it was stopped. */
export function readUpState(file = UP_FILE): UpState | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (missing) return null;
    throw error;
  }
}

export function writeUpState(state: UpState, file = UP_FILE): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, file);
}

export function removeUpState(file = UP_FILE): void {
  rmSync(file, { force: true });
}
