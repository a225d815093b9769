import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { REDUCED_TOGETHER } from '../limits.ts';
import { type Table, tableName } from './variables.ts';

/**
 * Tables that one statement reduces, into one folder: a statement costs more than a small table. What a restart finds done is a share, so one
 * is bounded by what may be done anew.
 */
export interface Share {
  /** At least one, neighbours in the order of the reduction. */
  readonly tables: readonly Table[];
  readonly folder: string;
}

/** How large a table is. */
export interface TableSize {
  readonly bytes: number;
  readonly columns: number;
}

/**
 * The shares of tables that are not done, in their order.
 *
 * @param order all tables, in the order of the reduction
 * @param sizeOf null: the table has a share of its own
 */
export function sharesOf(
  root: string,
  order: readonly Table[],
  left: readonly Table[],
  sizeOf: (table: Table) => TableSize | null,
): Share[] {
  const parts: Table[][] = [];
  let room = NO_ROOM;
  for (const table of left) {
    const size = sizeOf(table);
    if (size !== null && size.bytes <= room.bytes && size.columns <= room.columns) {
      parts.at(-1)?.push(table);
      room = without(room, size);
    } else {
      parts.push([table]);
      room = size === null ? NO_ROOM : without(REDUCED_TOGETHER, size);
    }
  }
  return parts.map((tables) => ({ tables, folder: join(root, folderName(order, tables)) }));
}

const NO_ROOM: TableSize = { bytes: -1, columns: -1 };

function without(room: TableSize, size: TableSize): TableSize {
  return { bytes: room.bytes - size.bytes, columns: room.columns - size.columns };
}

/** The shares that are whole below a folder. */
export async function sharesDone(root: string, order: readonly Table[]): Promise<Share[]> {
  if (!existsSync(root)) return [];
  const names = (await readdir(root)).filter((name) => existsSync(join(root, name, '_SUCCESS'))).sort();
  return names.map((name) => ({ folder: join(root, name), tables: tablesIn(name, order) }));
}

/** `of-<source>.<table>` of one table; of several the places of the first and the last of them. */
function folderName(order: readonly Table[], tables: readonly Table[]): string {
  const [first, last] = [tables.at(0), tables.at(-1)];
  if (first === undefined || last === undefined) throw new RangeError('a share has tables');
  return tables.length === 1 ? `of-${tableName(first)}` : `of-${order.indexOf(first)}..${order.indexOf(last)}`;
}

function tablesIn(name: string, order: readonly Table[]): readonly Table[] {
  const places = /^of-(\d+)\.\.(\d+)$/.exec(name);
  return places === null
    ? order.filter((table) => name === `of-${tableName(table)}`)
    : order.slice(Number(places[1]), Number(places[2]) + 1);
}
