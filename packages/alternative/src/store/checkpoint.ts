import { existsSync } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { formatSecond, type Micros } from '@parallax/core';
import { parseInstantText } from '../parse/time.ts';
import type { LastDecision } from '../score/decisions.ts';

/** The file in the alternative's own folder. */
const FILE = 'checkpoint.json';
const FORMAT = 1;

/** What of a topic was read when a minute was done. */
export interface TopicPosition {
  /** The topic's id. */
  readonly id: string;
  readonly ranges: readonly { readonly partition: number; readonly from: number; readonly to: number }[];
}

/** All that goes on after a restart, together with the raw events that it names: the state after one minute. */
export interface Checkpoint {
  /** The hash of the project's files. */
  readonly project: string;
  /** The minute that was done last, and what the times of stored events are counted from; µs since 1970. */
  readonly minute: Micros;
  readonly origin: Micros;
  /** Bytes of each file of raw events. */
  readonly files: Readonly<Record<string, number>>;
  /** By stream. */
  readonly topics: Readonly<Record<string, TopicPosition>>;
  readonly decisions: readonly LastDecision[];
}

/** Writes it in place of the one before, all or nothing: what it names must be on disk for good already. */
export async function writeCheckpoint(folder: string, checkpoint: Checkpoint): Promise<void> {
  const { project, minute, origin, files, topics, decisions } = checkpoint;
  const text = JSON.stringify({
    format: FORMAT,
    project,
    minute: formatSecond(minute),
    origin: formatSecond(origin),
    files,
    topics,
    decisions: decisions.map(({ customer, action, minute: at }) => [customer, action, formatSecond(at)]),
  });
  const file = join(folder, FILE);
  const handle = await open(`${file}.part`, 'w');
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.part`, file);
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

interface Kept {
  readonly format: number;
  readonly project: string;
  readonly minute: string;
  readonly origin: string;
  readonly files: Checkpoint['files'];
  readonly topics: Checkpoint['topics'];
  readonly decisions: readonly (readonly [string, string, string])[];
}

/** The newest checkpoint; null when there is none, or it is of other files of the project or of another version's format. */
export async function readCheckpoint(folder: string, project: string): Promise<Checkpoint | null> {
  const file = join(folder, FILE);
  if (!existsSync(file)) return null;
  const kept = JSON.parse(await readFile(file, 'utf8')) as Kept;
  if (kept.format !== FORMAT || kept.project !== project) return null;
  return {
    project,
    minute: instant(kept.minute),
    origin: instant(kept.origin),
    files: kept.files,
    topics: kept.topics,
    decisions: kept.decisions.map(([customer, action, minute]) => ({ customer, action, minute: instant(minute) })),
  };
}

function instant(text: string): Micros {
  const at = parseInstantText(text);
  if (at === null) throw new Error(`no instant: ${text}`);
  return at;
}
