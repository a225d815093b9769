import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Project, Stream } from '@parallax/core';
import { type RunningService, startSpark } from '@parallax/local';
import { connectSpark, type SparkSession, type StreamingQuery, type StreamingTrigger } from '@parallax/spark-connect';
import { HEAPS_MB, MICRO_BATCH_MS_MAX, SERVICE_START_MS_MAX } from '../limits.ts';
import { cpuSeconds, peakRssMib } from '../processes.ts';
import { type MinuteToRead, spanOf } from './minutes-to-read.ts';
import { hourWindowSql } from './streaming-sql.ts';

/** Between two looks: each takes some milliseconds of the server's own time, which counts as its. */
const POLL_MS = 1_000;
const LIVE_POLL_MS = 3_000;

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
  readonly signal: AbortSignal;
}

/** A server that goes on with what is produced, a micro-batch a minute of each stream. */
export interface LiveStreaming {
  /** What it takes from the end of a micro-batch of every stream until each has ended so many more. */
  count(batches: number): Promise<StreamingRun>;
  stop(): Promise<void>;
}

/**
 * Spark Structured Streaming over the same messages: a server of its own, a query a stream, micro-batches of a minute's messages, results to a
 * sink that drops them. A streaming query has no end: the topics must end with the last of the minutes.
 *
 * @param warm minutes that make the server warm, as the pipeline is
 */
export async function runStructuredStreaming(
  options: StreamingOptions & { readonly warm: number },
  minutes: readonly MinuteToRead[],
): Promise<StreamingRun> {
  const server = await StreamingServer.start(options);
  try {
    const warmRows = minutes.slice(0, options.warm).reduce((sum, minute) => sum + spanOf(minute), 0);
    await server.query(minutes, 'available_now');
    let begin = server.account(0);
    for (;;) {
      await delay(POLL_MS, undefined, { signal: options.signal });
      const active = await server.active();
      const { rows } = await server.progress();
      // What of the next micro-batch is done by now does not count: in its favour.
      if (begin.rows === 0 && rows >= warmRows) begin = server.account(rows);
      if (!active) return server.since(begin, rows);
    }
  } finally {
    await server.stop();
  }
}

/**
 * The same on messages that are still being produced: it begins with those of minutes that have passed, in one micro-batch, and is returned when each stream has
 * had `warmBatches`, the first among them.
 *
 * @throws ParallaxError PRLX_SPARK_STREAMING when a query fails; RangeError when a micro-batch does not end
 */
export async function startLiveStreaming(
  options: StreamingOptions,
  passed: readonly MinuteToRead[],
  warmBatches: number,
): Promise<LiveStreaming> {
  const server = await StreamingServer.start(options);
  try {
    await server.query(passed, { processingTime: '1 minute' });
    await server.untilBatches(warmBatches);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    async count(batches) {
      const first = await server.progress();
      const begin = server.account(first.rows);
      const last = await server.untilBatches(first.batches + batches);
      return server.since(begin, last.rows);
    },
    stop: () => server.stop(),
  };
}

/** What had been used when so many rows were done. */
interface Account {
  readonly seconds: number;
  readonly rows: number;
  readonly atMs: number;
}

class StreamingServer {
  readonly #options: StreamingOptions;
  readonly #server: RunningService;
  readonly #session: SparkSession;
  readonly #queries: StreamingQuery[] = [];

  private constructor(options: StreamingOptions, server: RunningService, session: SparkSession) {
    this.#options = options;
    this.#server = server;
    this.#session = session;
  }

  static async start(options: StreamingOptions): Promise<StreamingServer> {
    const { home, signal } = options;
    await mkdir(home, { recursive: true });
    const conf = { 'spark.sql.shuffle.partitions': String(availableParallelism()) };
    const server = await startSpark({ home, heapMb: HEAPS_MB.spark, startMsMax: SERVICE_START_MS_MAX, signal, conf });
    try {
      const session = await connectSpark({ url: server.url, sessionId: randomUUID(), newOperationId: randomUUID });
      return new StreamingServer(options, server, session);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Starts a query a stream at the first message of these minutes. */
  async query(minutes: readonly MinuteToRead[], trigger: StreamingTrigger): Promise<void> {
    for (const stream of this.#options.project.streams)
      this.#queries.push(await startQuery(this.#session, this.#options, { stream, minutes, trigger }));
  }

  /** Whether any query runs. */
  async active(): Promise<boolean> {
    return (await Promise.all(this.#queries.map((query) => query.active()))).some((runs) => runs);
  }

  /** Rows that were taken by all, and the fewest micro-batches with rows of any. */
  async progress(): Promise<{ rows: number; batches: number }> {
    const all = (await Promise.all(this.#queries.map((query) => query.progress()))).map((of) =>
      of.filter((batch) => batch.numInputRows > 0),
    );
    return {
      rows: all.flat().reduce((sum, batch) => sum + batch.numInputRows, 0),
      batches: Math.min(...all.map((batches) => batches.length)),
    };
  }

  async untilBatches(batches: number): Promise<{ rows: number; batches: number }> {
    const deadline = performance.now() + batches * MICRO_BATCH_MS_MAX;
    for (;;) {
      const seen = await this.progress();
      if (seen.batches >= batches) return seen;
      // Throws what a query has failed with.
      await this.active();
      if (performance.now() > deadline) throw new RangeError(`Structured Streaming has ended ${seen.batches} of ${batches} micro-batches`);
      await delay(LIVE_POLL_MS, undefined, { signal: this.#options.signal });
    }
  }

  account(rows: number): Account {
    return { seconds: cpuSeconds(this.#server.pid), rows, atMs: performance.now() };
  }

  since(begin: Account, rows: number): StreamingRun {
    return {
      events: rows - begin.rows,
      cpuSeconds: cpuSeconds(this.#server.pid) - begin.seconds,
      wallMs: performance.now() - begin.atMs,
      peakRssMib: peakRssMib(this.#server.pid),
    };
  }

  async stop(): Promise<void> {
    try {
      await this.#session.close();
    } finally {
      await this.#server.stop();
      await rm(this.#options.home, { recursive: true, force: true });
    }
  }
}

async function startQuery(
  session: SparkSession,
  { bootstrap, home }: StreamingOptions,
  { stream, minutes, trigger }: { readonly stream: Stream; readonly minutes: readonly MinuteToRead[]; readonly trigger: StreamingTrigger },
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
      // A micro-batch is what a minute has: of minutes that have passed by their number, of those that pass by their clock.
      ...(trigger === 'available_now' ? { maxOffsetsPerTrigger: String(Math.max(1, Math.round(total / minutes.length))) } : {}),
    },
  });
  return session.startStreamingQuery({
    sql: hourWindowSql(stream, view),
    format: 'noop',
    outputMode: 'update',
    options: { checkpointLocation: join(home, 'checkpoints', stream.name) },
    trigger,
  });
}
