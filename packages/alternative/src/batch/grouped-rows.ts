import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SHAPE_PART_CHARS, SHAPE_PARTS } from '../limits.ts';
import { eachLine } from '../sources/recording/lines.ts';
import { hashKey } from '../store/bucket.ts';
import type { Cells } from './shape-rows.ts';

/**
 * All rows of a customer at once, of rows in any order: they are put on disk by the hash of their first cell, the key, and read again
 * a part at a time, so that memory holds one part. Rows without a key come first, each by itself.
 *
 * @param folder this call's own; gone when the last row is taken, or none is taken any more
 */
export async function* groupedRows(rows: AsyncIterable<Cells>, folder: string): AsyncIterable<readonly Cells[]> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const files = Array.from({ length: SHAPE_PARTS }, (_, part) => join(folder, `${part}.ndjson`));
  const pending = files.map(() => '');
  const used = new Set<number>();
  const write = async (part: number): Promise<void> => {
    await appendFile(files[part] as string, pending[part] as string);
    pending[part] = '';
    used.add(part);
  };
  try {
    for await (const row of rows) {
      const key = row[0] ?? null;
      if (key === null) {
        yield [row];
        continue;
      }
      const part = hashKey(key) % SHAPE_PARTS;
      pending[part] += `${JSON.stringify(row)}\n`;
      if ((pending[part] as string).length >= SHAPE_PART_CHARS) await write(part);
    }
    for (const [part, text] of pending.entries()) if (text !== '') await write(part);
    for (const part of used) {
      const customers = new Map<string, Cells[]>();
      await eachLine(files[part] as string, (bytes, start, end) => {
        const row = JSON.parse(bytes.toString('utf8', start, end)) as Cells;
        const key = row[0] as string;
        const all = customers.get(key);
        if (all === undefined) customers.set(key, [row]);
        else all.push(row);
      });
      yield* customers.values();
      await rm(files[part] as string);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
