import type { Customer, Logic } from '@parallax/alternative';
import { type Project, parseSecond } from '@parallax/core';
import { batchViewColumns, onlineViewColumns, streamViewColumns } from '@parallax/core/view-columns.ts';
import type { SparkValue } from '@parallax/spark-connect';
import { WITNESS_COLUMNS_MAX } from '../limits.ts';
import { drawRows, type RichRow, richColumns } from './rich-data.ts';
import { type Compared, shown } from './rules-on-rows.ts';

/** Whether two versions of `alternative.ts` say the same of every row of the second data; else a row that tells them apart. */
export function compareLogic(project: Project, before: Logic, after: Logic, count: number, seed: string): Compared {
  const rows = drawRows(richColumns(project), count, seed);
  for (const row of rows) {
    const customer = customerOf(project, row);
    const [a, b] = [said(before, customer), said(after, customer)];
    if (a === b) continue;
    // Leaves out, one after the other, what is nothing to the difference.
    let small: RichRow = row;
    for (const name of row.keys()) {
      const less = new Map([...small].map(([n, value]) => [n, n === name ? (typeof value === 'bigint' ? 0n : null) : value]));
      const bare = customerOf(project, less);
      if (said(before, bare) !== said(after, bare)) small = less;
    }
    const bare = customerOf(project, small);
    const values = [...small].filter(([, value]) => value !== null && value !== 0n).map(([name, value]) => `${name} = ${shown(value)}`);
    return {
      same: false,
      telling: { values: values.slice(0, WITNESS_COLUMNS_MAX), before: said(before, bare), after: said(after, bare) },
      refused: null,
    };
  }
  return { same: true, rows: rows.length };
}

function said(logic: Logic, customer: Customer): string {
  try {
    const result = logic.satisfaction(customer);
    return JSON.stringify([result, logic.actions(customer, result)], (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
  } catch (error) {
    return `throws ${error instanceof Error ? error.message : String(error)}`;
  }
}

function customerOf(project: Project, row: RichRow): Customer {
  const view = (names: readonly { readonly name: string; readonly type: { readonly kind: string } }[]) =>
    Object.fromEntries(names.map(({ name, type }) => [name, cell(row.get(name) ?? null, type.kind)]));
  const minute = parseSecond('2026-01-06T00:01:00Z') ?? 0n;
  return {
    customer_id: project.key.type === 'bigint' ? 1n : 'c-1',
    stream: view(streamViewColumns(project)),
    batch: view(batchViewColumns(project)),
    online: view(onlineViewColumns(project)),
    iteration: { minute: { micros: minute }, hour_start: { micros: minute - 60_000_000n }, batch_day: '2026-01-04', batch_age_days: 2n },
  };
}

function cell(value: SparkValue, kind: string): Customer['stream'][string] {
  if (value === null) return kind === 'count' ? 0n : null;
  if (typeof value === 'number') return BigInt(value);
  if (typeof value === 'object' && 'unscaled' in value && 'scale' in value)
    return { unscaled: value.unscaled as bigint, places: value.scale as number };
  return value as bigint | string;
}
