import type { BatchSource, BatchTable, Project } from '@parallax/core';
import { batchColumn } from '@parallax/core/view-columns.ts';
import type { Random } from '../random.ts';
import { decimalText } from './messages.ts';
import { drawNumber, drawText, type Pools } from './pools.ts';

/** Values of a scorecard's variable are noise in `[0, 64)` plus what the customer's standing adds, in `[0, 35]`. */
const NOISE = 64;
const STANDING = 35;
const MISSING = 0.03;

/** The CSV text of one table of one day: a row a customer, but for some that have none. Null cells are empty, an empty text is quoted. */
export function tableCsv(
  project: Project,
  pools: Pools,
  source: BatchSource,
  table: BatchTable,
  customers: readonly string[],
  random: Random,
): string {
  const isBase = source.name === project.base.source && table.name === project.base.table;
  const entries = project.scorecard.filter((e) => e.source === source.name && e.table === table.name);
  const declared = new Set(table.columns.map((c) => c.name));
  const scored = [...new Set(entries.map((e) => e.column))].filter((name) => !declared.has(name));
  const rises = new Map(entries.map((e) => [e.column, e.weight.unscaled >= 0n]));
  const lines = [[table.key, ...table.columns.map((c) => c.name), ...scored].join(',')];
  for (const key of customers) {
    const row = random.fork(`${source.name}.${table.name} ${key}`);
    if (!isBase && row.chance(0.04)) continue;
    const standing = row.below(STANDING + 1);
    const cells = table.columns.map((column) => {
      const name = batchColumn(table, column);
      if (column.type.kind === 'text') return textCell(drawText(row, pools.texts.get(name) ?? []));
      const literals = pools.numbers.get(name) ?? [];
      const value = drawNumber(row, literals, column.type.places);
      return value === null ? '' : decimalText(value, column.type.places);
    });
    const more = scored.map((name) => {
      if (row.chance(MISSING)) return '';
      return String(row.below(NOISE) + (rises.get(name) === true ? standing : STANDING - standing));
    });
    lines.push([key, ...cells, ...more].join(','));
  }
  return `${lines.join('\n')}\n`;
}

function textCell(text: string | null): string {
  if (text === null) return '';
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
