/** Answers of the online sources: the last valid one wins, an old one stands in (contract, sections 7 and 10). */
import { readKey } from './classify.ts';
import { at, parseStrictObject } from './json.ts';
import { type Decimal, readScaled } from './numbers.ts';
import type { Online, Project } from './project.ts';
import type { OnlineCall, Recording } from './recording.ts';
import { MINUTE, parseRfc3339 } from './time.ts';

export type OnlineCell = Decimal | bigint | null;

type Fields = ReadonlyMap<string, Decimal | null>;

/** What is known of one source: the last answer of each customer, by key. */
export interface Known {
  readonly online: Online;
  readonly answers: Map<string, { readonly minute: bigint; readonly fields: Fields }>;
}

/** Rows by key of a body, or null when the body is no answer. */
export function readBody(project: Project, online: Online, body: string): Map<string, Fields> | null {
  const object = parseStrictObject(body);
  const rows = object === null ? null : at(object, online.rows);
  if (rows?.kind !== 'array') return null;
  const found = new Map<string, Fields>();
  for (const row of rows.items) {
    const key = readKey(at(row, online.key), project.keyType);
    if (key === null || found.has(key)) return null;
    const fields = new Map<string, Decimal | null>();
    for (const field of online.fields) {
      const value = at(row, field.field);
      if (value === null || value.kind === 'null') {
        fields.set(field.name, null);
        continue;
      }
      const scaled = value.kind === 'number' ? readScaled(value.text, field.places) : null;
      if (typeof scaled !== 'bigint') return null;
      fields.set(field.name, { unscaled: scaled, places: field.places });
    }
    found.set(key, fields);
  }
  return found;
}

/** Enters the calls of one iteration into `answers`. A missed minute made none. */
export function takeCalls(project: Project, recording: Recording, minute: bigint, { online, answers }: Known): void {
  if (recording.missed(minute)) return;
  const instant = (call: OnlineCall): bigint => {
    const time = parseRfc3339(call.at);
    if (time === null) throw new Error(`online/${online.name}: at is no time: ${call.at}`);
    return time;
  };
  // The sort is stable: equal instants stay in the order of the lines.
  const calls = [...recording.calls(minute, online.name)].sort((a, b) => Number(instant(a) - instant(b)));
  for (const call of calls) {
    if (call.status !== 200 || typeof call.body !== 'string') continue;
    const rows = readBody(project, online, call.body);
    if (rows === null) continue;
    const absent: Fields = new Map(online.fields.map((field) => [field.name, null]));
    for (const id of call.ids) answers.set(id, { minute, fields: rows.get(id) ?? absent });
  }
}

/** Columns `<source>_<field>` and `<source>_age_minutes` of one customer. */
export function onlineColumns({ online, answers }: Known, key: string, minute: bigint): Map<string, OnlineCell> {
  const columns = new Map<string, OnlineCell>();
  const answer = answers.get(key);
  const age = answer === undefined ? null : (minute - answer.minute) / MINUTE;
  const stands = answer !== undefined && age !== null && age <= BigInt(online.maxAge);
  for (const field of online.fields) columns.set(`${online.name}_${field.name}`, stands ? (answer.fields.get(field.name) ?? null) : null);
  columns.set(`${online.name}_age_minutes`, stands ? age : null);
  return columns;
}
