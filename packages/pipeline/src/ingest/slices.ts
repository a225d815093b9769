import { MICROS_PER_MINUTE, type Micros, type OffsetRange, type Project, quoteLiteral, type StreamSeal } from '@parallax/core';
import type { Engine } from '../engine/engine.ts';
import { type EventBounds, eventSpec } from '../engine/specs.ts';
import { writeState } from '../engine/sql.ts';
import type { Pipeline } from '../pipeline.ts';

/** Columns of a slice: part of a minute's messages, parsed and packed, one or more rows a bucket of event ids. */
export const SLICE_SCHEMA = 'bucket INT, events BINARY';

/** A stream's part of a seal that names offsets. */
export type TopicSeal = Extract<StreamSeal, { kind: 'topic' }>;

/** Of a seal's streams those that are read from topics. */
export function topicsOf(streams: readonly StreamSeal[]): readonly TopicSeal[] {
  return streams.flatMap((stream) => (stream.kind === 'topic' ? [stream] : []));
}

/** What was read of a minute before its seal. */
export interface Slice {
  /** Exactly the ranges that were read. */
  readonly streams: readonly TopicSeal[];
  /** Its messages, of `SLICE_SCHEMA`; null: they were settled as they were read, and are read again where that does not stand. */
  readonly folder: string | null;
  /** Null when its messages could not be settled without those that were still to come. */
  readonly settled: SettledSlice | null;
}

/** A slice whose messages were kept. */
export type PackedSlice = Slice & { readonly folder: string };

export function isPacked(slice: Slice): slice is PackedSlice {
  return slice.folder !== null;
}

/** What a slice's messages came to, given the slices before it. */
export interface SettledSlice {
  /** Folder of `CLAIMED_SCHEMA`. */
  readonly claimed: string;
  /** Folder of `PANES_SCHEMA`; the minute's first one has the early events of the iteration before. */
  readonly panes: string;
}

/** What the slices that lie within the seal came to; null when one was left out or not settled: then all is settled anew. */
export function settledPrefix(slices: readonly Slice[], used: readonly Slice[]): readonly SettledSlice[] | null {
  const settled = used.flatMap((slice) => slice.settled ?? []);
  const whole = used.every((slice, i) => slice === slices[i]) && settled.length === used.length;
  return whole && used.length > 0 ? settled : null;
}

/** The query of `SLICE_SCHEMA` that reads and parses the messages that `streams` name; null when there are none. */
export async function sliceSql(
  { project, source, buckets }: Pipeline,
  { session }: Engine,
  minute: Micros,
  streams: readonly StreamSeal[],
): Promise<string | null> {
  const parts: string[] = [];
  for (const [index, stream] of project.streams.entries()) {
    const sealed = streams.find((s) => s.stream === stream.name);
    const spec = eventSpec(stream, index, project.key.type, buckets, boundsOf(project, minute));
    const sql = sealed === undefined ? null : await source.packed(session, minute, sealed, spec);
    if (sql !== null) parts.push(sql);
  }
  return parts.length === 0 ? null : parts.join('\nUNION ALL\n');
}

/**
 * Reads and parses the messages that `streams` name and writes them as one slice.
 *
 * @returns false when there was nothing to read: then no folder was written
 */
export async function writeSlice(
  pipeline: Pipeline,
  engine: Engine,
  minute: Micros,
  streams: readonly StreamSeal[],
  folder: string,
): Promise<boolean> {
  const sql = await sliceSql(pipeline, engine, minute, streams);
  if (sql !== null) await engine.session.command(writeState(folder, sql));
  return sql !== null;
}

/** Which messages one message alone shows to be late or ahead in iteration `minute` (contract, section 3). */
export function boundsOf(project: Project, minute: Micros): EventBounds {
  return { late: minute - project.latenessUs, ahead: minute + MICROS_PER_MINUTE + project.maxAheadUs };
}

/** The query that packs messages (partition, offset, message_id, payload) by the bucket of their ids, one row a bucket. */
export function packedSql(messages: string, spec: string): string {
  return `SELECT e.bucket, prlx_records(collect_list(e.event)) AS events
FROM (SELECT prlx_event(payload, message_id, partition, offset, ${quoteLiteral(spec)}) AS e FROM (${messages})) GROUP BY e.bucket`;
}

/** A query of each stream that has messages among `streams`. */
export async function openMessages(
  pipeline: Pipeline,
  engine: Engine,
  minute: Micros,
  streams: readonly StreamSeal[],
): Promise<{ stream: number; sql: string }[]> {
  const messages: { stream: number; sql: string }[] = [];
  for (const [index, { name }] of pipeline.project.streams.entries()) {
    const sealed = streams.find((s) => s.stream === name);
    const sql = sealed === undefined ? null : await pipeline.source.messages(engine.session, minute, sealed);
    if (sql !== null) messages.push({ stream: index, sql });
  }
  return messages;
}

/**
 * Which slices lie within a seal, and what the seal names beyond them. A slice that reaches past the seal, below the log's start, or into
 * a topic made anew is left out whole; slices are in the order in which they were read.
 */
export function beyondSlices<S extends Slice>(
  sealed: readonly StreamSeal[],
  slices: readonly S[],
): { used: readonly S[]; rest: readonly StreamSeal[] } {
  const used: S[] = [];
  let rest = sealed;
  for (const slice of slices) {
    const without = subtract(rest, slice);
    if (without === null) continue;
    used.push(slice);
    rest = without;
  }
  return { used, rest };
}

/** `streams` without the ranges of `slice`, or null when one of those does not begin where a range begins, or ends beyond it. */
function subtract(streams: readonly StreamSeal[], slice: Slice): readonly StreamSeal[] | null {
  const without: StreamSeal[] = [];
  for (const stream of streams) {
    const read = slice.streams.find((s) => s.stream === stream.stream);
    if (read === undefined) {
      without.push(stream);
      continue;
    }
    if (stream.kind !== 'topic' || read.topicId !== stream.topicId) return null;
    const ranges: OffsetRange[] = [];
    for (const range of stream.ranges) {
      const done = read.ranges.find((r) => r.partition === range.partition);
      if (done === undefined) ranges.push(range);
      else if (done.from !== range.from || done.to > range.to) return null;
      else ranges.push({ ...range, from: done.to });
    }
    if (read.ranges.some((r) => !stream.ranges.some((s) => s.partition === r.partition))) return null;
    without.push({ ...stream, ranges });
  }
  return without;
}
