import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatFolder, MICROS_PER_MINUTE, type Micros, ParallaxError, type Project, parseDay, parseSecond } from '@parallax/core';
import { z } from 'zod';
import { parseInstant } from './instant.ts';

/** A recording on disk (contract, section 9), opened and checked. */
export interface Recording {
  readonly directory: string;
  readonly from: Micros;
  readonly iterations: number;
  /** Complete days, oldest first. */
  readonly days: readonly RecordedDay[];
  /** Files of streams and online sources that the project does not declare. */
  readonly undeclared: readonly string[];
}

export interface RecordedDay {
  readonly day: string;
  readonly registered: Micros;
  /** SHA-256 over the day's tables. */
  readonly version: string;
}

const header = z.looseObject({ format: z.literal(1), from: z.string(), iterations: z.int().min(1).max(1_000_000) });
const sealFile = z.looseObject({ missed: z.boolean().optional() });

/** Opens a recording. Throws PRLX_RECORDING (exit code 2), naming file and field, when it is none. */
export async function openRecording(directory: string, project: Project): Promise<Recording> {
  const file = join(directory, 'recording.json');
  const parsed = header.safeParse(await readJson(file));
  if (!parsed.success) throw bad(file, parsed.error.issues.map((i) => `${i.path.join('.') || 'recording'}: ${i.message}`).join('; '));
  const from = parseSecond(parsed.data.from);
  if (from === null || from % MICROS_PER_MINUTE !== 0n) throw bad(file, 'from: not a whole minute as YYYY-MM-DDTHH:MM:SSZ');
  return {
    directory,
    from,
    iterations: parsed.data.iterations,
    days: await recordedDays(directory, project),
    undeclared: await undeclaredFiles(directory, project),
  };
}

/** The minutes of a recording, in order. */
export function* minutesOf(recording: Recording): Iterable<Micros> {
  for (let i = 0; i < recording.iterations; i++) yield recording.from + BigInt(i) * MICROS_PER_MINUTE;
}

export function iterationFolder(recording: Recording, minute: Micros): string {
  return join(recording.directory, 'iterations', formatFolder(minute));
}

/** Whether the minute's `seal.json` says that it was missed; a minute without one was not. */
export async function isMissed(recording: Recording, minute: Micros): Promise<boolean> {
  const file = join(iterationFolder(recording, minute), 'seal.json');
  if (!existsSync(file)) return false;
  const parsed = sealFile.safeParse(await readJson(file));
  if (!parsed.success) throw bad(file, parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; '));
  return parsed.data.missed ?? false;
}

export function streamFile(recording: Recording, minute: Micros, stream: string): string | null {
  const file = join(iterationFolder(recording, minute), 'streams', `${stream}.ndjson`);
  return existsSync(file) ? file : null;
}

export function onlineFile(recording: Recording, minute: Micros, source: string): string | null {
  const file = join(iterationFolder(recording, minute), 'online', `${source}.ndjson`);
  return existsSync(file) ? file : null;
}

export function tableFile(directory: string, day: string, source: string, table: string): string {
  return join(directory, 'batch', day, source, `${table}.csv`);
}

/** SHA-256 (hex) of a file's bytes, read in pieces. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** A day is complete when all its tables say so; its registration is the latest marker. */
async function recordedDays(directory: string, project: Project): Promise<RecordedDay[]> {
  const root = join(directory, 'batch');
  if (!existsSync(root)) return [];
  const days: RecordedDay[] = [];
  for (const day of (await readdir(root)).sort()) {
    if (day.startsWith('.')) continue;
    if (parseDay(day) === null) throw bad(join(root, day), 'not a day as YYYY-MM-DD');
    let registered: Micros | null = 0n;
    const hash = createHash('sha256');
    for (const source of project.batch) {
      for (const table of source.tables) {
        const marker = join(root, day, '_complete', `${source.name}.${table.name}`);
        if (!existsSync(marker)) {
          registered = null;
          continue;
        }
        const at = parseInstant((await readFile(marker, 'utf8')).trim());
        if (at === null) throw bad(marker, 'not a UTC time (RFC 3339)');
        if (registered !== null) {
          registered = at > registered ? at : registered;
          const file = tableFile(directory, day, source.name, table.name);
          if (!existsSync(file)) throw bad(file, 'is missing, though its marker says that it is complete');
          hash.update(`${source.name}.${table.name}\n${await fileDigest(file)}\n`);
        }
      }
    }
    if (registered !== null) days.push({ day, registered, version: hash.digest('hex') });
  }
  return days;
}

/** Streams and online sources that the recording holds and the project does not declare: they are left out. */
async function undeclaredFiles(directory: string, project: Project): Promise<string[]> {
  const root = join(directory, 'iterations');
  if (!existsSync(root)) return [];
  const known = {
    streams: new Set(project.streams.map((s) => `${s.name}.ndjson`)),
    online: new Set(project.online.map((s) => `${s.name}.ndjson`)),
  };
  const found = new Set<string>();
  for (const folder of await readdir(root)) {
    for (const kind of ['streams', 'online'] as const) {
      const path = join(root, folder, kind);
      if (!existsSync(path)) continue;
      for (const file of await readdir(path)) if (!known[kind].has(file)) found.add(`${kind}/${file}`);
    }
  }
  return [...found].sort();
}

async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new ParallaxError('PRLX_RECORDING', `cannot read ${file}`, {
      cause,
      exitCode: 2,
      advice: 'Give the folder that holds recording.json.',
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ParallaxError('PRLX_RECORDING', 'not JSON', { cause, exitCode: 2, place: { file } });
  }
}

function bad(file: string, message: string): ParallaxError {
  return new ParallaxError('PRLX_RECORDING', message, {
    exitCode: 2,
    place: { file },
    advice: 'docs/contract.md, section 9, says what a recording holds.',
  });
}
