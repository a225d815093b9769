/** Makes a recording of the simulated telecom (`packages/simulator`) without any service: messages, a batch day, an answer a minute. */
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { formatDay, formatFolder, formatSecond, MICROS_PER_MINUTE, type Micros } from '@parallax/core';
import { careRecord, createEnterprise, createEvents, type Enterprise } from '@parallax/simulator';
import { MISSING, profileRow, wideRows } from '@parallax/simulator/batch-values.ts';
import { PROFILE_COLUMNS, WIDE_TABLES } from '@parallax/simulator/catalogue/batch.ts';

export interface TelecomRecording {
  readonly directory: string;
  readonly from: Micros;
  readonly iterations: number;
  readonly customers: number;
  /** Events a second. */
  readonly rate: number;
  /** Customers with rows in the wide tables; by default all. */
  readonly scored?: number;
  readonly seed?: number;
  /** Minutes after `from` at which an outage begins. */
  readonly outageAfter?: number;
}

const CHUNK = 1000;

export async function writeTelecomRecording(options: TelecomRecording): Promise<void> {
  const { directory, from, iterations, customers, rate, seed = 7, scored = customers } = options;
  const first = Number(from / MICROS_PER_MINUTE);
  const outage = options.outageAfter === undefined ? {} : { outageAt: first + options.outageAfter };
  const enterprise = createEnterprise({ seed, customers, rate, ...outage });
  write(directory, 'recording.json', `${JSON.stringify({ format: 1, from: formatSecond(from), iterations })}\n`);
  await writeDay(directory, enterprise, from, scored);
  for (let minute = first; minute < first + iterations; minute++) {
    const folder = join('iterations', formatFolder(BigInt(minute) * MICROS_PER_MINUTE));
    for (const events of createEvents(enterprise)) {
      await writeLines(join(directory, folder, 'streams', `${events.stream.name}.ndjson`), messageLines(events.ofMinute(minute)));
    }
    await writeLines(join(directory, folder, 'online', 'care.ndjson'), callLines(enterprise, minute));
  }
}

function* messageLines(messages: Iterable<{ readonly payload: Buffer | null }>): Iterable<string> {
  let offset = 0;
  for (const { payload } of messages) {
    const text = payload?.toString('utf8') ?? null;
    const whole = payload === null || Buffer.from(text ?? '').equals(payload);
    yield `${JSON.stringify({ partition: 0, offset: offset++, ...(whole ? { payload: text } : { payload_base64: payload.toString('base64') }) })}\n`;
  }
}

/** Everybody is asked, in chunks; care knows nothing of some. */
function* callLines(enterprise: Enterprise, minute: number): Iterable<string> {
  const at = formatSecond(BigInt(minute) * MICROS_PER_MINUTE + 40_000_000n);
  for (let low = 1; low <= enterprise.customers; low += CHUNK) {
    const ids = Array.from({ length: Math.min(CHUNK, enterprise.customers - low + 1) }, (_, i) => low + i);
    const rows = ids.map((id) => careRecord(enterprise, id, minute)).filter((row) => row !== null);
    yield `${JSON.stringify({ at, ids: ids.map(String), attempt: 1, status: 200, body: `{"customers":[${rows.join(',')}]}` })}\n`;
  }
}

async function writeDay(directory: string, enterprise: Enterprise, from: Micros, scored: number): Promise<void> {
  const day = formatDay(from);
  const number = Number(from / (MICROS_PER_MINUTE * 1440n));
  const table = async (source: string, name: string, lines: Iterable<string>): Promise<void> => {
    await writeLines(join(directory, 'batch', day, source, `${name}.csv`), lines);
    write(directory, join('batch', day, '_complete', `${source}.${name}`), `${day}T00:00:00Z\n`);
  };
  const profile = function* (): Iterable<string> {
    yield `customer_id,${PROFILE_COLUMNS.map(({ name }) => name).join(',')}\n`;
    for (let id = 1; id <= enterprise.customers; id++)
      yield `${id},${profileRow(enterprise, id, number)
        .map((cell) => cell ?? '')
        .join(',')}\n`;
  };
  await table('dwh', 'profile', profile());
  for (const wide of WIDE_TABLES) {
    const make = wideRows(enterprise, wide, number);
    const row = new Int8Array(wide.columns.length);
    const lines = function* (): Iterable<string> {
      yield `${wide.key},${wide.columns.map(({ name }) => name).join(',')}\n`;
      for (let id = 1; id <= scored; id++) {
        make(id, row);
        yield `${id},${Array.from(row, (value) => (value === MISSING ? '' : value)).join(',')}\n`;
      }
    };
    await table(wide.source, wide.name, lines());
  }
}

function write(directory: string, path: string, text: string): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), text);
}

async function writeLines(file: string, lines: Iterable<string>): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  await pipeline(Readable.from(chunked(lines)), createWriteStream(file));
}

function* chunked(lines: Iterable<string>): Iterable<string> {
  let text = '';
  for (const line of lines) {
    text += line;
    if (text.length < 1 << 20) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}
