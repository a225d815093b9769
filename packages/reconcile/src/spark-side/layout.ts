import { crc32 } from 'node:zlib';
import type { Aggregate, Project, Stream } from '@parallax/core';

export const KEEP_SUM = 1;
export const KEEP_COUNT = 2;
export const KEEP_MIN = 4;
export const KEEP_MAX = 8;
export const KEEP_LAST = 16;

const KEEPS: Readonly<Record<Aggregate, number>> = {
  sum: KEEP_SUM,
  count: KEEP_COUNT,
  avg: KEEP_SUM | KEEP_COUNT,
  min: KEEP_MIN,
  max: KEEP_MAX,
  last: KEEP_LAST,
};

/** What the packed states of one stream hold. */
export interface StreamLayout {
  /** By variable: which partial aggregates are kept, of the KEEP bits. */
  readonly keeps: Uint8Array;
  readonly keepsLast: boolean;
  readonly bitmapBytes: number;
}

/** What a packed run holds, and the mark that says so. */
export interface Layout {
  readonly streams: readonly StreamLayout[];
  /** CRC-32 over the streams' own: over places and kept aggregates of each variable. */
  readonly fingerprint: number;
}

export function layoutOf(project: Pick<Project, 'streams'>): Layout {
  const marks = Buffer.alloc(project.streams.length * 4);
  const streams = project.streams.map((stream, index) => {
    const keeps = Uint8Array.from(stream.variables, ({ aggregates }) => aggregates.reduce((bits, each) => bits | KEEPS[each], 0));
    marks.writeUInt32LE(fingerprintOf(stream, keeps), index * 4);
    return { keeps, keepsLast: keeps.some((bits) => (bits & KEEP_LAST) !== 0), bitmapBytes: Math.ceil(keeps.length / 8) };
  });
  return { streams, fingerprint: crc32(marks) };
}

function fingerprintOf(stream: Stream, keeps: Uint8Array): number {
  return crc32(Buffer.from(stream.variables.flatMap(({ places }, i) => [places, keeps[i] as number])));
}
