import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatSecond, MICROS_PER_MINUTE, type Micros, parseSecond } from '@parallax/core';
import { DAY } from './data.ts';

/** A small run: some minutes of events of some customers, each with a row of the batch day. */
export interface SmallRun {
  readonly minutes: number;
  readonly events: number;
  readonly customers: number;
  readonly columns: number;
}

/** `YYYYMMDDTHHMMSSZ`, as folders of iterations are named. */
const folderOf = (minute: Micros): string => formatSecond(minute).replaceAll(/[-:]/g, '');

/** Writes it as a recording (contract, section 9), for the project of `projectFiles` with one table. */
export async function writeRecording(folder: string, { minutes, events, customers, columns }: SmallRun): Promise<void> {
  const from = parseSecond('2026-01-05T10:00:00Z') ?? 0n;
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  await write('recording.json', JSON.stringify({ format: 1, from: formatSecond(from), iterations: minutes }));
  for (let index = 0; index < minutes; index += 1) {
    const minute = from + BigInt(index) * MICROS_PER_MINUTE;
    const lines = Array.from({ length: events }, (_, i) => {
      const payload = JSON.stringify({ k: (i * 7919) % customers, t: formatSecond(minute), e: `e${index}-${i}`, x: i % 100 });
      return JSON.stringify({ partition: 0, offset: index * events + i, payload });
    });
    await write(join('iterations', folderOf(minute), 'streams', 'calls.ndjson'), `${lines.join('\n')}\n`);
  }
  const names = Array.from({ length: columns }, (_, i) => `v${i}`);
  const rows = Array.from({ length: customers }, (_, id) => [id, ...names.map((_, i) => (id * 7919 + i * 104729) % 1000)].join(','));
  await write(join('batch', DAY, 'store', 't0.csv'), `cust,${names.join(',')}\n${rows.join('\n')}\n`);
  await write(join('batch', DAY, '_complete', 'store.t0'), '2026-01-05T01:00:00Z');
}
