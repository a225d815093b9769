import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Project, Stream } from '@parallax/core';
import { startSpark } from '@parallax/local';
import { connectSpark, type SparkSession, type StreamingQuery } from '@parallax/spark-connect';
import { HEAPS_MB, SERVICE_START_MS_MAX } from '../limits.ts';
import { cpuSeconds, peakRssMib } from '../processes.ts';
import { type MinuteToRead, spanOf } from './minutes-to-read.ts';
import { hourWindowSql } from './streaming-sql.ts';

const POLL_MS = 250;

export interface StreamingRun {
  /** Messages that count, after those that made the server warm. */
  readonly events: number;
  /** CPU seconds of the Spark server while those were processed. */
  readonly cpuSeconds: number;
  readonly wallMs: number;
  readonly peakRssMib: number;
}

export interface StreamingOptions {
  readonly bootstrap: string;
  readonly project: Project;
  /** Folder for the server and the checkpoints; removed at the end. */
  readonly home: string;
  /** Minutes that make the server warm, as the pipeline is. */
  readonly warm: number;
  readonly signal: AbortSignal;
}

/**
 * Spark Structured Streaming over the same messages: a server of its own, a query a stream, micro-batches of a minute's messages, results to a
 * sink that drops them. A streaming query has no end: the topics must end with the last of the minutes.
 */
export async function runStructuredStreaming(options: StreamingOptions, minutes: readonly MinuteToRead[]): Promise<StreamingRun> {
  const { home, signal } = options;
  await mkdir(home, { recursive: true });
  const conf = { 'spark.sql.shuffle.partitions': String(availableParallelism()) };
  const server = await startSpark({ home, heapMb: HEAPS_MB.spark, startMsMax: SERVICE_START_MS_MAX, signal, conf });
  try {
    const session = await connectSpark({ url: server.url, sessionId: randomUUID(), newOperationId: randomUUID });
    try {
      const begin = { seconds: 0, rows: 0, atMs: performance.now() };
      const warmRows = minutes.slice(0, options.warm).reduce((sum, minute) => sum + spanOf(minute), 0);
      const queries: StreamingQuery[] = [];
      for (const stream of options.project.streams) queries.push(await startQuery(session, options, stream, minutes));
      let rows = 0;
      for (let active = true; active; ) {
        await delay(POLL_MS, undefined, { signal });
        active = (await Promise.all(queries.map((query) => query.active()))).some((runs) => runs);
        rows = await rowsOf(queries);
        // What of the next micro-batch is done by now does not count: in its favour.
        if (begin.rows === 0 && rows >= warmRows) Object.assign(begin, { seconds: cpuSeconds(server.pid), rows, atMs: performance.now() });
      }
      return {
        events: rows - begin.rows,
        cpuSeconds: cpuSeconds(server.pid) - begin.seconds,
        wallMs: performance.now() - begin.atMs,
        peakRssMib: peakRssMib(server.pid),
      };
    } finally {
      await session.close();
    }
  } finally {
    await server.stop();
    await rm(home, { recursive: true, force: true });
  }
}

async function startQuery(
  session: SparkSession,
  { bootstrap, home }: StreamingOptions,
  stream: Stream,
  minutes: readonly MinuteToRead[],
): Promise<StreamingQuery> {
  const parts = minutes.flatMap((minute) => minute.streams.filter((part) => part.stream === stream.name));
  const topic = parts[0]?.topic ?? '';
  const starts = new Map<number, number>();
  for (const { partition, from } of parts.flatMap((part) => part.ranges))
    starts.set(partition, Math.min(from, starts.get(partition) ?? from));
  const total = parts.reduce((sum, part) => sum + part.ranges.reduce((n, range) => n + range.to - range.from, 0), 0);
  const view = `bench_${stream.name}`;
  await session.createSourceView(view, {
    format: 'kafka',
    streaming: true,
    options: {
      'kafka.bootstrap.servers': bootstrap,
      assign: JSON.stringify({ [topic]: [...starts.keys()] }),
      startingOffsets: JSON.stringify({ [topic]: Object.fromEntries(starts) }),
      maxOffsetsPerTrigger: String(Math.max(1, Math.round(total / minutes.length))),
    },
  });
  return session.startStreamingQuery({
    sql: hourWindowSql(stream, view),
    format: 'noop',
    outputMode: 'update',
    options: { checkpointLocation: join(home, 'checkpoints', stream.name) },
    trigger: 'available_now',
  });
}

async function rowsOf(queries: readonly StreamingQuery[]): Promise<number> {
  const progress = await Promise.all(queries.map((query) => query.progress()));
  return progress.flat().reduce((sum, batch) => sum + batch.numInputRows, 0);
}
