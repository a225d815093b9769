import { createWriteStream, existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline as pipe } from 'node:stream/promises';
import {
  type BatchVersion,
  formatFolder,
  formatMicros,
  formatSecond,
  MICROS_PER_MINUTE,
  type Micros,
  ParallaxError,
  type Seal,
} from '@parallax/core';
import { decimalToString, isSparkDecimal, type Row, type SparkValue } from '@parallax/spark-connect';
import { type Stringifier, stringify } from 'csv-stringify';
import { neededColumns } from '../batch/reduce.ts';
import { sameVersion } from '../batch/version.ts';
import type { Engine } from '../engine/engine.ts';
import { writeLines } from '../lines/write-lines.ts';
import type { Pipeline } from '../pipeline.ts';
import { tableFile } from '../replay/recording.ts';
import { refuseMoved, usedDays } from './recorded-days.ts';

export interface RecordOptions {
  readonly pipeline: Pipeline;
  readonly engine: Engine;
  /** The recording's folder; must not hold one already. */
  readonly out: string;
  /** The first minute: by default the first sealed one, since a replay begins with empty windows. */
  readonly from?: Micros;
  /** How many minutes; by default all that are committed. */
  readonly iterations?: number;
  readonly onMinute?: (minute: Micros, done: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Writes what committed iterations read (contract, section 9): the messages of the sealed ranges, the captured bulk calls, and the batch days
 * that any of them used, each in one version. Reads the brokers and stores, so they must still hold it. `recording.json` is written last: a folder without it is
 * no recording.
 */
export async function recordRun(options: RecordOptions): Promise<{ from: Micros; iterations: number }> {
  const { pipeline, out } = options;
  if (existsSync(join(out, 'recording.json'))) {
    throw new ParallaxError('PRLX_RECORDING', `${out} holds a recording already`, {
      exitCode: 2,
      advice: 'Give another folder, or remove it.',
    });
  }
  const first = options.from ?? pipeline.ledger.oldest();
  const newest = pipeline.ledger.newest();
  if (first === null || newest === null)
    throw new ParallaxError('PRLX_RECORDING', 'this state has no committed minute yet', {
      exitCode: 2,
      advice: 'Run at least one minute first.',
    });
  const committed = Number((newest.minute - first) / MICROS_PER_MINUTE) + 1;
  const iterations = options.iterations ?? committed;
  if (iterations > committed || iterations < 1) {
    throw new ParallaxError('PRLX_RECORDING', `from ${formatSecond(first)} on ${committed} minutes are committed, not ${iterations}`, {
      exitCode: 2,
      advice: 'Ask for fewer.',
    });
  }
  const minutes = Array.from({ length: iterations }, (_, i) => first + BigInt(i) * MICROS_PER_MINUTE);
  const sealed = minutes.map((minute) => ({ minute, seal: sealOf(pipeline, minute) }));
  const days = usedDays(sealed);
  const { session } = options.engine;
  await refuseMoved(session, pipeline.batch, days);
  for (const [i, { minute, seal }] of sealed.entries()) {
    options.signal?.throwIfAborted();
    await recordMinute(options, minute, seal);
    options.onMinute?.(minute, i + 1, iterations);
  }
  for (const day of days) await recordDay(options, day);
  // What was marked anew while it was read may be half of each.
  await refuseMoved(session, pipeline.batch, days);
  await writeFile(join(out, 'recording.json'), `${JSON.stringify({ format: 1, from: formatSecond(first), iterations })}\n`);
  return { from: first, iterations };
}

function sealOf(pipeline: Pipeline, minute: Micros): Seal {
  const seal = pipeline.ledger.seal(minute);
  if (seal === null) throw new ParallaxError('PRLX_RECORDING', `the minute ${formatSecond(minute)} has no seal`, { exitCode: 2 });
  return seal;
}

async function recordMinute({ pipeline, engine, out }: RecordOptions, minute: Micros, seal: Seal): Promise<void> {
  const folder = join(out, 'iterations', formatFolder(minute));
  if (seal.missed) await writeText(join(folder, 'seal.json'), `${JSON.stringify({ missed: true })}\n`);
  for (const sealed of seal.streams) {
    const sql = await pipeline.source.messages(engine.session, minute, sealed);
    if (sql === null) continue;
    const file = join(folder, 'streams', `${sealed.stream}.ndjson`);
    await mkdir(dirname(file), { recursive: true });
    const keepId = pipeline.project.streams.find((s) => s.name === sealed.stream)?.eventIdPath === null;
    await writeLines(
      file,
      messageLines(engine.session.query(`SELECT partition, offset, message_id, payload FROM (${sql}) ORDER BY partition, offset`), keepId),
    );
  }
  const close = pipeline.ledger.closeOf(minute);
  for (const { source, path } of close === null ? [] : await pipeline.source.captures(minute, close)) {
    const file = join(folder, 'online', `${source.name}.ndjson`);
    await mkdir(dirname(file), { recursive: true });
    await copyFile(path, file);
  }
}

async function* messageLines(rows: AsyncIterable<Row>, keepId: boolean): AsyncIterable<string> {
  for await (const { partition, offset, message_id: id, payload } of rows) {
    const head = `{"partition":${String(partition)},"offset":${String(offset)}${keepId && typeof id === 'string' ? `,"id":${JSON.stringify(id)}` : ''}`;
    yield `${head},${payloadJson(payload ?? null)}}\n`;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The payload's field: as text where its bytes are UTF-8, so that people can read it, else as base64. */
function payloadJson(payload: SparkValue): string {
  if (payload === null) return '"payload":null';
  if (!(payload instanceof Uint8Array)) throw new TypeError('a payload is bytes');
  try {
    return `"payload":${JSON.stringify(utf8.decode(payload))}`;
  } catch {
    return `"payload_base64":"${Buffer.from(payload).toString('base64')}"`;
  }
}

async function recordDay({ pipeline, engine, out }: RecordOptions, version: BatchVersion): Promise<void> {
  const { project, ledger } = pipeline;
  const registered = ledger.days().find((day) => sameVersion(day, version))?.registered;
  if (registered === undefined) throw new ParallaxError('PRLX_RECORDING', `the batch day ${version.day} is not in the ledger`);
  for (const source of project.batch) {
    for (const table of source.tables) {
      const columns = neededColumns(project, source, table);
      const cells = await pipeline.batch.table(engine, version, source, table);
      const file = tableFile(out, version.day, source.name, table.name);
      await mkdir(dirname(file), { recursive: true });
      const rows = engine.session.query(`SELECT * FROM ${cells.relation}`);
      await pipe(csvRecords(rows, columns), csvText(columns), createWriteStream(file));
      await writeText(join(out, 'batch', version.day, '_complete', `${source.name}.${table.name}`), `${formatMicros(registered)}\n`);
    }
  }
}

/** Records as RFC 4180 text with a header. The empty text is quoted and null is not, so that they differ (contract, section 9). */
export function csvText(columns: readonly string[]): Stringifier {
  return stringify({ header: true, columns: [...columns], quoted_match: /^$/ });
}

async function* csvRecords(rows: AsyncIterable<Row>, columns: readonly string[]): AsyncIterable<(string | null)[]> {
  for await (const row of rows) yield columns.map((name) => cellText(row[name] ?? null));
}

function cellText(value: SparkValue): string | null {
  if (value === null) return null;
  return isSparkDecimal(value) ? decimalToString(value) : String(value);
}

async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
