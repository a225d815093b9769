import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatSecond, type Micros } from '@parallax/core';

/** The canonical files of one side (contract, section 9). */
export const FILES = ['events', 'windows', 'results', 'actions'] as const;
export type LinesFile = (typeof FILES)[number];

/** What one side said of one minute: its lines of each file. */
export type MinuteLines = Readonly<Record<LinesFile, string>>;

export const NO_LINES: MinuteLines = { events: '', windows: '', results: '', actions: '' };

export function sameLines(a: MinuteLines, b: MinuteLines): boolean {
  return FILES.every((file) => a[file] === b[file]);
}

/** The first file, in the order of the stages, in which two sides differ. */
export function firstDifference(a: MinuteLines, b: MinuteLines): LinesFile | null {
  return FILES.find((file) => a[file] !== b[file]) ?? null;
}

/** The lines of those minutes in a side's folder; a minute without any has none. */
export async function readLines(folder: string, minutes: readonly Micros[]): Promise<Map<Micros, MinuteLines>> {
  const found = new Map<string, Record<LinesFile, string>>(minutes.map((minute) => [formatSecond(minute), { ...NO_LINES }]));
  for (const file of FILES) {
    const parts = new Map<string, string[]>();
    for (const line of (await readFile(join(folder, `${file}.ndjson`), 'utf8')).split('\n')) {
      // `{"minute":"2026-01-05T23:56:00Z",…`
      const minute = line.slice(11, 31);
      if (!found.has(minute)) continue;
      const list = parts.get(minute) ?? [];
      list.push(line, '\n');
      parts.set(minute, list);
    }
    for (const [minute, list] of parts) {
      const lines = found.get(minute);
      if (lines !== undefined) lines[file] = list.join('');
    }
  }
  return new Map(minutes.map((minute) => [minute, found.get(formatSecond(minute)) ?? NO_LINES]));
}
