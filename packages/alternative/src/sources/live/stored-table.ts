import type { BatchTable } from '../../names.ts';
import type { FieldPath } from './store.ts';

type Cells = readonly (string | null)[];

/** Where a store holds a declared column. */
export function fieldOf(table: BatchTable, name: string): FieldPath {
  return table.columns.find((column) => column.name === name)?.field ?? [name];
}

/** What a store's rows are asked for, to make a row a customer of them. @param names the key, then the other names that are wanted */
export function storedFields(table: BatchTable, names: readonly string[]): readonly FieldPath[] {
  const { shape } = table;
  if (shape.kind === 'long') return [[table.key], [shape.type], [shape.value]];
  const fields = names.map((name) => (name === table.key ? [name] : fieldOf(table, name)));
  return shape.kind === 'latest' ? [...fields, [shape.by]] : fields;
}

/** The rows with the first cell, the key, without what keys begin with; null where it does not begin so. */
export async function* withoutPrefix({ keyPrefix }: BatchTable, rows: AsyncIterable<Cells>): AsyncIterable<Cells> {
  if (keyPrefix === '') {
    yield* rows;
    return;
  }
  for await (const [key, ...rest] of rows) yield [key?.startsWith(keyPrefix) === true ? key.slice(keyPrefix.length) : null, ...rest];
}
