import { join } from 'node:path';
import type { Project } from '@parallax/core';
import { layoutOf } from './layout.ts';
import type { ParquetReader } from './parquet.ts';
import { RunCursor } from './run-cursor.ts';
import { StreamState } from './stream-state.ts';

/** What one iteration added to one event minute of a customer. */
export interface CustomerPane {
  readonly iteration: bigint;
  /** µs since 1970. */
  readonly minute: bigint;
  /** By stream. */
  readonly states: readonly StreamState[];
}

/** The panes of some customers, as far as their files are still there. One walk through all panes of the iterations: for few customers at a time. */
export async function panesOf(
  parquet: ParquetReader,
  project: Project,
  iterations: readonly { readonly minute: bigint; readonly folder: string }[],
  customers: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly CustomerPane[]>> {
  const layout = layoutOf(project);
  const found = new Map<string, CustomerPane[]>([...customers].map((customer) => [customer, []]));
  for (const { minute: iteration, folder } of iterations) {
    const panes = (table: string) => `SELECT CAST(p.minute AS BIGINT), p.run FROM (SELECT unnest(panes) AS p FROM ${table})`;
    for await (const { count, columns } of parquet.rows(join(folder, 'panes'), panes)) {
      for (let row = 0; row < count; row++) {
        const minute = columns[0]?.getItem(row) as bigint;
        const run = columns[1]?.getItem(row) as { readonly bytes: Uint8Array } | null;
        if (run === null) continue;
        const cursor = new RunCursor(run.bytes, layout);
        while (cursor.next()) {
          const own = found.get(cursor.key);
          if (own === undefined) continue;
          const states = layout.streams.map((stream, s) => {
            const state = new StreamState(stream);
            state.read(cursor.bytes, cursor.stateStart[s] as number, cursor.stateEnd[s] as number);
            return state;
          });
          own.push({ iteration, minute, states });
        }
      }
    }
  }
  return found;
}
