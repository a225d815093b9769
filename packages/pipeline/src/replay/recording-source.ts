import type { Close, Micros, Project, Seal, StreamSeal } from '@parallax/core';
import type { SparkSession } from '@parallax/spark-connect';
import { fileTable } from '../engine/sql.ts';
import { packedSql } from '../ingest/slices.ts';
import type { Capture } from '../online/answers.ts';
import type { MinuteSource } from '../pipeline.ts';
import { fileDigest, isMissed, onlineFile, type Recording, streamFile } from './recording.ts';
import { visibleFile } from './visible-file.ts';

/** The minutes of a recording: the seal names its files by digest. A missed minute makes no calls. */
export function recordingSource(recording: Recording, project: Project, scratch: string): MinuteSource {
  const messagesSql = async (minute: Micros, { stream }: StreamSeal): Promise<string | null> => {
    const file = streamFile(recording, minute, stream);
    if (file === null) return null;
    // A line of NDJSON ends with a line feed; a carriage return is white space to JSON, and so is an empty line to NDJSON.
    return `SELECT l.partition, l.offset, l.id AS message_id, l.payload FROM (SELECT prlx_line(CAST(value AS BINARY)) AS l FROM ${fileTable('text', await visibleFile(file, scratch))} WHERE trim(value) <> '')`;
  };
  return {
    async seal(minute) {
      const streams: StreamSeal[] = [];
      for (const { name } of project.streams) {
        const file = streamFile(recording, minute, name);
        if (file !== null) streams.push({ stream: name, kind: 'file', sha256: await fileDigest(file) });
      }
      return { missed: await isMissed(recording, minute), streams };
    },
    messages: (_session: SparkSession, minute: Micros, stream: StreamSeal) => messagesSql(minute, stream),
    async packed(_session: SparkSession, minute: Micros, stream: StreamSeal, spec: string) {
      const messages = await messagesSql(minute, stream);
      return messages === null ? null : packedSql(messages, spec);
    },
    async capture(minute: Micros, seal: Seal): Promise<Close> {
      if (seal.missed) return { online: [] };
      const online: { source: string; sha256: string; calls: number }[] = [];
      for (const { name } of project.online) {
        const file = onlineFile(recording, minute, name);
        if (file !== null) online.push({ source: name, sha256: await fileDigest(file), calls: 0 });
      }
      return { online };
    },
    async captures(minute: Micros, close: Close): Promise<readonly Capture[]> {
      const captures: Capture[] = [];
      for (const { source } of close.online) {
        const declared = project.online.find((s) => s.name === source);
        const path = onlineFile(recording, minute, source);
        if (declared !== undefined && path !== null) captures.push({ source: declared, path: await visibleFile(path, scratch) });
      }
      return captures;
    },
  };
}
