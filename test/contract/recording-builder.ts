/** Builds a recording's files from messages, batch days and online calls (contract, section 9). */
import { formatFolder, formatSecond, MINUTE, parseRfc3339 } from '../oracle/time.ts';
import type { Files } from './case.ts';

/** The day that short times belong to. */
export const TEST_DAY = '2026-01-05';

/** `10:20` or `10:20:00.5` of the test day, or a whole RFC 3339 text, in microseconds. */
export function instant(text: string): bigint {
  const full = /^\d\d:\d\d$/.test(text) ? `${TEST_DAY}T${text}:00Z` : /^\d\d:/.test(text) ? `${TEST_DAY}T${text}Z` : text;
  const time = parseRfc3339(full);
  if (time === null) throw new Error(`not a time: ${text}`);
  return time;
}

export interface Message {
  /** The minute of the iteration, µs. */
  readonly iteration: bigint;
  readonly stream: string;
  readonly payload: Uint8Array | string | null;
  /** By default 0. */
  readonly partition?: number;
}

export interface OnlineCallSpec {
  readonly iteration: bigint;
  readonly source: string;
  readonly ids: readonly string[];
  readonly body: string;
  /** By default one second before the iteration ends. */
  readonly at?: string;
  readonly status?: number;
  readonly attempt?: number;
}

export interface BatchDaySpec {
  /** CSV text by `source/table`. */
  readonly tables: Readonly<Record<string, string>>;
  /** Marker times by `source.table`; by default every table at 00:00 of the day itself. A null: no marker. */
  readonly complete?: Readonly<Record<string, string | null>>;
}

export interface RecordingSpec {
  readonly from: bigint;
  readonly iterations: number;
  readonly messages: readonly Message[];
  readonly batch: Readonly<Record<string, BatchDaySpec>>;
  readonly online?: readonly OnlineCallSpec[];
  readonly missed?: readonly bigint[];
}

export function buildRecording(spec: RecordingSpec): Files {
  const files: Record<string, string> = {};
  const append = (path: string, line: unknown): void => {
    files[path] = `${files[path] ?? ''}${JSON.stringify(line)}\n`;
  };
  files['recording.json'] = `${JSON.stringify({ format: 1, from: formatSecond(spec.from), iterations: spec.iterations })}\n`;

  const offsets = new Map<string, number>();
  // Offsets grow with the iterations, whatever the order of the list.
  const inOrder = [...spec.messages].sort((a, b) => Number(a.iteration - b.iteration));
  for (const { iteration, stream, payload, partition = 0 } of inOrder) {
    if (iteration < spec.from || iteration >= spec.from + BigInt(spec.iterations) * MINUTE)
      throw new Error(`outside: ${formatSecond(iteration)}`);
    const offset = offsets.get(`${stream} ${partition}`) ?? 0;
    offsets.set(`${stream} ${partition}`, offset + 1);
    const content =
      typeof payload === 'string' || payload === null ? { payload } : { payload_base64: Buffer.from(payload).toString('base64') };
    append(`iterations/${formatFolder(iteration)}/streams/${stream}.ndjson`, { partition, offset, ...content });
  }
  for (const { iteration, source, ids, body, at, status = 200, attempt = 1 } of spec.online ?? []) {
    const instantOfCall = at ?? formatSecond(iteration + MINUTE - 1_000_000n);
    append(`iterations/${formatFolder(iteration)}/online/${source}.ndjson`, { at: instantOfCall, ids, attempt, status, body });
  }
  for (const minute of spec.missed ?? []) files[`iterations/${formatFolder(minute)}/seal.json`] = '{"missed":true}\n';
  for (const [day, { tables, complete = {} }] of Object.entries(spec.batch)) {
    for (const [table, text] of Object.entries(tables)) {
      files[`batch/${day}/${table}.csv`] = text;
      const name = table.replace('/', '.');
      const marker = complete[name] === undefined ? `${day}T00:00:00Z` : complete[name];
      if (marker !== null) files[`batch/${day}/_complete/${name}`] = `${marker}\n`;
    }
  }
  return files;
}

/** A payload with the usual names. `x` and other variables are source texts of JSON values. */
export function payload(key: string, time: string, id: string, variables: Readonly<Record<string, string>> = {}): string {
  const members = [
    `"customer_id":${key}`,
    `"event_time":${JSON.stringify(/^\d\d:/.test(time) ? `${TEST_DAY}T${time.length === 5 ? `${time}:00` : time}Z` : time)}`,
    `"event_id":${JSON.stringify(id)}`,
    ...Object.entries(variables).map(([name, text]) => `${JSON.stringify(name)}:${text}`),
  ];
  return `{${members.join(',')}}`;
}
