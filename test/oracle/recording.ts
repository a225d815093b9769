/** Reads a recording folder as the Spark side sees it: `overlay/spark/…` replaces, every other overlay is ignored (contract, section 9). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatFolder, MINUTE, parseRfc3339 } from './time.ts';

export interface OnlineCall {
  readonly at: string;
  readonly ids: readonly string[];
  readonly status: number;
  readonly body?: string | null;
}

export interface Recording {
  readonly from: bigint;
  readonly iterations: number;
  /** Minutes of all iterations, in order. */
  readonly minutes: readonly bigint[];
  readonly missed: (minute: bigint) => boolean;
  /** Payloads in arrival order; null is a tombstone. */
  readonly payloads: (minute: bigint, stream: string) => (Buffer | null)[];
  readonly calls: (minute: bigint, source: string) => OnlineCall[];
  /** Names of the day folders, sorted. */
  readonly days: readonly string[];
  /** Null when the file is absent. */
  readonly batchFile: (day: string, name: string) => string | null;
}

interface MessageLine {
  payload?: string | null;
  payload_base64?: string;
}

export function readRecording(directory: string): Recording {
  const read = (path: string): string | null => {
    for (const root of [join(directory, 'overlay', 'spark'), directory]) {
      if (existsSync(join(root, path))) return readFileSync(join(root, path), 'utf8');
    }
    return null;
  };
  const lines = <T>(path: string): T[] =>
    (read(path) ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T);
  const folder = (minute: bigint): string => join('iterations', formatFolder(minute));

  const head = JSON.parse(read('recording.json') ?? '') as { from: string; iterations: number };
  const from = parseRfc3339(head.from);
  if (from === null) throw new Error(`recording.json: from is no time: ${head.from}`);
  const batch = join(directory, 'batch');
  return {
    from,
    iterations: head.iterations,
    minutes: Array.from({ length: head.iterations }, (_, index) => from + BigInt(index) * MINUTE),
    missed: (minute) => (JSON.parse(read(join(folder(minute), 'seal.json')) ?? '{}') as { missed?: boolean }).missed === true,
    payloads: (minute, stream) =>
      lines<MessageLine>(join(folder(minute), 'streams', `${stream}.ndjson`)).map((line) => {
        if (line.payload_base64 !== undefined) return Buffer.from(line.payload_base64, 'base64');
        return line.payload == null ? null : Buffer.from(line.payload);
      }),
    calls: (minute, source) => lines<OnlineCall>(join(folder(minute), 'online', `${source}.ndjson`)),
    days: existsSync(batch) ? readdirSync(batch).sort() : [],
    batchFile: (day, name) => read(join('batch', day, name)),
  };
}
