import { ParallaxError } from '@parallax/core';
import type { BatchTable } from '../../names.ts';

type Cells = readonly (string | null)[];

/**
 * What a store calls the columns of a table. Throws PRLX_BATCH_SHAPE (exit code 2) for a table that is not a row a customer, or that has fields
 * inside fields: this side reads stores by their plain columns.
 */
export function storedColumns(table: BatchTable, names: readonly string[], place: string): readonly string[] {
  const { shape } = table;
  const refuse = (what: string): never => {
    throw new ParallaxError('PRLX_BATCH_SHAPE', `${place}: the verifier cannot read ${what} from a live store yet`, {
      exitCode: 2,
      advice: 'Point the verifier at a copy that has a row a customer (alternative.stores in deploy.yaml), or verify a recording.',
    });
  };
  if (shape.kind !== 'rows') return refuse(`the shape ${shape.kind}`);
  return names.map((name) => {
    const path = table.columns.find((column) => column.name === name)?.field ?? [name];
    return path.length === 1 ? (path[0] as string) : refuse(`the nested field ${path.join('.')}`);
  });
}

/** The rows with the first cell, the key, without what keys begin with; null where it does not begin so. */
export async function* withoutPrefix({ keyPrefix }: BatchTable, rows: AsyncIterable<Cells>): AsyncIterable<Cells> {
  if (keyPrefix === '') {
    yield* rows;
    return;
  }
  for await (const [key, ...rest] of rows) yield [key?.startsWith(keyPrefix) === true ? key.slice(keyPrefix.length) : null, ...rest];
}
