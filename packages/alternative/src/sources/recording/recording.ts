import { closeSync, openSync, readSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { formatFolder, MICROS_PER_MINUTE, type Micros, parseDay, parseSecond } from '@parallax/core';
import { recordingError } from '../../errors.ts';
import { ITERATIONS_MAX, LINE_BYTES_MAX } from '../../limits.ts';
import type { Project } from '../../names.ts';
import { parseInstantText } from '../../parse/time.ts';
import type { OnlineCall, RegisteredDay, Sources, TableRows, TakeMessage, TakePayload } from '../source.ts';
import { readCall } from './call-line.ts';
import { RecordingFiles } from './files.ts';
import { eachLine } from './lines.ts';
import { MessageLine } from './message-line.ts';
import { tableRows } from './table-rows.ts';

/** A recording (contract, section 9) as this side sees it, with `overlay/alternative` in place of what it replaces. */
export class Recording implements Sources {
  readonly from: Micros;
  readonly iterations: number;
  readonly #files: RecordingFiles;
  readonly #project: Project;

  private constructor(files: RecordingFiles, project: Project, from: Micros, iterations: number) {
    this.#files = files;
    this.#project = project;
    this.from = from;
    this.iterations = iterations;
  }

  /** Throws PRLX_RECORDING (exit code 2), naming file and field, when the folder holds none. */
  static async open(directory: string, project: Project): Promise<Recording> {
    const files = new RecordingFiles(directory);
    const file = files.find('recording.json');
    if (file === null) throw recordingError(directory, 'holds no recording.json');
    const { format, from, iterations } = await files.json(file);
    if (format !== 1) throw recordingError(file, 'format: not 1');
    const first = typeof from === 'string' ? parseSecond(from) : null;
    if (first === null || first % MICROS_PER_MINUTE !== 0n) throw recordingError(file, 'from: not a whole minute as YYYY-MM-DDTHH:MM:SSZ');
    if (typeof iterations !== 'number' || !Number.isInteger(iterations) || iterations < 1 || iterations > ITERATIONS_MAX)
      throw recordingError(file, `iterations: not a whole number from 1 to ${ITERATIONS_MAX}`);
    return new Recording(files, project, first, iterations);
  }

  /** The minutes of all iterations, in order. */
  *minutes(): Iterable<Micros> {
    for (let i = 0; i < this.iterations; i++) yield this.from + BigInt(i) * MICROS_PER_MINUTE;
  }

  async missed(minute: Micros): Promise<boolean> {
    const file = this.#files.find('iterations', formatFolder(minute), 'seal.json');
    if (file === null) return false;
    const { missed } = await this.#files.json(file);
    if (missed !== undefined && typeof missed !== 'boolean') throw recordingError(file, 'missed: not true or false');
    return missed ?? false;
  }

  async messages(minute: Micros, stream: string, take: TakeMessage, signal?: AbortSignal): Promise<void> {
    const file = this.#streamFile(minute, stream);
    if (file === null) return;
    const message = new MessageLine();
    await eachLine(
      file,
      (bytes, start, end, offset, line) => {
        message.read(bytes, start, end, file, line);
        take(message.payload, message.id, offset);
      },
      signal,
    );
  }

  async payloads(minute: Micros, stream: string, refs: readonly number[], take: TakePayload): Promise<void> {
    const file = this.#streamFile(minute, stream);
    if (file === null) throw new Error(`no messages of ${stream} were read`);
    const message = new MessageLine();
    for (const ref of refs) {
      const bytes = lineAt(file, ref);
      message.read(bytes, 0, bytes.length, file, 0);
      if (message.payload !== null) take(ref, message.payload);
    }
  }

  #streamFile(minute: Micros, stream: string): string | null {
    return this.#files.find('iterations', formatFolder(minute), 'streams', `${stream}.ndjson`);
  }

  async *calls(minute: Micros, source: string): AsyncIterable<OnlineCall> {
    const file = this.#files.find('iterations', formatFolder(minute), 'online', `${source}.ndjson`);
    if (file === null || (await this.missed(minute))) return;
    // A minute's answers of one source are as many as its population is large: they fit.
    const calls: OnlineCall[] = [];
    await eachLine(file, (bytes, start, end, _offset, line) => calls.push(readCall(bytes, start, end, file, line)));
    yield* calls;
  }

  async days(): Promise<readonly RegisteredDay[]> {
    const days: RegisteredDay[] = [];
    for (const day of await this.#files.names('batch')) {
      if (parseDay(day) === null) throw recordingError(`${this.#files.directory}/batch/${day}`, 'not a day as YYYY-MM-DD');
      const registered = await this.#registered(day);
      if (registered !== null) days.push({ day, version: '', registered });
    }
    return days;
  }

  /** When the day's last table became complete; null when one is not. */
  async #registered(day: string): Promise<Micros | null> {
    let latest: Micros | null = null;
    for (const { source, table } of this.#tables()) {
      const marker = this.#files.find('batch', day, '_complete', `${source}.${table}`);
      if (marker === null) return null;
      const at = parseInstantText((await this.#files.text(marker)).trim());
      if (at === null) throw recordingError(marker, 'not a UTC time (RFC 3339)');
      if (latest === null || at > latest) latest = at;
    }
    return latest;
  }

  *#tables(): Iterable<{ readonly source: string; readonly table: string }> {
    for (const source of this.#project.batch) for (const table of source.tables) yield { source: source.name, table: table.name };
  }

  async table(day: string, source: string, table: string): Promise<TableRows> {
    return tableRows(this.#tableFile(day, source, table));
  }

  async holds(): Promise<boolean> {
    return true;
  }

  async dayBytes(day: string): Promise<number> {
    let bytes = 0;
    for (const { source, table } of this.#tables()) bytes += (await stat(this.#tableFile(day, source, table))).size;
    return bytes;
  }

  #tableFile(day: string, source: string, table: string): string {
    const file = this.#files.find('batch', day, source, `${table}.csv`);
    if (file === null)
      throw recordingError(
        `${this.#files.directory}/batch/${day}/${source}/${table}.csv`,
        'is missing, though its marker says that it is complete',
      );
    return file;
  }

  /** Streams and online sources that the recording holds and the project does not declare, as `streams/x`: they are left out. */
  async undeclared(): Promise<readonly string[]> {
    const known = new Set([
      ...this.#project.streams.map(({ name }) => `streams/${name}.ndjson`),
      ...this.#project.online.map(({ name }) => `online/${name}.ndjson`),
    ]);
    const found = new Set<string>();
    for (const folder of await this.#files.names('iterations')) {
      for (const kind of ['streams', 'online'])
        for (const file of await this.#files.names('iterations', folder, kind))
          if (!known.has(`${kind}/${file}`)) found.add(`${kind}/${file}`);
    }
    return [...found].map((file) => file.replace(/\.ndjson$/, '')).sort();
  }
}

/** One line once more, by where it begins. */
function lineAt(file: string, offset: number): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    for (let length = 64 * 1024; length <= LINE_BYTES_MAX * 2; length *= 8) {
      const bytes = Buffer.allocUnsafe(length);
      const have = readSync(descriptor, bytes, 0, length, offset);
      const end = bytes.subarray(0, have).indexOf(0x0a);
      if (end >= 0 || have < length) return bytes.subarray(0, end < 0 ? have : end);
    }
  } finally {
    closeSync(descriptor);
  }
  throw recordingError(file, `a line is longer than ${LINE_BYTES_MAX} bytes`);
}
