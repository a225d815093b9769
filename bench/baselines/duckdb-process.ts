/**
 * DuckDB doing the pipeline's minutes, in a process of its own: reads the same offsets, keeps the hour's aggregates in memory.
 * Started by `duckdb.ts` with an IPC channel; answers one message a minute and ends.
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Stream } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import type { DuckdbMinute, DuckdbOrder } from './duckdb.ts';
import { mergeSql, paneSql } from './duckdb-sql.ts';
import { openConsumer, readRanges } from './kafka-range.ts';
import type { MinuteToRead } from './minutes-to-read.ts';

const HOUR_US = 3_600_000_000;
/** Payloads are handed to DuckDB as a file in memory. */
const MEMORY_FOLDER = '/dev/shm';
const WRITE_BYTES = 4 << 20;
const NEWLINE = 0x0a;

class Baseline {
  readonly #connection: DuckDBConnection;
  readonly #streams: readonly Stream[];
  readonly #folder: string;
  readonly #order: DuckdbOrder;
  readonly #consumer: ReturnType<typeof openConsumer>;
  #hour = Number.NaN;

  constructor(connection: DuckDBConnection, streams: readonly Stream[], folder: string, order: DuckdbOrder) {
    this.#connection = connection;
    this.#streams = streams;
    this.#folder = folder;
    this.#order = order;
    this.#consumer = openConsumer(order.bootstrap);
  }

  async minute(minute: MinuteToRead): Promise<DuckdbMinute> {
    const hour = Math.floor(minute.minuteUs / HOUR_US);
    const fresh = hour !== this.#hour;
    this.#hour = hour;
    const before = process.cpuUsage();
    const begin = performance.now();
    let events = 0;
    let readUs = 0;
    for (const [index, stream] of this.#streams.entries()) {
      const source = minute.streams.find((candidate) => candidate.stream === stream.name);
      if (source === undefined) continue;
      const file = join(this.#folder, `${stream.name}.ndjson`);
      const reading = process.cpuUsage();
      events += await this.#fetch(source, file);
      readUs += total(process.cpuUsage(reading));
      await this.#merge(stream, index, file, fresh);
    }
    if (this.#order.parquet) await this.#export();
    const cpu = total(process.cpuUsage(before));
    return {
      minuteUs: minute.minuteUs,
      events,
      cpuSeconds: cpu / 1e6,
      readSeconds: readUs / 1e6,
      wallMs: performance.now() - begin,
      customers: await this.#customers(),
    };
  }

  async close(): Promise<void> {
    await this.#consumer.close(true);
    this.#connection.closeSync();
  }

  /** Writes the payloads of a stream's ranges as lines. */
  async #fetch(source: MinuteToRead['streams'][number], path: string): Promise<number> {
    const file = await open(path, 'w');
    try {
      const pending: Promise<unknown>[] = [];
      let block = Buffer.allocUnsafe(WRITE_BYTES);
      let at = 0;
      const flush = (): void => {
        pending.push(file.writeFile(block.subarray(0, at)));
        block = Buffer.allocUnsafe(WRITE_BYTES);
        at = 0;
      };
      const messages = await readRanges(this.#consumer, source, (payload) => {
        if (payload.length + 1 > WRITE_BYTES) return;
        if (at + payload.length + 1 > WRITE_BYTES) flush();
        at += payload.copy(block, at);
        block[at++] = NEWLINE;
      });
      flush();
      await Promise.all(pending);
      return messages;
    } finally {
      await file.close();
    }
  }

  async #merge(stream: Stream, index: number, file: string, fresh: boolean): Promise<void> {
    const pane = paneSql(stream, file);
    if (fresh) {
      await this.#connection.run(`CREATE OR REPLACE TABLE state_${index} AS ${pane}`);
      return;
    }
    await this.#connection.run(`CREATE OR REPLACE TABLE pane AS ${pane}`);
    await this.#connection.run(`CREATE OR REPLACE TABLE state_${index} AS ${mergeSql(stream, `state_${index}`, 'pane')}`);
  }

  async #export(): Promise<void> {
    for (const index of this.#streams.keys())
      await this.#connection.run(`COPY state_${index} TO '${join(this.#folder, `state_${index}.parquet`)}' (FORMAT parquet)`);
  }

  async #customers(): Promise<number> {
    const keys = [...this.#streams.keys()].map((index) => `SELECT k FROM state_${index}`).join(' UNION ');
    const rows = await this.#connection.runAndReadAll(`SELECT count(*) AS n FROM (${keys})`);
    return Number(rows.getRowObjects()[0]?.n ?? 0);
  }
}

function total(usage: NodeJS.CpuUsage): number {
  return usage.user + usage.system;
}

async function main(): Promise<void> {
  const order = JSON.parse(process.argv[2] ?? '{}') as DuckdbOrder;
  const { streams } = await loadProject(order.project);
  const folder = await mkdtemp(join(MEMORY_FOLDER, 'parallax-bench-'));
  const instance = await DuckDBInstance.create(':memory:', { threads: String(order.threads) });
  const baseline = new Baseline(await instance.connect(), streams, folder, order);
  try {
    await new Promise<void>((resolve, reject) => {
      process.on('disconnect', () => resolve());
      process.on('message', (minute: MinuteToRead) => {
        baseline.minute(minute).then((done) => process.send?.(done), reject);
      });
      process.send?.('ready');
    });
  } finally {
    await baseline.close();
    await rm(folder, { recursive: true, force: true });
  }
  process.exit(0);
}

await main();
